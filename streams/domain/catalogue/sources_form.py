"""The part of a catalogue file that says how each source is read."""

from typing import Annotated, Literal

from pydantic import Field

from streams.domain.catalogue.fields import Form, Slug, Text
from streams.domain.catalogue.mailboxes_form import MailboxForm
from streams.domain.catalogue.tables_form import (
    CallsFileForm,
    CasesFileForm,
    OverflowCallsForm,
    OverflowIntervalsForm,
)

OwnVerb = Literal[
    "closed", "refused", "overflowed", "callback_requested", "callback_answered", "nothing"
]


class QueueLogForm(Form):
    """What an Asterisk exchange means by what it logs."""

    queues: dict[Text, str] = Field(default={})
    callback_keys: list[Text] = Field(default=[])
    verbs: dict[Text, OwnVerb] = Field(default={})
    agents: dict[Text, list[str]] = Field(default={})
    exchange: Slug | None = None


class SourceForm(Form):
    """Something that sends events, and says every half minute that it is alive."""

    name: Text
    queues: Annotated[list[str], Field(min_length=1)]
    queue_log: QueueLogForm | None = None
    calls_file: CallsFileForm | None = None
    cases_file: CasesFileForm | None = None
    overflow_calls: OverflowCallsForm | None = None
    overflow_intervals: OverflowIntervalsForm | None = None
    mailbox: MailboxForm | None = None
