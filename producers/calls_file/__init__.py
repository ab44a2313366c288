"""Lists of calls that an exchange exports, as events: what has been, for the archive."""
