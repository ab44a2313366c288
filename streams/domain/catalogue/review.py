"""The review of a catalogue file: every mistake in it, with its line and path.

Pydantic says which values have the wrong type. What concerns several values (references, validity,
the horizon) is looked at in the plain data, so that one mistake never hides another.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from streams.domain.catalogue import alerts_review, hours_review, sources_review
from streams.domain.catalogue.document import Document, Path, cut
from streams.domain.catalogue.form import CatalogueForm, Kind, form_at, versions
from streams.domain.catalogue.hours_form import day_and_minute
from streams.domain.catalogue.wording import (
    bad_id,
    missing,
    unknown_key,
    unknown_reference,
    wrong_value,
)
from streams.domain.deadlines import Limit
from streams.domain.event_types import CHANNELS
from streams.domain.nearest import nearest
from streams.domain.windows import ITEM_HORIZON_DAYS

UNKNOWN_QUEUE: Final = "okänd kö"
"""The queue that legs of queues the catalogue doesn't have are shown as; no queue can have it."""
RESERVED_QUEUES: Final = {UNKNOWN_QUEUE, "okand-ko"}

MAX_LIMIT_SECONDS: Final = (23 - 1) * 3600
"""The longest limit that the horizon of calls (yesterday's local midnight) has room for.

Just after midnight the horizon is 23 hours away if yesterday summer time began, and the longest
rolling window takes one of them: a leg that is decided in it may be this much older.
"""


STATES: Final[dict[str, tuple[frozenset[str], frozenset[str]]]] = {
    measure: (frozenset(must.split()), frozenset(may.split()))
    for measure, must, may in (
        ("answered_within", "limit_seconds goal", "addresses"),
        ("lost", "goal", "addresses"),
        ("mean_wait", "limit_seconds", "addresses"),
        ("mean_talk", "limit_seconds", "addresses"),
        ("question_answered_within", "limit", "goal rule addresses tells"),
        ("feedback_within", "limit", "goal rule tells"),
        ("resolved_within", "limit", "goal rule tells"),
        ("solved_in_centre", "goal", "channels of"),
        ("satisfied", "goal questions", ""),
        ("open_as_promised", "goal", ""),
        ("channel_share", "channels", "goal"),
        ("external", "", "goal better"),
    )
}
"""Measure → what a promise of it must state, and what it may."""
_STATED: Final = (
    "limit_seconds", "limit", "goal", "rule", "better", "channels", "of", "questions",
    "addresses", "tells",
)  # fmt: skip
_USELESS: Final = {
    "limit_seconds": "ingen gräns",
    "goal": "ingen andel som mål, bara en gräns",
}

KINDS: Final[tuple[str, ...]] = get_args(Kind)
PHONE: Final = frozenset({"switchboard", "customer_centre", "partner"})
_PHONES: Final = tuple(kind for kind in KINDS if kind in PHONE)
"""The same, to look for what may be no word at all."""
_PHONE_ONLY: Final = (
    "overflow_to", "overflow_after_seconds", "wait_starts", "pre_queue_seconds",
    "callback_within_seconds",
    "wrap_up_seconds",
)  # fmt: skip
WHOLE: Final = "kommunen"
PLACES: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("answered_within", "lost", "mean_wait", "mean_talk"), PHONE),
    "question_answered_within": frozenset({"mailbox"}),
    **dict.fromkeys(("feedback_within", "resolved_within"), frozenset({"cases"})),
    **dict.fromkeys(
        ("solved_in_centre", "satisfied", "open_as_promised", "channel_share", "external"),
        frozenset({WHOLE}),
    ),
}
"""Measure → the kinds of queues that can promise it, or the municipality as a whole."""

