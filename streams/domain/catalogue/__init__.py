"""The catalogue: which municipalities, queues, teams and promises there are.

One YAML file, checked in full when it is loaded: every mistake at once, each with its line, its
path and what would be right. What comes back can't be invalid and can't be changed.

Source: the promises in docs/decisions/0003-service-level-definition.md.
"""

from streams.domain.catalogue.document import Mistake
from streams.domain.catalogue.entries import (
    Administration,
    Alerts,
    Catalogue,
    Comparison,
    Incident,
    Municipality,
    Queue,
    Receiver,
    ServiceTarget,
    Team,
    TeamReceivers,
    targets_on,
)
from streams.domain.catalogue.loading import CatalogueError, load_catalogue
from streams.domain.catalogue.mailboxes import MailAccount, Mailbox, MailFolders
from streams.domain.catalogue.review import UNKNOWN_QUEUE
from streams.domain.catalogue.sources import QueueLog, Source
from streams.domain.catalogue.tables import CallsFile, CasesFile

__all__ = [
    "UNKNOWN_QUEUE",
    "Administration",
    "Alerts",
    "CallsFile",
    "CasesFile",
    "Catalogue",
    "CatalogueError",
    "Comparison",
    "Incident",
    "MailAccount",
    "MailFolders",
    "Mailbox",
    "Mistake",
    "Municipality",
    "Queue",
    "QueueLog",
    "Receiver",
    "ServiceTarget",
    "Source",
    "Team",
    "TeamReceivers",
    "load_catalogue",
    "targets_on",
]
