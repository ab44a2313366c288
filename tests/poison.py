"""What stands in bad input: whatever of it is found elsewhere has leaked."""

PERSON = "08-465 004 17 test@example.org Kalastavej"
"""Stands in every bad message."""
TELLING = ("08-465", "465 004", "004 17", "0846500417", "test@example", "example.org", "alastav")


def traces_of(text: str) -> list[str]:
    """Return what of it stands in a text."""
    return [word for word in TELLING if word in text]
