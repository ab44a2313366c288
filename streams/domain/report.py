"""All there is to say of a municipality at an instant, by telephone, in writing and as a whole.

Both the live system and ``svarsgrad replay`` call this; neither computes anything of its own. It
is done in two steps: :func:`frames_of` copies what matters from the books, while nothing is
folded; :func:`report_of` computes, and may do so in another thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from streams.domain import measures, surveys
from streams.domain.books import Books
from streams.domain.cases import due as cases_due
from streams.domain.cases import evaluation as cases
from streams.domain.cases.figures import CasesReport
from streams.domain.cases.frame import Frame as CasesFrame
from streams.domain.cases.openings import registered_in
from streams.domain.catalogue import UNKNOWN_QUEUE, Municipality
from streams.domain.channels import ChannelsReport, evaluate_channels
from streams.domain.event_types import Channel
from streams.domain.outlook.evaluation import QueueOutlook, evaluate_outlook
from streams.domain.phone.contacts import ContactFigures
from streams.domain.phone.evaluation import PhoneReport, evaluate_phone
from streams.domain.phone.evaluation import needed_since as calls_needed_since
from streams.domain.phone.legs import Frame as CallsFrame
from streams.domain.presence import evaluation as presence
from streams.domain.presence.figures import PresenceReport
from streams.domain.presence.statements import Frame as PresenceFrame
from streams.domain.questions import due as questions_due
from streams.domain.questions import evaluation as questions
from streams.domain.questions.figures import QuestionsReport
from streams.domain.questions.frame import Frame as QuestionsFrame
from streams.domain.windows import ITEM_NAMES, NAMES, Window, window

Counts = dict[Channel, int | None]
"""How many contacts there were by each channel; None of a channel that does not report."""

_IN_WRITING: Final[tuple[Channel, ...]] = ("email", "e_service")
_BY_CASES: Final[tuple[Channel, ...]] = ("chat", "social", "visit", "post")


@dataclass(frozen=True, slots=True)
class Spans:
    """The windows that are reported on."""

    calls: tuple[Window, ...]
    items: tuple[Window, ...]
    """Of questions and cases, which go by due times. The longest is the last."""

    @property
    def shared(self) -> list[Window]:
        """Return those that both have: all channels can be counted in them."""
        return [span for span in self.calls if span in self.items]


@dataclass(frozen=True, slots=True)
class Frames:
    """Copies of what matters of a municipality: nothing that is folded changes them."""

    now: int
    spans: Spans
    calls: CallsFrame
    questions: QuestionsFrame
    cases: CasesFrame
    surveys: surveys.SurveyFrame
    presence: PresenceFrame
    measures: measures.Frame
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """All there is to say of a municipality as of an instant."""

    phone: PhoneReport
    outlook: Mapping[str, QueueOutlook]
    """By queue: of the rest of today; empty unless all that the live system looks at is."""
    questions: QuestionsReport
    cases: CasesReport
    surveys: surveys.SurveysReport
    channels: Mapping[str, ChannelsReport]
    """By name of window: those that calls and questions have in common."""
    presence: Mapping[str, PresenceReport]
    """Likewise."""
    measures: measures.MeasureReport


def live_spans(municipality: Municipality, now: int) -> Spans:
    """Return the windows that the live system looks at."""
    return Spans(
        calls=tuple(window(name, now, municipality.zone) for name in NAMES),
        items=tuple(window(name, now, municipality.zone) for name in ITEM_NAMES),
    )


def frames_of(municipality: Municipality, books: Books, now: int, spans: Spans) -> Frames:
    """Copy what a report needs of a municipality's books."""
    return Frames(
        now=now,
        spans=spans,
        calls=books.calls.recent(calls_needed_since(municipality, spans.calls), now),
        questions=books.questions.frame(
            questions_due.needed_since(municipality, spans.items), now
        ),
        cases=books.cases.frame(cases_due.needed_since(municipality, spans.items), now),
        surveys=books.surveys.frame(surveys.surveys_needed_since(spans.items), now),
        presence=books.presence.frame(now),
        measures=books.measures.frame(now),
        sizes=books.sizes(),
    )