LONGEST_DAYS: Final = {"d": 365, "wd": 230, "wh": 1_800}
"""The longest limits that leave room for a window of 30 days within that."""


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
        _review_promises(document, here, its)
        _review_parts(document, here, its)
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
        if isinstance(its, dict):
            alerts_review.review(document, here, its)
            alerts_review.review_targets(document, here, its)
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
        ("administration", "förvaltningen", "administrations"),
    ]
    _review_references(document, here, queue, named, municipality)
    if "team" not in queue and queue.get("kind") in ("switchboard", "customer_centre"):
        document.blame((*here, "team"), missing("team"))
    if queue.get("overflow_to") == here[-1]:
        document.blame((*here, "overflow_to"), "kön kan inte flöda över till sig själv")
    kind = queue.get("kind")
    is_phone = kind not in KINDS or kind in _PHONES  # a kind that is none is blamed elsewhere
    if is_phone and "overflow_after_seconds" in queue and "overflow_to" not in queue:
        document.blame((*here, "overflow_to"), missing("overflow_to"))
    _review_list(document, (*here, "targets"), queue, ("målet", "targets"), municipality)
    for path, name in _names(here, queue, "targets"):
        for measure in _measures(municipality, name):
            places = PLACES.get(measure)
            if places is not None and kind in KINDS and kind not in places:
                document.blame(path, _wrong_place(name, measure, places))
    for key in () if is_phone else _PHONE_ONLY:
        if key in queue:
            document.blame((*here, key), "gäller bara telefon; ta bort raden")


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
    for path, version in _placed(here, written):
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
    for key in _STATED if stated else ():  # else the measure itself is blamed
        here, value = (*path, key), version.get(key)
        must, may = stated or (frozenset(), frozenset())
        if key in must and key not in version:
            document.blame(here, missing(key))
        elif key in must and value is None:
            document.blame(here, wrong_value("missing", "", None, here))
        elif key == "limit_seconds" and "limit" in must and value is not None:
            right = "ta bort raden" if "limit" in version else "skriv limit: 2wd i stället"
            document.blame(here, f"{measure} har sin gräns i limit; {right}")
            document.blamed.add((*path, "limit"))  # what stands elsewhere isn't also missing
        elif key not in must | may and value is not None:
            useless = _USELESS.get(key, f"ingen nytta av {key}")
            document.blame(here, f"{measure} har {useless}; ta bort raden")
    if isinstance(text := version.get("limit"), str):
        what = "frågor" if measure == "question_answered_within" else "ärenden"
        _review_limit(document, (*path, "limit"), text, what)
    limit = version.get("limit_seconds")
    if isinstance(limit, int) and limit > MAX_LIMIT_SECONDS:
        message = (
            f"{limit} är längre än samtal minns: gräns och längsta fönster ska rymmas "
            f"sedan gårdagens midnatt; skriv högst {MAX_LIMIT_SECONDS}"
        )
        document.blame((*path, "limit_seconds"), message)
    if version.get("goal") == 0 and measure != "lost" and version.get("better") != "lower":
        message = "0 nås alltid, så det lovar ingenting; skriv till exempel 0.90"
        document.blame((*path, "goal"), message)
    for here, name in _names(path, version, "tells"):
        if "@" in name:
            message = f"{document.written(here)} är en adress; skriv en roll, som närmaste chef"
            document.blame(here, message)


def _review_limit(document: Document, path: Path, text: str, what: str) -> None:
    """Blame a limit that, with the longest window, is longer than ``what`` is remembered."""
    try:
        limit = Limit.parse(text)
    except ValueError:
        return  # blamed already
    most = LONGEST_DAYS[limit.unit]
    if limit.count > most:
        message = (
            f"{text} är för lång tid: svarsgrad minns {what} i {ITEM_HORIZON_DAYS} dagar, och där "
            f"ska gränsen och ett fönster på 30 dagar få plats; skriv högst {most}{limit.unit}"
        )
        document.blame(path, message)


def _review_promises(document: Document, here: Path, its: dict[str, Any]) -> None:
    """Blame what the municipality can't promise as a whole."""
    _review_list(document, (*here, "promises"), its, ("målet", "targets"), its)
    for path, name in _names(here, its, "promises"):
        for measure in _measures(its, name):
            places = PLACES.get(measure)
            if places is not None and WHOLE not in places:
                document.blame(path, _wrong_place(name, measure, places))
    reached = [channel for _, channel in _names(here, its, "channels")]
    for name in _keys(its, "targets") if reached else ():
        for path, version in _placed((*here, "targets", name), its["targets"][name]):
            if version.get("measure") != "channel_share" or version.get("valid_to"):
                continue  # what is over may be of a channel that is, too
            for place, channel in _names(path, version, "channels"):
                if channel in CHANNELS and channel not in reached:
                    message = f"kommunen har inte {channel} bland sina channels; lägg till det där"
                    document.blame(place, message)
    needs_office = [
        name
        for name in _keys(its, "targets")
        for version in _versions_of(its, name)
        if isinstance(version.get("limit"), str) or _is_of_contacts(version)
    ]
    if needs_office and "office_hours" not in its:
        document.blame((*here, "office_hours"), missing("office_hours"))


