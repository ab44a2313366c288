"""Makes a catalogue of a file that has been checked in full, or says every mistake in it."""

from types import MappingProxyType
from typing import Any

from streams.domain.catalogue import alerts_form, form, hours_form, marked_yaml, review
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
)
from streams.domain.catalogue.sources import source
from streams.domain.deadlines import Limit, Office, swedish_working_days
from streams.domain.working_time import wall


class CatalogueError(ValueError):
    """The file can't be used; whoever writes it must act. ``mistakes`` has them all, by line.

    As a string it is one line: the first mistake, and how to see the others.
    """

    def __init__(self, name: str, mistakes: list[Mistake]) -> None:
        first = mistakes[0].told(name)
        more = f" (och {len(mistakes) - 1} fel till: kör svarsgrad check-catalogue {name})"
        super().__init__(first + more if len(mistakes) > 1 else first)
        self.name = name
        self.mistakes = mistakes


def load_catalogue(source: str | bytes, name: str) -> Catalogue:
    """Return the catalogue in the text (or the bytes) of the file called ``name``.

    Raises :class:`CatalogueError`, and nothing else, with every mistake that is found.
    """
    document = marked_yaml.read(source)
    filled = review.review(document)
    if filled is None:
        raise CatalogueError(name, sorted(document.mistakes))
    made = {id_: _municipality(id_, part) for id_, part in filled.municipalities.items()}
    return Catalogue(municipalities=MappingProxyType(made), profiles=filled.profiles)


def _municipality(id_: str, part: form.MunicipalityForm) -> Municipality:
    zone = form.zone(part.zone)
    hours = {  # holidays take time to find, and without hours nobody asks for them
        key: hours_form.hours(its_hours, zone, swedish_working_days().holidays)
        for key, its_hours in part.hours.items()
    }
    targets = {
        target: tuple(_target(target, version) for version in versions)
        for target, versions in part.targets.items()
    }
    queues = {
        key: Queue(
            id=key,
            targets=tuple(version for target in queue.targets for version in targets[target]),
            promised=hours.get(queue.promised_hours or ""),
            published=hours.get(queue.published_hours or ""),
            **queue.model_dump(exclude={"targets", "promised_hours", "published_hours"}),
        )
        for key, queue in part.queues.items()
    }
    return Municipality(
        id=id_,
        name=part.name,
        zone=zone,
        exclude_short_abandons_seconds=part.exclude_short_abandons_seconds,
        queues=MappingProxyType(queues),
        teams=MappingProxyType(
            {key: Team(id=key, name=team.name) for key, team in part.teams.items()}
        ),
        targets=MappingProxyType(targets),
        office=Office(swedish_working_days(), hours[part.office_hours])
        if part.office_hours
        else None,
        administrations=MappingProxyType(
            {
                key: Administration(
                    id=key,
                    name=its.name,
                    guideline=hours.get(its.guideline_hours or ""),
                    overdue_list_to=tuple(its.overdue_list_to),
                )
                for key, its in part.administrations.items()
            }
        ),
        sources=MappingProxyType({key: source(key, its) for key, its in part.sources.items()}),
        channels=tuple(part.channels),
        incidents=tuple(
            Incident(
                name=its.name,
                begins=wall(*hours_form.day_and_minute(its.begins), zone),
                ends=wall(*hours_form.day_and_minute(its.ends), zone),
                queues=tuple(its.queues),
            )
            for its in part.incidents
        ),
        promises=tuple(version for target in part.promises for version in targets[target]),
        comparisons=tuple(
            Comparison(
                breaks=tuple((its.year, its.why) for its in one.breaks),
                **one.model_dump(exclude={"breaks"}),
            )
            for one in part.comparisons
        ),
        overdue_list_to=tuple(part.overdue_list_to),
        alerts=_alerts(part.alerts) if part.alerts else None,
    )


def _alerts(part: alerts_form.AlertsForm) -> Alerts:
    def receiver(its: alerts_form.ReceiverForm) -> Receiver:
        return Receiver(**its.model_dump())

    return Alerts(
        operations=receiver(part.operations),
        teams=MappingProxyType(
            {
                team: TeamReceivers(
                    lead=receiver(its.lead),
                    supervisor=receiver(its.supervisor),
                    deputy=receiver(its.deputy or its.supervisor),
                    head=receiver(its.head or its.supervisor),
                    functions=MappingProxyType(
                        {name: receiver(function) for name, function in its.functions.items()}
                    ),
                )
                for team, its in part.teams.items()
            }
        ),
        dashboard=part.dashboard,
        alertmanager=part.alertmanager,
        runbook=part.runbook,
    )


def _target(id_: str, version: form.TargetForm) -> ServiceTarget:
    stated: dict[str, Any] = version.model_dump()
    for key in ("channels", "questions", "tells"):
        stated[key] = tuple(stated[key])
    if stated["limit"] is not None:
        stated["limit"] = Limit.parse(stated["limit"])
    return ServiceTarget(id=id_, **stated)
