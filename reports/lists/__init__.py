"""The weekly list of what is overdue, and how it is mailed."""
