"""Figures that others measured, typed in by hand when a simulation begins."""

from collections.abc import Iterator
from datetime import date

from producers.simulator.profile import Plan
from streams.domain.event_types import Kind, MeasureData, MeasureEvent, type_of
from streams.domain.instants import moment


def recorded(plan: Plan, day: date, at: int) -> Iterator[tuple[int, MeasureEvent]]:
    """Yield a municipality's measures as they are typed in on a day, at an instant."""
    for measure in plan.measures:
        on = min(measure.on or date(day.year - 1, 12, 31), day)
        subject = f"{measure.measure}/{on}"
        yield (
            at,
            MeasureEvent(
                id=f"{subject}/recorded",
                source=f"/simulator/{plan.municipality}",
                type=type_of(Kind.MEASURE, "recorded"),
                subject=subject,
                time=moment(at),
                partitionkey=plan.municipality,
                data=MeasureData(
                    measure=measure.measure,
                    value=measure.value,
                    on=on,
                    n=measure.n,
                    document=measure.document,
                ),
            ),
        )
