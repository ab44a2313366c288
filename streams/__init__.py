"""Streams: the domain, the worker around it, and the command line."""
