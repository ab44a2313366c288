"""A file that people write, as plain data: where each part stands, and what is wrong in it."""

from dataclasses import dataclass, field
from typing import Any, Final

Path = tuple[str | int, ...]
"""Keys and list positions, from the outside in."""

_MAX_SYMBOLS: Final = 40
_UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong in a file, where, and what would be right (in Swedish, for people)."""

    line: int
    """Counted from 1."""
    path: str
    """Like ``municipalities.lulea.zone``; empty where the file as a whole is meant."""
    message: str

    def told(self, name: str) -> str:
        """Return the mistake as one line that begins with the file's name, fit for a terminal."""
        where = f"{name} rad {self.line}"
        line = f"{where}, {self.path}: {self.message}" if self.path else f"{where}: {self.message}"
        return "".join(sign if sign.isprintable() else _UNPRINTABLE for sign in line)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and how it is written (nothing for mappings and lists)."""

    line: int
    written: str = ""
    is_quoted: bool = False


@dataclass(slots=True)
class Document:
    """A file as plain data, and what is wrong in it so far.

    A value that is a mistake in itself is ``None`` in ``data``, and what else is said about its
    path is dropped: one mistake is told once.
    """

    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    blamed: set[Path] = field(default_factory=set)

    def blame(self, path: Path, message: str, line: int | None = None) -> None:
        """Add a mistake, unless something is already said about the same path."""
        if path not in self.blamed:
            self.blamed.add(path)
            at = self.line(path) if line is None else line
            self.mistakes.append(Mistake(at, dotted(path), message))

    def line(self, path: Path) -> int:
        """Return the line of the value, or of the nearest thing round it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path].line if path in self.places else 1

    def written(self, path: Path) -> str:
        """Return how the value is written in the file, cut to a readable length."""
        place = self.places.get(path, Place(1))
        text = cut(place.written)
        return f'"{text}"' if place.is_quoted else text


def dotted(path: Path) -> str:
    """Return a path as people read it: ``queues.vaxel.targets[0]``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{cut(part)}" for part in path)
    return text.removeprefix(".")


def cut(text: str) -> str:
    """Return a text as it is quoted in a message: on one line, and not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _MAX_SYMBOLS else text[: _MAX_SYMBOLS - 1] + "…"
