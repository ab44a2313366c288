"""Why an event is of no use, and what would be right, in Swedish: for whoever reads a file."""

from typing import Final

WHY_REJECTED: Final = {
    "too_large": ("meddelandet är större än 1 MiB", "dela upp det i flera"),
    "too_many": ("fler än 10 000 händelser i ett meddelande", "dela upp det i flera"),
    "not_json": (
        "inte JSON i UTF-8, eller för många nivåer",
        "skriv en händelse, eller en lista av händelser, på varje rad",
    ),
    "duplicate_keys": ("samma nyckel två gånger i ett objekt", "skriv varje nyckel en gång"),
    "invalid": ("saknas eller har fel form", "se docs/events.md"),
    "newer_version": (
        "är av en nyare version än den här svarsgrad",
        "uppgradera den",
    ),
    "before_arrival": (
        "skedde innan det som det gäller började",
        "se över källans klocka",
    ),
    "wrong_topic": ("hör till ett annat ämne", "rätta avsändaren"),
    "from_the_future": (
        "skedde långt efter sändningen",
        "se över källans klocka och tidszon",
    ),
    "unknown_municipality": (
        "kommunen finns inte i katalogen",
        "lägg till den, eller rätta avsändaren",
    ),
    "misplaced": (
        "nyckeln hör till en annan partition",
        "fördela med murmur2, som Java och Python gör",
    ),
    "no_value": ("posten saknar värde", "skicka inga tomma poster; händelser tas aldrig bort"),
}
"""Reason → what is wrong, and what would be right."""


def why_rejected(reason: str, path: str) -> str:
    """Return why, and what to do; ``path`` says where in the event, as ``$.data.queue``."""
    wrong, right = WHY_REJECTED[reason]
    if reason == "invalid":
        wrong = f"{path.removeprefix('$.') or 'händelsen'} {wrong}"
    return f"{wrong}; {right}"
