"""The review of a catalogue file: every mistake in it, with its line and path.

Pydantic says which values have the wrong type. What concerns several values (references, validity,
the horizon) is looked at in the plain data, so that one mistake never hides another.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from streams.domain.catalogue import hours_review
from streams.domain.catalogue.document import Document, Path, cut
from streams.domain.catalogue.form import CatalogueForm, form_at, versions
from streams.domain.catalogue.wording import (
    bad_id,
    missing,
    nearest,
    unknown_key,
    unknown_reference,
    wrong_value,
)

UNKNOWN_QUEUE: Final = "okänd kö"
RESERVED_QUEUES: Final = {UNKNOWN_QUEUE, "okand-ko"}

MAX_LIMIT_SECONDS: Final = (23 - 1) * 3600
"""The longest limit that the horizon of calls (yesterday's local midnight) has room for.

Just after midnight the horizon is 23 hours away if yesterday summer time began, and the longest
rolling window takes one of them: a leg that is decided in it may be this much older.
"""


STATES: Final[dict[str, frozenset[str]]] = {
    "answered_within": frozenset({"limit_seconds", "goal"}),
    "lost": frozenset({"goal"}),
    "mean_wait": frozenset({"limit_seconds"}),
    "mean_talk": frozenset({"limit_seconds"}),
}
"""Measure → what a promise of it states."""
_USELESS: Final = {"limit_seconds": "ingen gräns", "goal": "ingen andel som mål, bara en gräns"}


def review(document: Document) -> CatalogueForm | None:
    """Return the filled-in form; none if anything is wrong, all of it among the mistakes."""
    if document.mistakes and document.data is None:
        return None
    if document.data is None:
        document.blame((), "filen är tom; börja från examples/lulea.yaml", 1)
        return None
    form: CatalogueForm | None = None
    try:
        form = CatalogueForm.model_validate(document.data)
    except ValidationError as error:
        _blame_values(document, error.errors(include_url=False))
    _review_together(document)
    return None if document.mistakes else form


def _blame_values(document: Document, errors: Sequence[ErrorDetails]) -> None:
    """Blame each value that doesn't fit."""
    for error in errors:
        if error["type"] == "extra_forbidden":
            path = _path(document, error["loc"])
            keys = list(form_at(path[:-1]).model_fields)
            near = nearest(str(path[-1]), keys)
            if near:  # what is misspelt isn't also missing
                document.blamed.add((*path[:-1], near))
            document.blame(path, unknown_key(str(path[-1]), keys))
    for error in errors:
        path = _path(document, error["loc"])
        if error["type"] == "missing":
            document.blame(path, missing(str(path[-1])))
        elif error["type"] == "weekdays":
            document.blame(
                path, wrong_value("weekdays", cut(error["input"]), error["input"], path)
            )
        elif error["loc"][-1:] != ("[key]",):
            written = document.written(path)
            document.blame(path, wrong_value(error["type"], written, error["input"], path))
        elif error["input"] not in RESERVED_QUEUES:
            document.blame(path, bad_id(str(error["input"])))


def _path(document: Document, loc: tuple[str | int, ...]) -> Path:
    """Return the path in the file: a promise written plain has no list position there."""
    path: Path = ()
    for part in loc:
        if part != "[key]" and (part != 0 or (*path, 0) in document.places):
            path = (*path, part)
    return path


def _review_together(document: Document) -> None:
    for municipality, its in _parts(document.data, "municipalities"):
        here: Path = ("municipalities", municipality)
        for queue in _keys(its, "queues"):
            if queue in RESERVED_QUEUES:
                message = "id:t är reserverat för köer som inte står i katalogen; välj ett annat"
                document.blame((*here, "queues", queue), message)
        for queue, part in _parts(its, "queues"):
            _review_queue(document, (*here, "queues", queue), part, its)
        _review_references(document, here, its, [("office_hours", "öppettiden", "hours")], its)
        for name, part in _parts(its, "hours"):
            hours_review.review(document, (*here, "hours", name), part)
        hours_review.review_office(document, here, its)
        for target in _keys(its, "targets"):
            _review_target(document, (*here, "targets", target), its["targets"][target])


def _review_queue(
    document: Document, here: Path, queue: dict[str, Any], municipality: dict[str, Any]
) -> None:
    """Blame references to what isn't there, and what makes no sense together."""
    named = [
        ("team", "teamet", "teams"),
        ("overflow_to", "kön", "queues"),
        ("promised_hours", "öppettiden", "hours"),
        ("published_hours", "öppettiden", "hours"),
    ]
    _review_references(document, here, queue, named, municipality)
    if "team" not in queue and queue.get("kind") in ("switchboard", "customer_centre"):
        document.blame((*here, "team"), missing("team"))
    if queue.get("overflow_to") == here[-1]:
        document.blame((*here, "overflow_to"), "kön kan inte flöda över till sig själv")
    if "overflow_after_seconds" in queue and "overflow_to" not in queue:
        document.blame((*here, "overflow_to"), missing("overflow_to"))
    targets, seen = queue.get("targets"), set[str]()
    for at, name in enumerate(targets if isinstance(targets, list) else []):
        ids = _keys(municipality, "targets")
        if isinstance(name, str) and name not in ids:
            written = document.written((*here, "targets", at))
            document.blame((*here, "targets", at), unknown_reference(written, "målet", ids))
        elif isinstance(name, str) and name in seen:
            document.blame((*here, "targets", at), f"{name} står redan i listan; ta bort det ena")
        elif isinstance(name, str):
            seen.add(name)


def _review_references(
    document: Document,
    here: Path,
    part: dict[str, Any],
    named: Sequence[tuple[str, str, str]],
    municipality: dict[str, Any],
) -> None:
    """Blame keys that name what isn't there: (key, what it names, the section that has those)."""
    for key, what, section in named:
        ids, name = _keys(municipality, section), part.get(key)
        if isinstance(name, str) and name not in ids:
            written = document.written((*here, key))
            document.blame((*here, key), unknown_reference(written, what, ids))


def _review_target(document: Document, here: Path, written: Any) -> None:
    """Blame versions of a promise that contradict themselves or each other."""
    valid: list[tuple[date, date, Path]] = []
    listed = versions(written)
    for at, version in enumerate(listed if isinstance(listed, list) else []):
        if not isinstance(version, dict):
            continue
        path = (*here, at) if isinstance(written, list) else here
        _review_what_it_states(document, path, version)
        begins, ends = version.get("valid_from"), version.get("valid_to")
        if not isinstance(begins, date) or not isinstance(ends, date | None):
            continue
        if ends is not None and ends <= begins:
            message = f"ska vara efter valid_from, {begins}; den dagen gäller målet inte längre"
            document.blame((*path, "valid_to"), message)
        else:
            valid.append((begins, ends or date.max, path))
    for (_, ends, earlier), (begins, _, later) in pairwise(sorted(valid, key=lambda v: v[:2])):
        if begins < ends:
            message = (
                f"versionen på rad {document.line(earlier)} gäller också då; "
                f"skriv valid_to: {begins} i den"
            )
            document.blame((*later, "valid_from"), message)


def _review_what_it_states(document: Document, path: Path, version: dict[str, Any]) -> None:
    """Blame a limit or a goal that its measure needs and lacks, or has no use for."""
    measure = version.get("measure")
    stated = STATES.get(measure) if isinstance(measure, str) else None
    for key, useless in _USELESS.items():
        here, value = (*path, key), version.get(key)
        if stated is None:
            break  # the measure itself is blamed
        if key in stated and key not in version:
            document.blame(here, missing(key))
        elif key in stated and value is None:
            document.blame(here, wrong_value("missing", "", None, here))
        elif key not in stated and value is not None:
            document.blame(here, f"{measure} har {useless}; ta bort raden")
    limit = version.get("limit_seconds")
    if isinstance(limit, int) and limit > MAX_LIMIT_SECONDS:
        message = (
            f"{limit} är längre än samtal minns: gräns och längsta fönster ska rymmas "
            f"sedan gårdagens midnatt; skriv högst {MAX_LIMIT_SECONDS}"
        )
        document.blame((*path, "limit_seconds"), message)


def _parts(value: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the parts under a key that have keys themselves; others are blamed elsewhere."""
    for name in _keys(value, key):
        if isinstance(value[key][name], dict):
            yield name, value[key][name]


def _keys(value: Any, key: str) -> list[str]:
    part = value.get(key) if isinstance(value, dict) else None
    return list(part) if isinstance(part, dict) else []
