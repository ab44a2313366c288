"""The part of a catalogue file that says who is told of what.

Receivers are functions, never persons: those who have them change, and the file is shared.
"""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from streams.domain.catalogue.fields import Form, Slug, Text

_ADDRESS: Final = re.compile(r"[^@\s<>,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LINK: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+([/?#]\S*)?")
_LONGEST: Final = 254
FUNCTIONS: Final = ("lead", "deputy", "supervisor", "head")
"""Those that each team has; two of them need not be written."""


def is_address(text: str) -> bool:
    """Say whether a text is one e-mail address."""
    return len(text) <= _LONGEST and _ADDRESS.fullmatch(text) is not None


def is_link(text: str) -> bool:
    """Say whether a text is a link to something on the web."""
    return len(text) <= _LONGEST and _LINK.fullmatch(text) is not None


def _address(value: Any) -> Any:
    if isinstance(value, str) and not is_address(value):
        raise PydanticCustomError("address", "no address")
    return value


def _link(value: Any) -> Any:
    if isinstance(value, str) and not is_link(value):
        raise PydanticCustomError("link", "no link")
    return value


Address = Annotated[str, BeforeValidator(_address)]
Link = Annotated[str, BeforeValidator(_link)]


class ReceiverForm(Form):
    """Where a function is told: at one of these at least."""

    email: Address | None = None
    webhook: Link | None = None
    teams: Link | None = None
    """A webhook of Microsoft Teams."""


class TeamAlertsForm(Form):
    """Who is told of a team's queues."""

    lead: ReceiverForm
    supervisor: ReceiverForm
    deputy: ReceiverForm | None = None
    head: ReceiverForm | None = None
    functions: dict[Text, ReceiverForm] = Field(default={})
    """Of those that a promise tells at once when it is broken, by what it calls them."""


class AlertsForm(Form):
    """Who is told of a municipality's queues, and where what is linked to is found."""

    dashboard: Link | None = None
    alertmanager: Link | None = None
    runbook: Link | None = None
    operations: ReceiverForm
    teams: dict[Slug, TeamAlertsForm] = Field(default={})
