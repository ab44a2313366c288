"""What sends events, and how it is read, as a catalogue says."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from streams.domain.catalogue.mailboxes import Mailbox, mailbox
from streams.domain.catalogue.sources_form import OwnVerb, QueueLogForm, SourceForm
from streams.domain.catalogue.tables import (
    CallsFile,
    CasesFile,
    OverflowCalls,
    OverflowIntervals,
    calls_file,
    cases_file,
    overflow_calls,
    overflow_intervals,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLog:
    """What an Asterisk exchange means by what it logs."""

    queues: Mapping[str, str]
    """The exchange's name of a queue → its id; others have the same name."""
    callback_keys: frozenset[str]
    """Who leaves a queue by one of these has asked to be called back."""
    verbs: Mapping[str, OwnVerb]
    """Verb of a dialplan's own → what it states."""
    agents: Mapping[str, tuple[str, ...]]
    """Agents who log in, with wildcards → the queues that they answer then."""
    exchange: str = ""
    """Tells exchanges apart whose ids of calls could be equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something that sends events about some queues, and says that it is alive."""

    id: str
    name: str
    queues: tuple[str, ...]
    queue_log: QueueLog | None = None
    mailbox: Mailbox | None = None
    calls_file: CallsFile | None = None
    cases_file: CasesFile | None = None
    overflow_calls: OverflowCalls | None = None
    overflow_intervals: OverflowIntervals | None = None

    @property
    def is_of_files(self) -> bool:
        """Whether it is known to be read from files alone, which send no heartbeats."""
        files = (self.calls_file, self.cases_file, self.overflow_calls, self.overflow_intervals)
        return any(files) and not (self.queue_log or self.mailbox)


def source(id_: str, part: SourceForm) -> Source:
    """Return a source by the form that is filled in."""
    return Source(
        id=id_,
        name=part.name,
        queues=tuple(part.queues),
        queue_log=_queue_log(part.queue_log) if part.queue_log else None,
        mailbox=mailbox(part.mailbox) if part.mailbox else None,
        calls_file=calls_file(part.calls_file),
        cases_file=cases_file(part.cases_file),
        overflow_calls=overflow_calls(part.overflow_calls),
        overflow_intervals=overflow_intervals(part.overflow_intervals),
    )


def _queue_log(part: QueueLogForm) -> QueueLog:
    return QueueLog(
        queues=MappingProxyType(dict(part.queues)),
        callback_keys=frozenset(part.callback_keys),
        verbs=MappingProxyType(dict(part.verbs)),
        agents=MappingProxyType({name: tuple(its) for name, its in part.agents.items()}),
        exchange=part.exchange or "",
    )
