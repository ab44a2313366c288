"""Grafana's boards as code: a module each, and what they are all made of."""
