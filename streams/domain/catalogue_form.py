"""The form a catalogue file has: its keys and types, and what is said where it is filled in wrong.

Pydantic checks types; what concerns several values at once (references, validity, horizon) is
checked on the plain data, so that one mistake never hides another.
"""

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Iterator
from datetime import date, timedelta, timezone, tzinfo
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from streams.domain.marked_yaml import Document, Path

UNKNOWN_QUEUE: Final = "okänd kö"

Measure = Literal["answered_within", "lost"]
Kind = Literal["switchboard", "customer_centre", "partner"]
WaitStart = Literal["exchange", "menu", "queue"]

_RESERVED_QUEUES: Final = {UNKNOWN_QUEUE, "okand-ko"}
_SHORTEST_HORIZON_HOURS: Final = 23
"""Just after midnight, yesterday's midnight is a day away: 23 hours if summer time began."""
_LONGEST_ROLLING_HOURS: Final = 1
MAX_LIMIT_SECONDS: Final = (_SHORTEST_HORIZON_HOURS - _LONGEST_ROLLING_HOURS) * 3600
"""A leg in a rolling window may have arrived this much before it; older ones are forgotten.

Source: streams/domain, the horizon of calls is yesterday's midnight local time.
"""

_SLUG: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"
_OFFSET: Final = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")


def zone(text: str) -> tzinfo:
    """Return the zone of an IANA name or a fixed offset such as ``+03:30``; else ValueError."""
    if offset := _OFFSET.fullmatch(text):
        sign = -1 if offset[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    # "right/…" counts leap seconds, and the others are whatever the machine says.
    if text.startswith(("right/", "posix/")) or text in {"Factory", "localtime", "posixrules"}:
        raise ValueError(text)
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(text) from None


def _known_zone(text: Any) -> Any:
    if isinstance(text, str):
        try:
            zone(text)
        except ValueError:
            raise PydanticCustomError("unknown_zone", "unknown zone") from None
    return text


def _versions(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Slug = Annotated[str, Field(pattern=_SLUG)]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"\S")]
Seconds = Annotated[int, Field(ge=0)]
Limit = Annotated[int, Field(ge=1)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TargetForm(_Form):
    """One version of a promise."""

    name: Name
    measure: Measure
    limit_seconds: Limit | None = None
    goal: Annotated[float, Field(ge=0, le=1)]
    valid_from: date
    valid_to: date | None = None
    source: Annotated[str, Field(min_length=1, max_length=300, pattern=r"\S")]


class TeamForm(_Form):
    """A team."""

    name: Name


class QueueForm(_Form):
    """A queue."""

    name: Name
    kind: Kind
    team: str | None = None
    targets: list[str] = []
    wait_starts: WaitStart = "queue"
    pre_queue_seconds: Seconds = 0
    resolution_seconds: Limit | None = None
    overflow_to: str | None = None
    overflow_after_seconds: Seconds | None = None


class MunicipalityForm(_Form):
    """A municipality."""

    name: Name
    zone: Annotated[str, BeforeValidator(_known_zone)]
    exclude_short_abandons_seconds: Seconds = 0
    queues: Annotated[dict[Slug, QueueForm], Field(min_length=1)]
    teams: dict[Slug, TeamForm] = {}
    targets: dict[
        Slug, Annotated[list[TargetForm], Field(min_length=1), BeforeValidator(_versions)]
    ] = {}


class CatalogueForm(_Form):
    """The whole file."""

    version: Literal[1]
    municipalities: Annotated[dict[Slug, MunicipalityForm], Field(min_length=1)]


def check(document: Document) -> CatalogueForm | None:
    """Return the filled-in form, or none and what is wrong among the document's mistakes."""
    try:
        form = CatalogueForm.model_validate(document.data)
    except ValidationError as error:
        for e in error.errors():
            document.complain(tuple(e["loc"]), e["msg"])
        return None
    return form if not document.mistakes else None
