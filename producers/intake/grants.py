"""Who may push what: the file of tokens, in which there are no tokens.

A token is 256 random bits, so its SHA-256 says nothing of it: a slow hash guards what people can
think of, and would only cost time at each request. The file has, for each token, the hash, the
source of the catalogue that it speaks for, and what it may speak of. A source may have several at
a time: a new one is put in before the old one goes.

It is checked in full against the catalogue. Who may read it can't push anything by it, but who may
write it can: others than its owner and its group may do neither.
"""

import hashlib
import hmac
import json
import secrets
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from streams.domain.catalogue import Catalogue, Municipality, Source
from streams.domain.catalogue.document import Document
from streams.domain.catalogue.document import Path as Place
from streams.domain.catalogue.fields import Form
from streams.domain.catalogue.marked_yaml import MAX_BYTES, read
from streams.domain.event_types import FORMS, PREFIX, Kind
from streams.domain.nearest import nearest
from streams.domain.swedish import reason

BEGINS: Final = "svg_"
"""How a token begins: who finds one in a log or a repository can tell what it is."""
TOKEN_BYTES: Final = 32
EVENTS_PER_SECOND: Final = 100
"""What a token may send if its line says nothing: far more than a system does."""
TYPES: Final = {
    type_.removeprefix(PREFIX).rpartition(".v")[0]: type_
    for type_ in FORMS
    if not type_.startswith(f"{PREFIX}{Kind.MEASURE}.")
}
"""What the file calls each type → the type. Measures are typed in by people, never pushed."""

_PAGE: Final = "docs/sources/intake.md"
_MISTAKES: Final = {
    "extra_forbidden": "okänd nyckel",
    "missing": "saknas",
    "string_pattern_mismatch": "ska vara 64 hexsiffror inom citattecken",
    "date_type": "ska vara en dag, som 2027-01-31, utan citattecken",
    "literal_error": "kan bara vara asks",
}
_EMPTY: Final = "är tom: lägg in en rad som svarsgrad intake-token skriver ut"


class GrantsError(ValueError):
    """The file of tokens can't be used; the text is one Swedish line that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one token may do."""

    digest: bytes
    """SHA-256 of the token."""
    municipality: Municipality
    source: Source
    types: frozenset[str]
    queues: frozenset[str]
    events_per_second: float = EVENTS_PER_SECOND
    ends: float | None = None
    """Unix time from which it opens nothing; none where it has no end."""
    is_watched: bool = False
    """Whether the system asks regularly, so that its silence means something."""

    @property
    def key(self) -> tuple[str, str]:
        """Return whom it speaks for: municipality and source."""
        return self.municipality.id, self.source.id


class _TokenForm(Form):
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    source: str
    types: Annotated[list[str], Field(min_length=1)]
    municipality: str | None = None
    queues: Annotated[list[str], Field(min_length=1)] | None = None
    expires: date | None = None
    events_per_second: Annotated[int, Field(ge=1, le=100_000)] = EVENTS_PER_SECOND
    alive: Literal["asks"] | None = None


class _FileForm(Form):
    tokens: Annotated[list[_TokenForm], Field(min_length=1)]


def new_token() -> str:
    """Return a new token."""
    return BEGINS + secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> bytes:
    """Return what the file has of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def granted(token: str, grants: Iterable[Grant], now: float) -> Grant | None:
    """Return what a token may do at a Unix time; None if it opens nothing.

    It takes as long whichever of them it is, and if it is none.
    """
    digest = digest_of(token)
    found = None
    for grant in grants:
        if hmac.compare_digest(grant.digest, digest):
            found = grant
    return None if found is None or (found.ends is not None and now >= found.ends) else found


def read_grants(file: Path, catalogue: Catalogue) -> tuple[Grant, ...]:
    """Return what a file's tokens may do. Raises :class:`GrantsError`, at the first mistake."""
    document = read(_content(file))
    form = _filled(document)
    if form is not None:
        grants = [_grant(document, at, one, catalogue) for at, one in enumerate(form.tokens)]
        if not document.mistakes:
            return tuple(grant for grant in grants if grant is not None)
    said = min(document.mistakes).told(str(file))
    raise GrantsError(said.replace("examples/lulea.yaml", _PAGE))


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise GrantsError(
                    f"{file} är öppen för andra än ägaren och gruppen, eller får skrivas av "
                    f"gruppen: chmod 640 {file}"
                )
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise GrantsError(
            f"{file} går inte att läsa ({reason(error)}): ange filen med --tokens, och gör en "
            "rad till den med svarsgrad intake-token"
        ) from None


def _filled(document: Document) -> _FileForm | None:
    """Return the file as its form has it, or None with the mistakes in the document."""
    if document.mistakes:
        return None
    try:
        return _FileForm.model_validate(document.data)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            path = tuple(one["loc"])
            if path == ("tokens",) and not one["input"]:
                document.blame(path, _EMPTY)
                continue
            message = _MISTAKES.get(one["type"], "passar inte här")
            document.blame(path, f"{message}; jämför med {_PAGE}")
        return None


def _grant(document: Document, at: int, form: _TokenForm, catalogue: Catalogue) -> Grant | None:
    """Return what one token may do; None if something of it is not in the catalogue."""
    here: Place = ("tokens", at)
    known = catalogue.municipalities
    name = form.municipality or (next(iter(known)) if len(known) == 1 else None)
    if name is None or name not in known:
        what = "kommunen" if form.municipality else "municipality saknas; kommunen"
        _blame(document, (*here, "municipality"), what, form.municipality or "", known)
        return None
    municipality = known[name]
    source = municipality.sources.get(form.source)
    if source is None:
        _blame(document, (*here, "source"), "källan", form.source, municipality.sources)
        return None
    types: set[str] = set()
    for place, pattern in enumerate(form.types):
        found = {type_ for word, type_ in TYPES.items() if fnmatchcase(word, pattern)}
        if not found:
            _blame(document, (*here, "types", place), "typen", pattern, TYPES)
        types |= found
    for place, queue in enumerate(form.queues or ()):
        if queue not in source.queues:
            _blame(document, (*here, "queues", place), "kön", queue, source.queues)
    return Grant(
        digest=bytes.fromhex(form.sha256),
        municipality=municipality,
        source=source,
        types=frozenset(types),
        queues=frozenset(form.queues or source.queues),
        events_per_second=form.events_per_second,
        ends=_ends(form.expires, municipality),
        is_watched=form.alive is not None,
    )


def _ends(expires: date | None, municipality: Municipality) -> float | None:
    """Return the Unix time at which a last day ends, where the municipality is."""
    if expires is None:
        return None
    midnight = datetime.combine(expires, time.max, municipality.zone)
    return midnight.astimezone(UTC).timestamp()


def _blame(document: Document, path: Place, what: str, word: str, known: Iterable[str]) -> None:
    words: Sequence[str] = list(known)
    near = nearest(word, words)
    right = f"menade du {near}?" if near else f"välj bland {', '.join(words[:12])}"
    document.blame(path, f"{what} {word} finns inte i katalogen; {right}")


def line_of(token: str, source: str, municipality: str | None, **more: Any) -> str:
    """Return the line of a token for the file; ``more`` is what else it says, None for nothing."""
    said = [f'sha256: "{digest_of(token).hex()}"']
    if municipality is not None:
        said.append(f"municipality: {municipality}")
    said.append(f"source: {source}")
    for key, value in more.items():
        if value is not None:
            shown = json.dumps(value) if isinstance(value, list) else value
            said.append(f"{key}: {shown}")
    return f"  - {{{', '.join(said)}}}"
