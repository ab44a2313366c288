"""How often a person is told at once: so many times a day, and then what is held back is said.

What wakes people too often is turned off by them. From then on the supervisor is told of what the
team lead, or the deputy, would have been.

Source: docs/decisions/0015-alerts.md.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from alerts import wording
from alerts.expressions import all_of, any_of
from alerts.promise import Promise
from alerts.rule import Rule, Tier
from streams.domain.catalogue import Alerts, Municipality

MOST: Final = 3
WITHIN: Final = "12h"
"""A day: no queue that closes for the night is open on two days within it."""
CAP: Final = "LarmTak"
CAP_SECONDS: Final = 30
"""For so long it has held before it is told: so that the last page goes out first."""
PAGES: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {"lead": {"Akut": 180, "KoVaxer": 60}, "deputy": {"AkutUtanSvar": 600}}
)
"""Function → the alerts that it is told at once, and for how many seconds each holds before."""
TIERS: Final[Mapping[str, tuple[Tier, ...]]] = MappingProxyType(
    {"lead": ("akut", "ko_vaxer"), "deputy": ("eskalering",)}
)


def caps(municipality: Municipality, alerts: Alerts) -> Iterator[Rule]:
    """Yield the rules that say that a function of a team has been told often enough."""
    for team, receivers in alerts.teams.items():
        for function, names in PAGES.items():
            person = getattr(receivers, function)
            # Who leads two teams is one person.
            teams = [
                name for name, its in alerts.teams.items() if getattr(its, function) == person
            ]
            began = (
                f"{_pages(municipality.id, teams, list(names))}\n"
                f"unless\n{_pages(municipality.id, teams, list(names), ' offset 1m')}"
            )
            # Of two promises of a queue that begin in the same minute one message tells.
            begun = f"max by (alertname, municipality, queue) (\n{began}\n)"
            often = f"sum by (municipality) (count_over_time({begun}[{WITHIN}:1m])) >= {MOST}"
            yield Rule(
                CAP,
                often,
                f"{CAP_SECONDS}s",
                "0s",
                {
                    "tier": "tak",
                    "municipality": municipality.id,
                    "team": team,
                    "function": function,
                },
                wording.of_cap(CAP, municipality, team, MOST, alerts),
            )


def _pages(municipality: str, teams: list[str], alerts: list[str], offset: str = "") -> str:
    """Return the alerts that fire and are told; a queue that grows is not while it is acute."""

    def firing(alert: str) -> str:
        return (
            f'ALERTS{{alertname="{alert}", alertstate="firing", municipality="{municipality}", '
            f'team=~"{"|".join(teams)}"}}{offset}'
        )

    first, *others = alerts
    hidden = [
        f"({firing(other)} unless on (municipality, queue) {firing(first)})" for other in others
    ]
    return f"({' or '.join([firing(first), *hidden])})"


def held_back(promise: Promise, is_open: str) -> Rule:
    """Return what is told of an alert that began when its receiver had been told enough."""
    branches = []
    for function, alerts in PAGES.items():
        labels = {
            "alertname": CAP,
            "municipality": promise.municipality.id,
            "team": promise.team,
            "function": function,
        }
        cap = ", ".join(f'{name}="{value}"' for name, value in labels.items())
        for alert, seconds in alerts.items():
            fired = f"max by (municipality, queue, target) ({promise.began(alert)} + {seconds})"
            capped = f"(ALERTS_FOR_STATE{{{cap}}} + {CAP_SECONDS})"
            later = f"{fired} >= on (municipality) group_left () {capped}"
            firing_cap = f'ALERTS{{{cap}, alertstate="firing"}}'
            branches.append(
                f"{all_of(later, promise.firing(alert), is_open)}\n"
                f"and on (municipality) {firing_cap}"
            )
    return promise.rule("tillbakahallet", "LarmHallsTillbaka", any_of(*branches))
