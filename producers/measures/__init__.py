"""Figures that others have measured, typed in."""
