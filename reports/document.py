"""A report before it is a page, a workbook or a file of rows: all of them are drawn from this.

A figure is in it once, as a number with its kind; each format shows that number. So the formats
can't disagree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from streams.domain import swedish
from streams.domain.swedish import NO_DATA

Kind = Literal["text", "count", "share", "seconds", "hours", "days", "one", "number"]
"""``share`` in [0, 1]; ``seconds``, ``hours`` and ``days`` of time; ``one``: with one decimal."""
UNITS: Final[dict[Kind, str]] = {
    "text": "",
    "count": "antal",
    "share": "andel",
    "seconds": "sekunder",
    "hours": "timmar",
    "days": "dygn",
    "one": "tal",
    "number": "tal",
}
_NBSP: Final = "\N{NO-BREAK SPACE}"
LONG_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in a table: a text, or a figure, or a figure that there is none of."""

    value: str | float | None
    kind: Kind = "text"
    figure: str = ""
    """Where ``svarsgrad replay --json`` has it; of what is taken of several, with ``*``."""
    is_indication: bool = False
    """Whether it is of so few that it is no exact value."""
    missing: str = NO_DATA
    """What stands there where there is no value."""
    said: str = ""
    """What people read instead of the value, where it is said otherwise: with a goal's "högst"."""

    @property
    def shown(self) -> str:
        """Return it as people read it."""
        if self.value is None:
            return self.missing
        if self.said or isinstance(self.value, str):
            return self.said or str(self.value)
        return _SHOWN[self.kind](self.value) + ("*" if self.is_indication else "")


def _one_decimal(value: float) -> str:
    return f"{value:,.1f}".replace(",", _NBSP).replace(".", ",")


def _seconds(value: float) -> str:
    """Return seconds as they are read: from two minutes on as minutes too."""
    if value < LONG_SECONDS:
        return swedish.mean_seconds(value)
    minutes, seconds = divmod(round(value), 60)
    return f"{swedish.count(minutes)}{_NBSP}min {seconds}{_NBSP}s"


_SHOWN: Final[dict[str, Callable[[float], str]]] = {
    "text": str,
    "count": lambda value: swedish.count(round(value)),
    "share": swedish.percent,
    "seconds": _seconds,
    "hours": lambda value: f"{_one_decimal(value)}{_NBSP}h",
    "days": _one_decimal,
    "one": _one_decimal,
    "number": lambda value: f"{value:.2f}".replace(".", ","),
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first column says what each row is about."""

    id: str
    """Of small letters, digits and hyphens: a sheet and an anchor are called so."""
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.id}: a row is not as wide as its headings")

    @property
    def has_indications(self) -> bool:
        """Say whether any figure is marked as an indication."""
        return any(cell.is_indication for row in self.rows for cell in row)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing of the table that comes after it."""

    id: str
    title: str
    alt: str
    """What it shows, in words, for who can't see it."""
    svg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """Points, each a sentence or two."""

    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody has written, in Markdown."""

    text: str


Part = Table | Picture | Paragraph | Bullets | Written


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    id: str
    title: str
    parts: tuple[Part, ...]
    sections: tuple["Section", ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nothing stands under it."""
        return not self.parts and all(section.is_empty for section in self.sections)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the top of a report, as on any document of a municipality."""

    municipality: str
    title: str
    dated: str
    status: str
    """``Utkast``, or by whom and when it was established."""
    is_draft: bool
    dnr: str = ""
    case_worker: str = ""
    as_of: str = ""
    """As of when the figures are counted."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report."""

    head: Head
    sections: tuple[Section, ...]

    def tables(self) -> Iterator[tuple[Section, Table]]:
        """Yield all tables in order, each with the section that it stands in."""
        yield from _tables(self.sections)


def _tables(sections: tuple[Section, ...]) -> Iterator[tuple[Section, Table]]:
    for section in sections:
        for part in section.parts:
            if isinstance(part, Table):
                yield section, part
        yield from _tables(section.sections)
