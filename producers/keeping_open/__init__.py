"""What is open for very long, stated anew from the archive."""
