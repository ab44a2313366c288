"""Grafana: the boards it shows, and how they come there."""
