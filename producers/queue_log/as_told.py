"""How a log is to be read: as options say, or as the catalogue says of a source."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from producers.pseudonym import CallerHash
from producers.queue_log.line import OWN_VERBS, Verb
from producers.queue_log.staffing import Staffing
from producers.queue_log.translator import Translator
from streams.catalogue_file import one_municipality, read_catalogue, source_of
from streams.domain.catalogue import CatalogueError, QueueLog
from streams.domain.catalogue.fields import SLUG
from streams.domain.event_types import MAX_TEXT

ZONE: Final = "Europe/Stockholm"
_NOTHING: Final = QueueLog(queues={}, callback_keys=frozenset(), verbs={}, agents={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Whose log it is, and what is meant by what it says."""

    municipality: str
    zone: tzinfo
    source: str | None = None
    """Its id in the catalogue; without one no heartbeats are sent."""
    exchange: str = ""
    queues: Mapping[str, str] = field(default_factory=dict)
    known_queues: frozenset[str] | None = None
    callback_keys: frozenset[str] = frozenset()
    verbs: Mapping[str, Verb | None] = field(default_factory=dict)
    agents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of_catalogue(cls, file: Path, municipality: str | None, source: str) -> Self:
        """Return how the catalogue says that a source is read. Raises ``ClickException``."""
        try:
            its = one_municipality(read_catalogue(file, with_profiles=False), municipality, file)
        except CatalogueError as error:
            raise click.ClickException(str(error)) from None
        found = source_of(its, source, file)
        if not any(its.queues[queue].is_phone for queue in found.queues):
            raise click.ClickException(f"källan {source} i {file} har ingen telefonkö.")
        told = found.queue_log or _NOTHING
        return cls(
            municipality=its.id,
            zone=its.zone,
            source=source,
            exchange=told.exchange,
            queues=told.queues,
            known_queues=frozenset(found.queues),
            callback_keys=told.callback_keys,
            verbs={verb: OWN_VERBS[what] for verb, what in told.verbs.items()},
            agents=told.agents,
        )

    @classmethod
    def of_options(
        cls,
        municipality: str,
        zone: str,
        exchange: str,
        maps: tuple[str, ...],
        callback_keys: tuple[str, ...],
    ) -> Self:
        """Return how options say that a log is read. Raises ``ClickException``."""
        if not re.fullmatch(SLUG, municipality):
            raise click.ClickException(
                f"--municipality {municipality} är inget id: skriv det som i katalogen, med a–z, "
                "0–9 och bindestreck."
            )
        return cls(
            municipality=municipality,
            zone=_zone(zone),
            exchange=exchange,
            queues=_queues(maps),
            callback_keys=frozenset(callback_keys),
        )

    def translator(self, caller: CallerHash) -> Translator:
        """Return what makes events of the log's lines. Raises ``ClickException``."""
        made = Translator(
            municipality=self.municipality,
            exchange=self.exchange,
            queues=self.queues,
            known_queues=self.known_queues,
            callback_keys=self.callback_keys,
            own_verbs=self.verbs,
            caller=caller,
            staffing=Staffing(self.zone, self.agents),
        )
        if len(made.source) > MAX_TEXT:
            raise click.ClickException("--exchange är för långt: skriv ett kort namn.")
        return made


def _queues(maps: tuple[str, ...]) -> dict[str, str]:
    queues: dict[str, str] = {}
    for text in maps:
        asterisk, _, queue = (part.strip() for part in text.partition("="))
        if not asterisk or not queue or queues.get(asterisk, queue) != queue:
            raise click.ClickException(
                f"--map {text} går inte att använda: skriv växelns namn på kön = köns id, en gång "
                "för varje kö."
            )
        queues[asterisk] = queue
    return queues


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.ClickException(
            f"--zone {name} är ingen tidszon: skriv till exempel Europe/Stockholm."
        ) from None
