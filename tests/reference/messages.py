"""What must become of a message, by the words of docs/events.md and docs/decisions/0002.

Written anew, in the plainest way; it imports nothing of ours. A value may have several faults, and
which of them is told is not promised: what comes back is every outcome that is right.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

MEBIBYTE = 1_048_576
MOST_ELEMENTS = 10_000
MOST_DEPTH = 300
MOST_CHARACTERS = 200
FUTURE = timedelta(minutes=15)
DAYS, RESTATED_DAYS = 400, 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PREFIX = "se.svarsgrad."
TYPES: dict[str, tuple[str, ...]] = {
    "call": (
        *("offered", "answered", "abandoned", "overflowed", "refused", "closed"),
        *("callback_requested", "callback_answered", "transferred", "completed"),
    ),
    "email": (
        *("received", "followed_up", "auto_replied", "answered", "answered_otherwise"),
        *("forwarded", "reopened", "dismissed"),
    ),
    "case": ("opened", "contacted", "handed_over", "feedback", "resolved", "reopened"),
    "survey": ("answered",),
    "presence": ("staffed", "heartbeat"),
    "measure": ("recorded",),
}
KINDS = {f"{PREFIX}{kind}.{what}.v1": (kind, what) for kind in TYPES for what in TYPES[kind]}
TOPICS = {
    "call": "calls",
    "email": "emails",
    "case": "cases",
    "survey": "cases",
    "presence": "presence",
    "measure": "measures",
}
BEGAN = {"call": "arrived_at", "email": "received_at", "case": "opened_at"}
CHANNELS = {"phone", "email", "e_service", "chat", "social", "visit", "post"}

TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?(?:[Zz]|([+-])([01]\d|2[0-3]):?([0-5]\d))",
    re.ASCII,
)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class InvalidError(Exception):
    """A field is not as it must be."""


def is_text(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= MOST_CHARACTERS


def is_caller(value: Any) -> bool:
    if not is_text(value) or "@" in value:
        return False
    is_long_number = re.fullmatch("[0-9]{16,}", value) is not None
    return is_long_number or any(letter.isalpha() for letter in value)


def is_whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


def is_of(*words: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in words


def is_number(value: Any) -> bool:
    try:
        return type(value) in {int, float} and abs(float(value)) < float("inf")
    except OverflowError:
        return False


def is_day(value: Any) -> bool:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def instant(value: Any) -> datetime:
    """Return an instant as RFC 3339 has it; InvalidError for anything else."""
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidError
    day, clock, fraction, sign, hours, minutes = found.groups()
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        at = datetime.fromisoformat(f"{day}T{clock}")
        at = at.replace(tzinfo=timezone(-ahead if sign == "-" else ahead))
        return at + timedelta(microseconds=round(float(fraction or 0) * 1e6))
    except (ValueError, OverflowError):
        raise InvalidError from None


def is_instant(value: Any) -> bool:
    try:
        instant(value)
    except InvalidError:
        return False
    return True


Checks = Mapping[str, tuple[bool, Callable[[Any], bool]]]
"""Field → whether it must be there, and what it must be."""
DATA: dict[str, Checks] = {
    "call": {
        "queue": (True, is_text),
        "arrived_at": (True, is_instant),
        "caller": (False, is_caller),
    },
    "email": {
        "queue": (True, is_text),
        "received_at": (True, is_instant),
        "restated_at": (False, is_instant),
        "why": (False, is_of("spam", "bounce", "no_answer_needed")),
    },
    "case": {
        "queue": (True, is_text),
        "opened_at": (True, is_instant),
        "restated_at": (False, is_instant),
        "channel": (False, is_of(*CHANNELS)),
        "contact": (False, is_text),
        "administration": (False, is_text),
        "by": (False, is_of("customer_centre", "administration")),
    },
    "survey": {
        "question": (True, is_text),
        "grade": (True, is_whole(1, 5)),
        "queue": (False, is_text),
    },
    "presence": {"queue": (False, is_text), "people": (False, is_whole(0, 10_000))},
    "measure": {
        "measure": (True, is_text),
        "value": (True, is_number),
        "on": (True, is_day),
        "n": (False, is_whole(1, 1_000_000_000)),
        "document": (True, is_text),
    },
}
NEVER_NULL: dict[str, Checks] = {
    "call": {"origin": (False, is_of("external", "internal", "unknown"))},
    "email": {"channel": (False, is_of("email", "e_service"))},
}
"""Fields that may be left out, but are not null."""
MUST = {
    ("email", "dismissed"): ("why",),
    ("case", "opened"): ("channel",),
    ("case", "contacted"): ("channel",),
    ("case", "handed_over"): ("administration",),
    ("case", "resolved"): ("by",),
    ("presence", "staffed"): ("queue", "people"),
}


@dataclass(frozen=True, slots=True)
class Where:
    """Where a message stands, and when it was put there."""

    topic: str
    """``calls`` and so on."""
    appended: datetime
    municipalities: Collection[str]
    belongs: Callable[[str], bool]
    """Whether a municipality's events belong into this partition."""
    today: datetime
    """The midnight that today began with."""


