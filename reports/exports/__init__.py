"""Tables of open data, each with a dictionary of what its columns mean."""
