r"""The lines of Asterisk's queue_log: ``epoch|call|queue|agent|VERB|data...``, in whole seconds.

:data:`VERBS` says what each verb states and which of its data are the wait and the talk.

Source: ast_queue_log() in apps/app_queue.c and main/logger.c of Asterisk 22 for verbs and order of
fields (RINGNOANSWER's is milliseconds, all others are seconds). TRANSFER and AGENTCALLBACKLOGIN
are of Asterisk 11 and older; FULL, JOINEMPTY and LEAVEEMPTY come from dialplans that log
QUEUESTATUS with QueueLog(), CLOSED and DIVERT_… from those of Wazo (its manual, queue_log.rst).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from producers.pseudonym import is_surely_number
from streams.domain.instants import SECOND

MAX_LINE_BYTES: Final = 16_384
"""Asterisk cuts its lines at 8,192."""
LONGEST: Final = 48 * 3600 * SECOND
"""A longer wait or talk than this is a fault of the log, not a call."""

UNKNOWN_QUEUE: Final = "unknown_queue"
FAULTS: Final = {
    "malformed": "not epoch|call|queue|agent|VERB|data, or without a field that its verb needs",
    "number_as_id": "a call's id that is a telephone number: a dialplan should log ${UNIQUEID}",
    "unknown_verb": "a verb Asterisk doesn't document: a dialplan's own, or a new one",
    UNKNOWN_QUEUE: "a queue that the catalogue doesn't give this source",
}
"""Why a line gave no event."""


class LineError(ValueError):
    """A line can't be used; ``fault`` is a key of :data:`FAULTS`. Never quotes the line."""

    def __init__(self, fault: str) -> None:
        super().__init__(FAULTS[fault])
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb states; ``wait`` and ``talk`` are places in its data, negative from the end."""

    step: Literal[
        "enters",
        "is_answered",
        "leaves",
        "is_turned_away",
        "ends",
        "restarts",
        "is_out",
        "is_reached",
        "staffs",
    ]
    what: str
    wait: int | None = None
    talk: int | None = None


VERBS: Final[dict[str, Verb]] = {
    "ENTERQUEUE": Verb("enters", "offered"),  # url|number|position[|name]
    "CONNECT": Verb("is_answered", "answered", wait=0),  # wait|channel|ring seconds
    "ABANDON": Verb("leaves", "abandoned", wait=2),  # position|first position|wait
    "EXITWITHTIMEOUT": Verb("leaves", "overflowed", wait=2),  # as ABANDON
    "EXITWITHKEY": Verb("leaves", "overflowed", wait=3),  # key|position|first position|wait
    "WITHDRAW": Verb("leaves", "overflowed", wait=2),  # as ABANDON, |info: taken out by a program
    "EXITEMPTY": Verb("leaves", "closed", wait=2),  # as ABANDON
    "LEAVEEMPTY": Verb("leaves", "closed", wait=2),
    "SYSCOMPAT": Verb("leaves", "closed"),  # dropped: its phone and ours share no codec
    "FULL": Verb("is_turned_away", "refused"),
    "JOINEMPTY": Verb("is_turned_away", "closed"),
    "CLOSED": Verb("is_turned_away", "closed"),
    "DIVERT_CA_RATIO": Verb("is_turned_away", "overflowed"),  # too many wait for those who answer
    "DIVERT_HOLDTIME": Verb("is_turned_away", "overflowed"),  # the wait is too long
    "COMPLETEAGENT": Verb("ends", "completed", wait=0, talk=1),  # wait|talk|first position
    "COMPLETECALLER": Verb("ends", "completed", wait=0, talk=1),
    "BLINDTRANSFER": Verb("ends", "transferred", wait=2, talk=3),  # to|context|wait|talk|position
    "TRANSFER": Verb("ends", "transferred", wait=2, talk=3),  # the same, position since 1.6
    # BRIDGE|id, APP|name or LINK|channel|channel, then |wait|talk|first position
    "ATTENDEDTRANSFER": Verb("ends", "transferred", wait=-3, talk=-2),
    "QUEUESTART": Verb("restarts", "closed"),
    "ADDMEMBER": Verb("staffs", "joins"),  # PAUSED, if so
    "REMOVEMEMBER": Verb("staffs", "parts"),
    "PAUSE": Verb("staffs", "pauses"),  # reason
    "UNPAUSE": Verb("staffs", "resumes"),  # reason
    **dict.fromkeys(("AGENTLOGIN", "AGENTCALLBACKLOGIN"), Verb("staffs", "logs_in")),
    **dict.fromkeys(("AGENTLOGOFF", "AGENTCALLBACKLOGOFF"), Verb("staffs", "logs_out")),
}
"""The verbs that state something about a call, or about who answers."""

IGNORED: Final = frozenset(
    (
        *("PAUSEALL", "UNPAUSEALL"),  # a line for each queue comes with it
        *("AGENTDUMP", "PENALTY", "RINGNOANSWER", "RINGCANCELED", "RINGINUSE"),
        *("DID", "INFO", "OUTCALL", "CONFIGRELOAD"),
    )
)
"""Known verbs that say nothing about how long a caller waited, or about who answers."""

OWN_VERBS: Final[dict[str, Verb | None]] = {
    **{
        what: Verb("is_out", what)
        for what in ("closed", "refused", "overflowed", "callback_requested")
    },
    "callback_answered": Verb("is_reached", "callback_answered"),
    "nothing": None,
}
"""What a verb of a dialplan's own, logged with QueueLog(), can be said to state."""