def outcomes(value: bytes | None, where: Where) -> list[set[str]]:
    """Return for each event of a message what may become of it; a whole value may count as one."""
    if value is None:
        return [{"no_value"}]
    if len(value) > MEBIBYTE:
        return [{"too_large"}]
    if not value.lstrip().startswith(b"["):
        return [of_one(value, where)]
    raws = split(value)
    if raws is None or any(depth_of(raw) > MOST_DEPTH for raw in raws):
        return [{"not_json"}]
    if len(raws) > MOST_ELEMENTS:
        return [{"too_many"}]
    return [of_one(raw, where) for raw in raws]


def refuse(word: str) -> Any:
    raise ValueError(word)


def split(value: bytes) -> list[bytes] | None:
    """Return the elements of an array; None if it is none. Bytes of text are as good as any."""
    text = value.decode("latin-1")
    decoder = json.JSONDecoder(parse_constant=refuse, parse_int=str)
    white = re.compile(r"[ \t\n\r]*")

    def after_white(at: int) -> int:
        return white.match(text, at).end()  # type: ignore[union-attr]

    found: list[bytes] = []
    at = after_white(after_white(0) + 1)
    try:
        if text[at : at + 1] == "]":
            return found if after_white(at + 1) == len(text) else None
        while True:
            _, end = decoder.raw_decode(text, at)
            found.append(value[at:end])
            at = after_white(end)
            if text[at : at + 1] == "]":
                return found if after_white(at + 1) == len(text) else None
            if text[at : at + 1] != ",":
                return None
            at = after_white(at + 1)
    except (ValueError, RecursionError):
        return None


def depth_of(raw: bytes) -> int:
    """Return how deep the brackets outside strings are nested."""
    depth = deepest = 0
    is_in_string = is_escaped = False
    for byte in raw:
        if is_escaped:
            is_escaped = False
        elif is_in_string:
            is_escaped, is_in_string = byte == ord("\\"), byte != ord('"')
        elif byte == ord('"'):
            is_in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(depth, deepest)
        elif byte in b"]}":
            depth -= 1
    return deepest


def of_one(raw: bytes, where: Where) -> set[str]:
    """Return what may become of one event: its faults, if it has any."""
    if depth_of(raw) > MOST_DEPTH:
        return {"not_json"}
    twice = False

    def keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        twice |= len({key for key, _ in pairs}) < len(pairs)
        return dict(pairs)

    try:
        event = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=keys_once,
            parse_constant=refuse,
            parse_int=whole,
        )
    except (ValueError, RecursionError):
        # A reader may meet with a field that is wrong before it meets with what is no JSON.
        return {"not_json", "invalid"}
    # Of a key that stands twice, either value may be the one that is looked at.
    found = faults(event, where) | ({"duplicate_keys", "invalid"} if twice else set())
    if half_characters(event):
        found |= (
            {"not_json", "invalid"} if found else {"not_json", "invalid", *right(event, where)}
        )
    return found or right(event, where)


