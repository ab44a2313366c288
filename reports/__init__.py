"""Reports: the same numbers for the board (KS-AU)."""
