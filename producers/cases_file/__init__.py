"""Exports of cases from a case system, as events: also later ones, in which more has happened."""
