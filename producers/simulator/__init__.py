"""Simulated days like those of Luleå: what residents and staff do, told as events and as a log."""
