"""Older versions of events: read as the newest, and written where a reader still needs them.

All that reads an event reads it through ``events.decode``, which gives the newest version only: an
older one is checked in full as what it was, and then raised. So nothing else knows that there ever
was another. A newer one than ours can't be understood, and is rejected as just that: whoever knows
it takes it back (``svarsgrad republish-rejected``).

A new version is a new form of a kind of events, for what a new key with a default can't say. What
to do then stands in docs/upgrade.md.

Source: docs/decisions/0023-versions.md.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from streams.domain.event_types import FORM_OF, KIND_OF, PREFIX, Envelope, Kind

Release = tuple[int, int]
"""Major and minor of svarsgrad."""
Written = Mapping[Kind, int]
"""The version that is written of each kind's events; the newest of those that are not in it."""


@dataclass(frozen=True, slots=True)
class Older:
    """A version of a kind's events that was the newest once."""

    form: type[Envelope]
    """What an event of it says, checked in full."""
    raised: Callable[[Any], Any]
    """Its data, as the newest version has it; what that refuses is refused of both."""
    lowered: Callable[[Any], Any]
    """The newest version's data, as it has it; what it can't say is left out."""
    until: Release
    """The first release that knew a newer one."""


OLDER: Final[Mapping[tuple[Kind, int], Older]] = {}
"""Kind and version → how it is read and written. None has a second version yet."""
FIRST_RELEASE: Final[Release] = (0, 1)
"""The oldest whose events can be written."""
_VERSIONED: Final = re.compile(re.escape(PREFIX) + r"([a-z]+)\.([a-z_]+)\.v([1-9][0-9]{0,5})")


def version_of(type_: str) -> tuple[Kind, str, int] | None:
    """Return the kind, what happened and the version in a type; None if it is none of ours."""
    found = _VERSIONED.fullmatch(type_)
    if found is None or found[1] not in set(Kind):
        return None
    return Kind(found[1]), found[2], int(found[3])


def raised(event: Any, older: Older, type_: str) -> Any:
    """Return an event of an older version as one of the newest, whose type is told."""
    return _anew(event, FORM_OF[_kind(type_)], type_, older.raised(event.data))


def lowered(event: Any, written: Written) -> Any:
    """Return an event of the newest version as the one that is to be written of its kind."""
    kind = KIND_OF[type(event)]
    version = written.get(kind)
    if version is None:
        return event
    older = OLDER[kind, version]
    type_ = f"{event.type.rpartition('.v')[0]}.v{version}"
    return _anew(event, older.form, type_, older.lowered(event.data))


def written_for(release: Release) -> Written:
    """Return what a release of svarsgrad can read: the versions to write for it."""
    found: dict[Kind, int] = {}
    for (kind, version), older in sorted(OLDER.items(), reverse=True):
        if release < older.until:
            found[kind] = version
    return found


def _anew(event: Any, form: Any, type_: str, data: Any) -> Any:
    """Return an event in another form of its kind."""
    return form(
        specversion=event.specversion,
        id=event.id,
        source=event.source,
        type=type_,
        subject=event.subject,
        time=event.time,
        partitionkey=event.partitionkey,
        data=data,
    )


def _kind(type_: str) -> Kind:
    return Kind(type_.removeprefix(PREFIX).partition(".")[0])