def _is_of_contacts(version: Mapping[str, Any]) -> bool:
    """Say whether a promise is a share of the contacts of a day, judged when its office closes."""
    return version.get("measure") == "solved_in_centre" and version.get("of") != "cases"


def _review_parts(document: Document, here: Path, its: dict[str, Any]) -> None:
    """Blame what administrations, sources and incidents name that isn't there."""
    for name, part in _parts(its, "administrations"):
        named = [("guideline_hours", "öppettiden", "hours")]
        _review_references(document, (*here, "administrations", name), part, named, its)
        # An administration that there isn't may be this one misspelt, which is told at its queue.
        others = [None, *(other for other in _keys(its, "administrations") if other != name)]
        has_phone = any(
            queue.get("administration") not in others and queue.get("kind") in _PHONES
            for _, queue in _parts(its, "queues")
        )
        if part.get("guideline_hours") is not None and not has_phone:
            message = f"ingen telefonkö hör till {name}; skriv administration: {name} i en sådan"
            document.blame((*here, "administrations", name, "guideline_hours"), message)
    for name, part in _parts(its, "sources"):
        path: Path = (*here, "sources", name, "queues")
        _review_list(document, path, part, ("kön", "queues"), its)
        sources_review.review(document, path[:-1], part, its)
    seen: set[Any] = set()
    comparisons = its.get("comparisons")
    for at, comparison in enumerate(comparisons if isinstance(comparisons, list) else []):
        kpi = comparison.get("kpi") if isinstance(comparison, dict) else None
        if isinstance(kpi, str) and kpi in seen:
            document.blame((*here, "comparisons", at, "kpi"), f"{kpi} står två gånger; ta bort en")
        seen.add(kpi if isinstance(kpi, str) else None)
    incidents = its.get("incidents")
    for at, incident in enumerate(incidents if isinstance(incidents, list) else []):
        if not isinstance(incident, dict):
            continue
        place = (*here, "incidents", at)
        _review_list(document, (*place, "queues"), incident, ("kön", "queues"), its)
        begins, ends = (_instant(incident.get(key)) for key in ("begins", "ends"))
        if begins and ends and ends <= begins:
            document.blame((*place, "ends"), f"ska vara efter begins, {incident['begins']}")


def _instant(written: Any) -> tuple[date, int] | None:
    try:
        return day_and_minute(written) if isinstance(written, str) else None
    except ValueError:
        return None  # blamed already


def _review_list(
    document: Document,
    path: Path,
    part: dict[str, Any],
    named: tuple[str, str],
    municipality: dict[str, Any],
) -> None:
    """Blame items of a list that name what isn't there, or stand twice."""
    what, section = named
    ids, seen = _keys(municipality, section), set[str]()
    for place, name in _names(path[:-1], part, str(path[-1])):
        if name not in ids:
            document.blame(place, unknown_reference(document.written(place), what, ids))
        elif name in seen:
            document.blame(place, f"{name} står redan i listan; ta bort det ena")
        seen.add(name)


def _names(here: Path, part: dict[str, Any], key: str) -> Iterator[tuple[Path, str]]:
    names = part.get(key)
    for at, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str):
            yield (*here, key, at), name


def _versions_of(municipality: dict[str, Any], target: str) -> list[dict[str, Any]]:
    targets = municipality.get("targets")
    listed = versions(targets.get(target)) if isinstance(targets, dict) else None
    return [v for v in listed if isinstance(v, dict)] if isinstance(listed, list) else []


def _placed(here: Path, written: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Return the versions of a promise, each with where it stands."""
    listed = versions(written)
    for at, version in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(version, dict):
            yield (*here, at) if isinstance(written, list) else here, version


def _measures(municipality: dict[str, Any], target: str) -> list[str]:
    found = [version.get("measure") for version in _versions_of(municipality, target)]
    return [measure for measure in found if isinstance(measure, str)]


def _wrong_place(name: str, measure: str, places: frozenset[str]) -> str:
    if WHOLE in places:
        return f"{name} ({measure}) lovar kommunen som helhet; flytta det till promises"
    kinds = " eller ".join(kind for kind in KINDS if kind in places)
    return f"{name} ({measure}) hör till en kö av slaget {kinds}; ta bort det härifrån"


def _parts(value: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the parts under a key that have keys themselves; others are blamed elsewhere."""
    for name in _keys(value, key):
        if isinstance(value[key][name], dict):
            yield name, value[key][name]


def _keys(value: Any, key: str) -> list[str]:
    part = value.get(key) if isinstance(value, dict) else None
    return list(part) if isinstance(part, dict) else []
