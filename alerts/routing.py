"""From a catalogue to Alertmanager's routes: who is told of what, when, and what keeps still.

Each queue is told of by itself. Its hours are a second belt: the rules look at them too. Missing
data keeps all else of its queue still.

Source: docs/decisions/0015-alerts.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alerts.calendar import Times, times_of, weekly, weekly_name
from alerts.deadlines import NEWLY_SECONDS
from alerts.pages import CAP, TIERS, same_lead
from alerts.rule import Tier
from streams.domain.catalogue import Alerts, Catalogue, Municipality, Queue, Receiver
from streams.domain.catalogue.alerts_form import FUNCTIONS

DAY_FUNCTIONS: Final[dict[Tier, str]] = {
    "akut": "lead",
    "eskalering": "deputy",
    "over": "lead",
    "drift": "supervisor",
    "dagen_i_fara": "supervisor",
    "ko_vaxer": "lead",
    "tillbakahallet": "supervisor",
    "forfaller": "supervisor",
    "forfallet": "supervisor",
}
"""Tier → the function of the team that is told."""
_OF_DEADLINES: Final = ("forfaller", "forfallet")
TEMPLATES: Final = "svarsgrad.tmpl"
QUIET: Final = {"send_resolved": False}
"""Of what is over people are told by a rule of its own, with figures of then."""
WATCHDOG_SECONDS: Final = 290
"""So often the dead man's switch is told that alerts work: each fifth minute, when groups are."""
REPEATED: Final[Mapping[str, str]] = {"lead": "1h", "deputy": "1h"}
"""How soon who is to act at once is reminded of what goes on; others after half a day.

Alertmanager forgets what has ended while it was kept still, by a silence or a cap or after
closing, and takes what begins anew for what it has told: for so long at most.
"""
_EACH_CASE: Final = {
    "group_wait": "90s",
    "group_interval": f"{NEWLY_SECONDS}s",
    "repeat_interval": f"{NEWLY_SECONDS - 60}s",
}
"""Each case is told, and once: the first within two minutes, with all that are overdue by then.

Whatever came later is still new when the group is looked at again; what has been told is not.
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """How mail is sent."""

    smarthost: str
    sender: str
    username: str | None = None
    password_file: str | None = None
    require_tls: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What is told to whom that no catalogue says."""

    mail: Mail
    watchdog: str | None = None
    """Where the dead man's switch listens."""
    with_teams: bool = False
    """Whether Alertmanager is new enough for Microsoft Teams (0.28)."""


def alertmanager_config(catalogue: Catalogue, told: Told, first_year: int) -> dict[str, Any]:
    """Return Alertmanager's configuration as plain data.

    ``first_year`` is the year from which on closed days are written, for two years.
    """
    municipalities = [its for its in catalogue.municipalities.values() if its.alerts is not None]
    times = {its.id: times_of(its, first_year) for its in municipalities}
    return {
        "global": _mail(told.mail),
        "templates": [TEMPLATES],
        "route": {
            "receiver": "ingen",
            "group_by": ["alertname", "municipality", "queue"],
            "group_wait": "10s",
            "group_interval": "1m",
            "repeat_interval": "12h",
            "routes": [
                _watchdog_route(told),
                *(_route(its, times[its.id]) for its in municipalities),
            ],
        },
        "receivers": [
            {"name": "ingen"},
            *_watchdog_receiver(told),
            *(
                receiver
                for municipality in municipalities
                for receiver in _receivers(municipality, told)
            ),
        ],
        "inhibit_rules": _inhibitions(),
        "time_intervals": [
            *_intervals(its for of_queues in times.values() for its in of_queues.values()),
            *map(weekly, municipalities),
        ],
    }


def _intervals(times: Iterable[Times]) -> list[dict[str, Any]]:
    """Return each interval once."""
    found = {}
    for its in times:
        for interval in (its.opened(), its.closed()):
            if interval is not None:
                found[interval["name"]] = interval
    return list(found.values())


def receiver_name(municipality: str, team: str | None, function: str) -> str:
    """Return what a function's receiver is called."""
    return f"{municipality}-{team}-{function}" if team else f"{municipality}-{function}"


def _mail(mail: Mail) -> dict[str, Any]:
    found: dict[str, Any] = {
        "smtp_smarthost": mail.smarthost,
        "smtp_from": mail.sender,
        "smtp_require_tls": mail.require_tls,
    }
    if mail.username:
        found["smtp_auth_username"] = mail.username
        found["smtp_auth_password_file"] = mail.password_file
    return found


def _watchdog_route(told: Told) -> dict[str, Any]:
    return {
        "matchers": ['tier="watchdog"'],
        "receiver": "watchdog" if told.watchdog else "ingen",
        "group_wait": "0s",
        "group_interval": "1m",
        "repeat_interval": f"{WATCHDOG_SECONDS}s",
    }


def _watchdog_receiver(told: Told) -> list[dict[str, Any]]:
    if told.watchdog is None:
        return []
    return [
        {
            "name": "watchdog",
            "webhook_configs": [{"url": told.watchdog, **QUIET}],
        }
    ]


