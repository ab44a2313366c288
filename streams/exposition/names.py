"""What things are called: who draws a figure joins its series with these, by their labels."""

from streams import metrics as m
from streams.domain.catalogue import Municipality, targets_on
from streams.domain.windows import day_of
from streams.exposition.sheet import Sheet


def add(sheet: Sheet, municipality: Municipality, now: int) -> None:
    """Add what is in the catalogue; of promises those that hold today."""
    id_, today = municipality.id, day_of(now, municipality.zone)
    sheet.add(m.MUNICIPALITY_INFO, 1, id_, municipality.name)
    for administration in municipality.administrations.values():
        sheet.add(m.ADMINISTRATION_INFO, 1, id_, administration.id, administration.name)
    for queue in municipality.queues.values():
        team = municipality.teams.get(queue.team or "")
        of_team = (team.id, team.name) if team else ("", "")
        sheet.add(
            m.QUEUE_INFO, 1, id_, queue.id, queue.name, queue.kind, *of_team,
            queue.administration or "",
        )  # fmt: skip
        for target in targets_on(queue, today):
            sheet.add(m.TARGET_INFO, 1, id_, queue.id, target.id, target.name, target.measure)
    for target in municipality.promises:
        if target.is_valid_on(today):
            sheet.add(m.PROMISE_INFO, 1, id_, target.id, target.name, target.measure)
    for source in municipality.sources.values():
        sheet.add(m.SOURCE_INFO, 1, id_, source.id, source.name)
