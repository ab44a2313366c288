"""Benchmarks: what svarsgrad can do, measured on a real broker, beside plain Python's limit."""
