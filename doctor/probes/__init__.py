"""Thin probes: each asks one thing outside, changes nothing, and says what it saw."""
