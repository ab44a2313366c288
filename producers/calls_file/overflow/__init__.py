"""What a partner says of the calls that went on to it, as outcomes of these calls."""