def report_of(municipality: Municipality, frames: Frames) -> Report:
    """Return all there is to say of a municipality, from its frames."""
    now, spans = frames.now, frames.spans
    phone = evaluate_phone(municipality, frames.calls, now, spans.calls)
    written = questions.evaluate_questions(municipality, frames.questions, now, spans.items)
    measured = measures.evaluate(municipality, frames.measures)
    alive = _phone_heard_at(municipality, frames.presence)
    incoming = {
        span.name: _by_phone(phone, alive, span)
        | _known(lambda of: _asked(written, of.name), span, spans)
        | _known(lambda of: _registered(frames.cases, of), span, spans)
        for span in spans.shared
    }
    # Where nobody registers cases, none solved is no result: as if no channel reported.
    registers = frames.sizes["cases"] > 0
    counted = {name: its if registers else dict.fromkeys(its) for name, its in incoming.items()}
    asked = {name: _by_centre(phone.contacts[name], its) for name, its in counted.items()}
    answered = {name: _registrable(phone.contacts[name], its) for name, its in counted.items()}
    is_live = {span.name for span in spans.calls}.issuperset(NAMES)
    return Report(
        phone=phone,
        outlook=evaluate_outlook(municipality, phone, frames.presence, now) if is_live else {},
        questions=written,
        cases=cases.evaluate_cases(
            municipality, frames.cases, now, spans.items, asked, answered=answered
        ),
        surveys=surveys.evaluate_surveys(municipality, frames.surveys, now, spans.items),
        channels={
            span.name: evaluate_channels(
                municipality, incoming[span.name], span, _shares(measured)
            )
            for span in spans.shared
        },
        presence={
            span.name: presence.evaluate(
                municipality, frames.presence, span, _arrived(phone, span.name, incoming)
            )
            for span in spans.shared
        },
        measures=measured,
    )


def _by_phone(phone: PhoneReport, alive: int | None, span: Window) -> Counts:
    """Return the contacts by telephone in a window, at any hour, as those by e-service are.

    None if no call arrived and no source of calls was alive: then nobody knows that none came.
    """
    figures = (its.figures[span.name] for its in phone.queues.values())
    arrived = any(its.arrived or its.outside_hours or its.internal for its in figures)
    if not arrived and (alive is None or alive < span.start):
        return {"phone": None}
    its = phone.contacts[span.name]
    return {"phone": its.contacts + its.outside_hours}


def _phone_heard_at(municipality: Municipality, presence: PresenceFrame) -> int | None:
    """Return when a source of calls last said that it was alive; None if none has."""
    queues = {queue.id for queue in municipality.queues.values() if queue.is_phone}
    heard = [
        at
        for source in municipality.sources.values()
        if queues.intersection(source.queues)
        and (at := presence.last_heartbeat.get(source.id)) is not None
    ]
    return max(heard, default=None)


def _by_centre(contacts: ContactFigures, incoming: Counts) -> Counts:
    """Return what came in, by telephone only what reached a centre: the rest asked it nothing."""
    its = None if incoming["phone"] is None else contacts.at_centre
    return {**incoming, "phone": its}


def _registrable(contacts: ContactFigures, incoming: Counts) -> Counts:
    """Return what can be registered on a case: of those by telephone, the answered ones."""
    its = None if incoming["phone"] is None else contacts.at_centre_answered
    return {**incoming, "phone": its}


def _asked(written: QuestionsReport, name: str) -> Mapping[Channel, int]:
    """Return the questions that were received in a window, by channel."""
    received = [mailbox.received[name].channels for mailbox in written.mailboxes.values()]
    return {channel: sum(its[channel] for its in received) for channel in _IN_WRITING}


def _registered(frame: CasesFrame, span: Window) -> Mapping[Channel, int]:
    """Return the contacts of a window that nothing but cases tells of, by channel."""
    counts = registered_in(frame, span)
    return {channel: counts[channel] for channel in _BY_CASES}


def _known(
    counts_in: Callable[[Window], Mapping[Channel, int]], span: Window, spans: Spans
) -> Counts:
    """Return the counts of a window; None of a channel with nothing in the longest one either."""
    of_late = counts_in(spans.items[-1])
    return {
        channel: count if of_late[channel] else None for channel, count in counts_in(span).items()
    }


def _shares(measured: measures.MeasureReport) -> dict[str, list[tuple[date, float]]]:
    """Return the shares that others measured, of each promise."""
    return {
        promise: [(one.on, one.value) for one in its.history if one.is_share]
        for promise, its in measured.figures.items()
    }


def _arrived(phone: PhoneReport, name: str, incoming: Mapping[str, Counts]) -> dict[str, int]:
    """Return how many calls arrived at each queue of the catalogue; none if nobody knows."""
    if incoming[name]["phone"] is None:
        return {}
    return {
        queue: its.figures[name].arrived
        for queue, its in phone.queues.items()
        if queue != UNKNOWN_QUEUE
    }
