"""An Asterisk exchange's queue_log as a source: read as it grows, told as events."""
