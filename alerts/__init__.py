"""Alerts: rules, routing and messages."""
