"""What a user would pick instead, each doing the same work on the same log."""