def whole(digits: str) -> int | float:
    """Return a whole number; one of very many digits as the nearest number there is."""
    return int(digits) if len(digits) < 400 else float(digits)


def half_characters(value: Any) -> bool:
    """Say whether half a character stands in any text: JSON may have it, UTF-8 has not."""
    return any("\ud800" <= letter <= "\udfff" for letter in json.dumps(value, ensure_ascii=False))


def faults(event: Any, where: Where) -> set[str]:
    """Return what is wrong with an event that has been read."""
    if isinstance(event, dict) and is_envelope(event) and is_newer(event["type"]):
        return {"newer_version"}
    if not isinstance(event, dict) or not is_envelope(event) or event["subject"].isspace():
        return {"invalid"}
    if event["type"] not in KINDS:
        return set()
    kind, what = KINDS[event["type"]]
    data = event.get("data")
    if not isinstance(data, dict) or not is_right(data, kind, MUST.get((kind, what), ())):
        return {"invalid"}
    if (kind, what) == ("presence", "staffed") and event["subject"] != data["queue"]:
        return {"invalid"}
    at, name = instant(event["time"]), event["partitionkey"]
    is_known = name in where.municipalities
    wrong = {
        "before_arrival": kind in BEGAN and at < instant(data[BEGAN[kind]]),
        "wrong_topic": TOPICS[kind] != where.topic,
        "unknown_municipality": not is_known,
        "misplaced": is_known and not where.belongs(name),
        "from_the_future": at - where.appended > FUTURE,
    }
    return {reason for reason, is_so in wrong.items() if is_so}


def is_newer(type_: str) -> bool:
    """Say whether a type is one of a later version than the first, which is the only one yet."""
    *kind, version = type_.removeprefix("se.svarsgrad.").split(".")
    known = {kind for kind, _ in KINDS.values()}
    return (
        type_.startswith("se.svarsgrad.")
        and len(kind) == 2
        and kind[0] in known
        and re.fullmatch(r"[a-z_]+", kind[1]) is not None
        and re.fullmatch(r"v[1-9][0-9]{0,5}", version) is not None
        and version != "v1"
    )


def is_envelope(event: dict[str, Any]) -> bool:
    texts = [event.get(key) for key in ("id", "source", "type", "subject", "partitionkey")]
    return (
        event.get("specversion") == "1.0"
        and all(map(is_text, texts))
        and is_instant(event.get("time"))
    )


def is_right(data: dict[str, Any], kind: str, must: Collection[str]) -> bool:
    for key, (is_needed, check) in DATA[kind].items():
        value = data.get(key)
        if value is None and (is_needed or key in must):
            return False
        if value is not None and not check(value):
            return False
    never_null = NEVER_NULL.get(kind, {})
    return all(check(data[key]) for key, (_, check) in never_null.items() if key in data)


def right(event: dict[str, Any], where: Where) -> set[str]:
    """Return what becomes of an event without a fault."""
    if event["type"] not in KINDS:
        return {"skipped"}
    kind, _ = KINDS[event["type"]]
    at, data = instant(event["time"]), event["data"]
    yesterday = where.today - timedelta(days=1)
    long_ago = where.today - timedelta(days=DAYS)
    match kind:
        case "measure":
            is_kept = True
        case "call" | "presence":
            is_kept = (instant(data["arrived_at"]) if kind == "call" else at) >= yesterday
        case "survey":
            is_kept = at >= long_ago
        case _:
            restated = data.get("restated_at")
            is_kept = instant(data[BEGAN[kind]]) >= long_ago or (
                restated is not None
                and instant(restated) >= where.today - timedelta(days=RESTATED_DAYS)
            )
    return {"folded" if is_kept else "expired"}