NO_VERBS: Final[Mapping[str, Verb | None]] = MappingProxyType({})

_FIELDS: Final = 5
"""Epoch, call, queue, agent, verb; then the data."""
_NO_CALL: Final = frozenset(("NONE", "REALTIME", "MANAGER", "CLI", "UNKNOWN"))
_EPOCH: Final = re.compile(rb"(\d{9,10})(?:\.(\d{1,6}))?")
_EPOCHS: Final = range(946_684_800, 4_102_444_800)  # the years 2000 to 2099
_SECONDS: Final = re.compile(rb"(\d{1,6})(?:\.(\d{1,6}))?")
# An exchange that died while it wrote a line goes on in the middle of it when it starts again.
_RESTARTED: Final = re.compile(rb"(\d{10}\|NONE\|NONE\|NONE\|QUEUESTART\|?)\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that states something. ``at`` is its epoch, in microseconds."""

    epoch: str
    at: int
    call: str
    queue: str
    agent: str
    """Who answers; a name, so that it is never told."""
    name: str
    verb: Verb
    data: list[bytes]

    def seconds(self, place: int | None) -> int | None:
        """Return a duration among the data in microseconds; None if it isn't one."""
        if place is None or not -len(self.data) <= place < len(self.data):
            return None
        match = _SECONDS.fullmatch(self.data[place].strip())
        value = None if match is None else _micros(match)
        return value if value is not None and value <= LONGEST else None


def parse(raw: bytes, own: Mapping[str, Verb | None] = NO_VERBS) -> Line | None:
    """Return a line that states something; None if its verb is one that says nothing to us.

    ``own`` has the verbs of a dialplan's own, which win. Line ends are stripped. Raises
    :class:`LineError`, and nothing else.
    """
    if len(raw) > MAX_LINE_BYTES:
        raise LineError("malformed")
    raw = raw.strip(b"\r\n\0")  # a power cut can leave zeros
    restarted = _RESTARTED.search(raw)
    fields = (restarted[1] if restarted else raw).split(b"|")
    epoch = _EPOCH.fullmatch(fields[0].strip())
    if len(fields) < _FIELDS or epoch is None or int(epoch[1]) not in _EPOCHS:
        raise LineError("malformed")
    call, queue, agent, name = (text(fields[place]) for place in (1, 2, 3, 4))
    if not call or not queue or not name:
        raise LineError("malformed")
    verb = _verb(name, own)
    if verb is None:
        return None
    if not _is_whole(verb, call, queue, agent):
        raise LineError("malformed")
    if is_surely_number(call):
        raise LineError("number_as_id")
    return Line(
        epoch[0].decode(), _micros(epoch), call, queue, agent, name, verb, fields[_FIELDS:]
    )


def _verb(name: str, own: Mapping[str, Verb | None]) -> Verb | None:
    """Return what a verb states; None if nothing."""
    if name in own:
        return own[name]
    if name in IGNORED:
        return None
    if name not in VERBS:
        raise LineError("unknown_verb")
    return VERBS[name]


def _is_whole(verb: Verb, call: str, queue: str, agent: str) -> bool:
    """Say whether a line names what its verb is about."""
    if verb.step == "restarts":
        return True
    if verb.step == "staffs":
        is_of_all = verb.what in ("logs_in", "logs_out")
        return agent not in ("", "NONE") and (is_of_all or queue != "NONE")
    return call not in _NO_CALL and queue != "NONE"


def without_data(raw: bytes) -> bytes:
    """Return a line up to its verb: what comes after may be a caller's number."""
    return b"|".join(raw.split(b"|")[:_FIELDS])


def text(field: bytes) -> str:
    """Return a field as text: UTF-8, or the Latin-1 of older exchanges."""
    try:
        return field.decode().strip()
    except UnicodeDecodeError:
        return field.decode("latin-1").strip()


def _micros(match: re.Match[bytes]) -> int:
    return int(match[1]) * SECOND + int((match[2] or b"").ljust(6, b"0"))