def _route(municipality: Municipality, times: Mapping[str, Times]) -> dict[str, Any]:
    operations = receiver_name(municipality.id, None, "operations")
    return {
        "matchers": [f'municipality="{municipality.id}"'],
        "receiver": operations,
        "routes": [
            {
                "matchers": ['tier=~"data_saknas|arkiv|jobb"'],
                "receiver": operations,
                "group_by": ["alertname", "municipality"],  # of one source often several queues
            },
            *_team_routes(municipality),
            *(
                route
                for queue in municipality.queues.values()
                if municipality.alerts is not None and queue.targets and queue.kind != "partner"
                for route in _queue_routes(
                    municipality, municipality.alerts, queue, times.get(queue.id)
                )
            ),
        ],
    }


def _team_routes(municipality: Municipality) -> Iterator[dict[str, Any]]:
    """Yield who is told of a team as a whole: of all its queues together, or of nobody's."""
    if municipality.alerts is None:
        return
    for team in municipality.alerts.teams:
        is_first = same_lead(municipality.alerts, team)[0] == team
        yield {
            "matchers": ['tier="tak"', f'team="{team}"'],
            # Who leads several teams is told once.
            "receiver": receiver_name(municipality.id, team, "lead") if is_first else "ingen",
            "group_by": ["alertname", "municipality", "team"],
        }
        yield {
            "matchers": ['tier="veckobrev"', f'team="{team}"'],
            "receiver": receiver_name(municipality.id, team, "head"),
            "group_by": ["municipality", "team", "tier"],
            "active_time_intervals": [weekly_name(municipality.id)],
            "repeat_interval": "24h",
        }


def _queue_routes(
    municipality: Municipality, alerts: Alerts, queue: Queue, times: Times | None
) -> Iterator[dict[str, Any]]:
    if queue.team is None or queue.team not in alerts.teams:
        return
    # Those that a promise names are told first, and then those that are told anyway.
    for number, function in enumerate(alerts.teams[queue.team].functions):
        told = {target.id for target in queue.last_versions if function in target.tells}
        if told:
            yield {
                "matchers": [
                    f'queue="{queue.id}"',
                    f'tier="{_broken(queue)}"',
                    f'target=~"{"|".join(sorted(told))}"',
                ],
                "receiver": receiver_name(municipality.id, queue.team, f"function-{number + 1}"),
                **(_EACH_CASE if queue.kind == "cases" else {}),
                "continue": True,
            }
    tiers: dict[tuple[str, bool], list[Tier]] = {}
    for tier, function in DAY_FUNCTIONS.items():
        if queue.is_phone is not (tier in _OF_DEADLINES):
            tiers.setdefault((function, tier == "forfallet"), []).append(tier)
    for (function, is_at_any_hour), its in tiers.items():
        route: dict[str, Any] = {
            "matchers": [f'queue="{queue.id}"', f'tier=~"{"|".join(its)}"'],
            "receiver": receiver_name(municipality.id, queue.team, function),
        }
        if function in REPEATED:
            route["repeat_interval"] = REPEATED[function]
        if times is not None and not is_at_any_hour:
            route["active_time_intervals"] = [times.name]
            if times.closed() is not None:
                route["mute_time_intervals"] = [times.closed_name]
        yield route


def _broken(queue: Queue) -> Tier:
    """Return in which tier it is told at once that a promise of a queue is broken."""
    return "besked" if queue.kind == "cases" else "forfallet"


def _receivers(municipality: Municipality, told: Told) -> Iterator[dict[str, Any]]:
    alerts = municipality.alerts
    if alerts is None:
        return
    yield _receiver(receiver_name(municipality.id, None, "operations"), alerts.operations, told)
    for team, its in alerts.teams.items():
        for function in FUNCTIONS:
            name = receiver_name(municipality.id, team, function)
            yield _receiver(name, getattr(its, function), told)
        for number, receiver in enumerate(its.functions.values()):
            name = receiver_name(municipality.id, team, f"function-{number + 1}")
            yield _receiver(name, receiver, told)


def _receiver(name: str, its: Receiver, told: Told) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name}
    if its.email:
        found["email_configs"] = [
            {
                "to": its.email,
                **QUIET,
                "headers": {"Subject": '{{ template "svarsgrad.subject" . }}'},
                "text": '{{ template "svarsgrad.text" . }}',
                "html": "",
            }
        ]
    if its.webhook:
        found["webhook_configs"] = [{"url": its.webhook, "send_resolved": True}]
    if its.teams and told.with_teams:
        found["msteamsv2_configs"] = [
            {
                "webhook_url": its.teams,
                **QUIET,
                "title": '{{ template "svarsgrad.subject" . }}',
                "text": '{{ template "svarsgrad.text" . }}',
            }
        ]
    return found


def _inhibitions() -> list[dict[str, Any]]:
    return [
        {
            "source_matchers": ['alertname="IngaSiffror"'],
            "target_matchers": ['tier!~"data_saknas|arkiv|jobb|watchdog"'],
            "equal": ["municipality"],
        },
        {
            "source_matchers": ['alertname="DataSaknas"'],
            "target_matchers": ['tier!~"data_saknas|arkiv|jobb|watchdog"'],
            "equal": ["municipality", "queue"],
        },
        {
            "source_matchers": [f'alertname="{CAP}"'],
            "target_matchers": [f'tier=~"{"|".join(TIERS)}"'],
            "equal": ["municipality", "team"],
        },
        {
            "source_matchers": ['alertname="DagenForlorad"'],
            "target_matchers": ['alertname="DagenIFara"'],
            "equal": ["municipality", "queue", "target"],
        },
    ]
