"""What a catalogue says, as those who ask have it: nothing in it can be invalid, or changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, tzinfo
from types import MappingProxyType
from typing import Any, Literal

from streams.domain.catalogue import alerts_form, review
from streams.domain.catalogue.form import Kind, Measure, WaitStart
from streams.domain.catalogue.sources import Source
from streams.domain.deadlines import Limit, Office, Rule
from streams.domain.due_times import DueTimes
from streams.domain.event_types import Channel
from streams.domain.outlook.profile import Expectation, Profile
from streams.domain.outlook.typical import typical
from streams.domain.working_time import Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTarget:
    """A promise as it reads in some years. Later versions of it have the same id."""

    id: str
    name: str
    measure: Measure
    """``answered_within``: at least ``goal`` in time. ``lost``: at most ``goal`` lost.
    ``mean_wait``, ``mean_talk``: at most ``limit_seconds`` in the mean. The others are
    said in docs/decisions/0009 to 0012."""
    limit_seconds: int | None
    """At or under it is in time; none where the measure has no limit in seconds."""
    limit: Limit | None = None
    """In working days, working hours or days, for questions and cases."""
    rule: Rule = "arrival_day"
    goal: float | None
    """A ratio in [0, 1]; none where there is none, as where a mean is promised."""
    better: Literal["higher", "lower"] = "higher"
    """Of a measure of others: which way is better."""
    channels: tuple[Channel, ...] = ()
    """Which contacts it is about; none for all."""
    of: Literal["contacts", "cases"] = "contacts"
    """What a share solved is a share of."""
    questions: tuple[str, ...] = ()
    """Which questions of the survey."""
    addresses: int | None = None
    """How many mailboxes or telephone numbers the promise covers, measured or not; none for those
    of the catalogue."""
    tells: tuple[str, ...] = ()
    """Which functions are told at once when its time has passed."""
    valid_from: date
    valid_to: date | None
    """The first day on which it no longer holds; none while it holds."""
    source: str
    """The document that makes the promise."""

    def is_valid_on(self, day: date) -> bool:
        """Say whether the promise holds on a day, local to the municipality."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Those who answer some queues."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """A part of the municipality, with queues of its own."""

    id: str
    name: str
    guideline: Hours | None
    """When the guideline wants it to have a staffed number; none where there is none."""
    overdue_list_to: tuple[str, ...] = ()
    """Who gets the weekly list of what is overdue there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A crisis or an outage, ``[begins, ends)``: figures are shown with and without it."""

    name: str
    begins: int
    ends: int
    queues: tuple[str, ...]
    """Ids of the queues it touches; none for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A key figure that municipalities are compared by, with values of others in a file."""

    kpi: str
    """Its id where the values come from, as Kolada's N00000."""
    name: str
    own: str
    """The id of this municipality there."""
    unit: str
    better: Literal["higher", "lower"]
    breaks: tuple[tuple[int, str], ...]
    """Years from which it is of something else than before, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A function that is told: at each of these that there is."""

    email: str | None = None
    webhook: str | None = None
    teams: str | None = None
    """A webhook of Microsoft Teams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReceivers:
    """Who is told of a team's queues."""

    lead: Receiver
    """Of what is acute."""
    supervisor: Receiver
    """Of what drifts, and of deadlines."""
    deputy: Receiver
    """Of what is acute and that nobody has taken."""
    head: Receiver
    """Of what is missed all the time, once a week."""
    functions: Mapping[str, Receiver]
    """Those that promises tell at once when they are broken, by what they call them."""

    def by_function(self) -> Iterator[tuple[str, Receiver]]:
        """Yield all of them, by what they are called."""
        for function in alerts_form.FUNCTIONS:
            yield function, getattr(self, function)
        yield from self.functions.items()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Who is told of a municipality's queues, and where what messages link to is found."""

    operations: Receiver
    """Of sources that are silent."""
    teams: Mapping[str, TeamReceivers]
    """By team."""
    dashboard: str | None = None
    alertmanager: str | None = None
    runbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A place where contacts wait: callers, questions or cases."""

    id: str
    name: str
    kind: Kind
    team: str | None
    """The id of the team that answers; none at a partner."""
    targets: tuple[ServiceTarget, ...]
    """All versions of its promises; :func:`targets_on` gives those of a day."""
    wait_starts: WaitStart
    """Where the caller is when our clock starts."""
    pre_queue_seconds: int
    """A known time that the caller has waited before that. It is shown, never added."""
    resolution_seconds: int | None
    """The resolution of the source's times where it is coarse."""
    overflow_to: str | None
    """The id of the queue where calls go that have waited too long."""
    overflow_after_seconds: int | None
    callback_within_seconds: int | None
    """How soon a caller who asked for it is called back; none where that is not promised."""
    wrap_up_seconds: int
    """For how long a call keeps who answered it busy when the talk is over."""
    administration: str | None
    """The id of the administration it belongs to."""
    promised: Hours | None
    """When its promises hold, as the guideline has it; none for round the clock."""
    published: Hours | None
    """When it says that it is open; none where it says nothing else than what is promised."""
    profile: Profile | None = None
    """What comes to it on ordinary days; none where that has not been learnt."""

    @property
    def is_phone(self) -> bool:
        """Say whether it is callers that wait here."""
        return self.kind in review.PHONE

    @property
    def last_versions(self) -> tuple[ServiceTarget, ...]:
        """Return its promises, of each the version that holds last."""
        return tuple({target.id: target for target in self.targets}.values())

    @property
    def is_answered(self) -> bool:
        """Say whether it is callers that wait here, and the municipality that answers."""
        return self.is_phone and self.kind != "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A municipality: all that one key in the log is about."""

    id: str
    name: str
    zone: tzinfo
    exclude_short_abandons_seconds: int
    """Abandons with a wait at or under it are not decided; 0 for none excluded."""
    queues: Mapping[str, Queue]
    teams: Mapping[str, Team]
    targets: Mapping[str, tuple[ServiceTarget, ...]]
    """Id of a promise → its versions."""
    office: Office | None
    """What closes a working day; none where nothing is due by working days."""
    administrations: Mapping[str, Administration]
    sources: Mapping[str, Source]
    channels: tuple[Channel, ...]
    """Those by which residents can reach it."""
    incidents: tuple[Incident, ...]
    promises: tuple[ServiceTarget, ...]
    """All versions of what it promises as a whole."""
    comparisons: tuple[Comparison, ...] = ()
    """What it is compared with others by."""
    overdue_list_to: tuple[str, ...] = ()
    """Who gets the weekly list of all that is overdue."""
    alerts: Alerts | None = None
    """None where nobody is told anything."""
    _due_times: dict[tuple[Any, ...], DueTimes] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _expectations: dict[str, Expectation] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def due_times(self, queue: str, target: ServiceTarget) -> DueTimes:
        """Return what says when contacts of a queue are due by a promise that has a ``limit``."""
        if self.office is None or target.limit is None:  # a review has seen to it
            raise ValueError(f"{target.id} says nothing of when things are due")
        key = (queue, target.limit, target.rule)
        found = self._due_times.get(key)
        if found is None:
            known = self.queues.get(queue)
            hours = (known.promised if known else None) or Hours.always(self.zone)
            found = DueTimes(self.office, target.limit, target.rule, hours)
            self._due_times[key] = found
        return found

    def expectation(self, queue: str) -> Expectation:
        """Return what says how many calls are to come to a queue, by its profile or a typical."""
        found = self._expectations.get(queue)
        if found is None:
            its = self.queues[queue]
            hours = its.promised or Hours.always(self.zone)
            found = self._expectations[queue] = Expectation(its.profile or typical(), hours)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All that svarsgrad has been told."""

    municipalities: Mapping[str, Municipality]
    profiles: str | None = None
    """The file with what comes to queues on ordinary days, as seen from the catalogue's; none
    where nothing has been learnt."""

    def with_profiles(self, profiles: Mapping[str, Mapping[str, Profile]]) -> "Catalogue":
        """Return the catalogue with the profiles of its queues, by municipality and queue.

        Those of municipalities and queues that it doesn't have are left.
        """
        return replace(
            self,
            municipalities=MappingProxyType(
                {
                    id_: _with_profiles(its, profiles.get(id_, {}))
                    for id_, its in self.municipalities.items()
                }
            ),
        )


def _with_profiles(municipality: Municipality, profiles: Mapping[str, Profile]) -> Municipality:
    queues = {
        id_: replace(queue, profile=profiles.get(id_))
        for id_, queue in municipality.queues.items()
    }
    return replace(municipality, queues=MappingProxyType(queues))


def targets_on(queue: Queue, day: date) -> tuple[ServiceTarget, ...]:
    """Return the promises of a queue that hold on a day, local to its municipality."""
    return tuple(target for target in queue.targets if target.is_valid_on(day))
