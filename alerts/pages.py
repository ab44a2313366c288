"""How often a team lead is told at once: so many times a day, and then what is held back is said.

What wakes people too often is turned off by them. From then on the supervisor is told of what the
team lead would have been.

Source: docs/decisions/0015-alerts.md.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from alerts import wording
from alerts.expressions import all_of, any_of, but_not
from alerts.promise import Promise
from alerts.rule import Rule, Tier
from streams.domain.catalogue import Alerts, Municipality

MOST: Final = 3
WITHIN: Final = "12h"
"""So many in so long a time: a day at work."""
CAP: Final = "LarmTak"
CAP_SECONDS: Final = 30
"""For so long it has held before it is told: so that the last page goes out first."""
MINUTES: Final[Mapping[str, int]] = MappingProxyType({"Akut": 3, "KoVaxer": 1})
"""The alerts that wake, and for how many minutes each holds before it does."""
TIERS: Final[tuple[Tier, ...]] = ("akut", "ko_vaxer")


def caps(municipality: Municipality, alerts: Alerts) -> Iterator[Rule]:
    """Yield the rules that say that a team's lead has been told often enough."""
    for team in alerts.teams:
        teams = same_lead(alerts, team)
        now, before = (_told(municipality.id, teams, offset) for offset in ("", " offset 1m"))
        # What is held back isn't told, so that it doesn't count.
        capped = f"{_cap(municipality.id, team, firing=True)} offset 1m"
        begun = f"{now}\nunless {before}\nunless on (municipality) {capped}"
        often = f"sum by (municipality) (count_over_time((\n{begun}\n)[{WITHIN}:1m])) >= {MOST}"
        labels = {"tier": "tak", "municipality": municipality.id, "team": team}
        words = wording.of_cap(municipality, MOST, alerts)
        yield Rule(CAP, often, f"{CAP_SECONDS}s", "0s", labels, words)


def same_lead(alerts: Alerts, team: str) -> list[str]:
    """Return the teams that are led by the same: who leads two is one person."""
    lead = alerts.teams[team].lead
    return [name for name, its in alerts.teams.items() if its.lead == lead]


def _told(municipality: str, teams: list[str], offset: str) -> str:
    """Return the queues that their lead is told of, once for each alert."""
    firing = "|".join(MINUTES)
    return (
        f'max by (alertname, municipality, queue) (ALERTS{{alertname=~"{firing}", '
        f'alertstate="firing", municipality="{municipality}", team=~"{"|".join(teams)}"}}{offset})'
    )


def _cap(municipality: str, team: str, *, firing: bool) -> str:
    """Return the series of a cap: while it fires, or when it began to be pending (seconds)."""
    labels = {"alertname": CAP, "municipality": municipality, "team": team}
    matched = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    if firing:
        return f'ALERTS{{{matched}, alertstate="firing"}}'
    return f"ALERTS_FOR_STATE{{{matched}}}"


def held_back(promise: Promise, is_open: str) -> Rule:
    """Return what is told of an alert that began when its receiver had been told enough."""
    of_cap = promise.municipality.id, promise.team
    branches = []
    for alert, minutes in MINUTES.items():
        fired = f"max by (municipality, queue, target) ({promise.began(alert)} + {60 * minutes})"
        capped = f"({_cap(*of_cap, firing=False)} + {CAP_SECONDS})"
        later = f"{fired} >= on (municipality) group_left () {capped}"
        branches.append(
            f"{all_of(later, promise.firing(alert), is_open)}\n"
            f"and on (municipality) {_cap(*of_cap, firing=True)}"
        )
    return promise.rule("tillbakahallet", "LarmHallsTillbaka", any_of(*branches))


def but_held_back(promise: Promise, expr: str) -> str:
    """Return where a condition holds, and no alert of the promise was held back lately."""
    held = f"max_over_time({promise.firing('LarmHallsTillbaka')}[30m])"
    return but_not(expr, held)
