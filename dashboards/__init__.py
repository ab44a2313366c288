"""Dashboards: Grafana as code, and the wall page."""
