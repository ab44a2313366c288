"""Text in files that a spreadsheet opens."""

from typing import Final

BOM: Final = "\N{BYTE ORDER MARK}"
"""Says that a file is UTF-8: else Excel takes it for something older."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
