"""What is to be said of Alertmanager: whom it tells, and whether it could."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from alerts.routing import Mail, Told, alertmanager_config
from doctor.finding import Finding, as_said, ok, soon, untried, wrong
from doctor.seen import AlertmanagerSeen, Failed
from streams.domain.catalogue import Catalogue
from streams.domain.swedish import counted, listed

AHEAD: Final = timedelta(days=60)
"""Days that are closed are to be known so long before."""
RENDER: Final = (
    "gör filerna med rules render (docs/alerts.md), lägg dem hos Alertmanager, och ladda om den"
)
_NOT_OURS: Final = frozenset({"ingen", "watchdog"})


def judge_alertmanager(seen: AlertmanagerSeen | Failed, address: str) -> Iterator[Finding]:
    """Yield whether it answers, and whether what it sent arrived."""
    if isinstance(seen, Failed):
        yield as_said("alertmanager", seen.line)
        yield untried("receivers", "Alertmanager svarar inte")
        return
    yield ok("alertmanager", f"{address} svarar: version {seen.version}")
    if seen.failed:
        yield soon(
            "alertmanager",
            f"{seen.failed} av {counted(seen.sent, 'utskick', 'utskick')} har inte gått fram "
            "sedan den startade",
            "se dess logg: är det posten som inte tar emot, prova --smtp och lösenordet",
        )


def judge_receivers(
    seen: AlertmanagerSeen, catalogue: Catalogue, today: date
) -> Iterator[Finding]:
    """Yield whether it tells those that the catalogue says, of what it says, when it says."""
    has_teams = "msteamsv2_configs" in str(seen.configuration.get("receivers"))
    wanted = alertmanager_config(catalogue, Told(Mail("", ""), None, has_teams), today.year)
    faults = [
        *_receivers(wanted["receivers"], seen.configuration.get("receivers") or []),
        *_routes(wanted, seen.configuration),
        *_closed_days(wanted, seen.configuration, today),
    ]
    for line in faults:
        yield wrong("receivers", line, RENDER)
    if not faults:
        number = len(_addresses(wanted["receivers"]))
        yield ok("receivers", f"{counted(number, 'mottagare', 'mottagare')}, de i katalogen")


def _receivers(
    wanted: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    here, there = _addresses(wanted), _addresses(found)
    if missing := sorted(set(here) - set(there)):
        yield f"Alertmanager har inte {listed(missing[:3])}, som katalogen ger"
    if other := sorted(name for name in here if name in there and here[name] != there[name]):
        yield f"{listed(other[:3])} har andra adresser än i katalogen"


def _addresses(receivers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return by which ways, and to which mailboxes, each receiver is told.

    Links are secrets there, so they can't be compared.
    """
    return {
        its["name"]: (
            sorted(one["to"] for one in its.get("email_configs") or ()),
            len(its.get("webhook_configs") or ()),
            len(its.get("msteamsv2_configs") or ()),
        )
        for its in receivers
        if its["name"] not in _NOT_OURS
    }


def _routes(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    here, there = (_by_municipality(its.get("route") or {}) for its in (wanted, found))
    if different := sorted(name for name in here if here[name] != there.get(name)):
        yield f"vägarna till mottagarna är inte som katalogen ger dem ({', '.join(different)})"


def _by_municipality(route: Mapping[str, Any]) -> dict[str, Any]:
    return {
        matcher: _shape(its)
        for its in route.get("routes") or ()
        for matcher in its.get("matchers") or ()
        if matcher.startswith("municipality=")
    }


def _shape(route: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a route does, however it is written: who is told of what, and when."""
    return (
        tuple(sorted(route.get("matchers") or ())),
        route.get("receiver"),
        tuple(route.get("active_time_intervals") or ()),
        tuple(route.get("mute_time_intervals") or ()),
        bool(route.get("continue")),
        tuple(_shape(its) for its in route.get("routes") or ()),
    )


def _closed_days(
    wanted: Mapping[str, Any], found: Mapping[str, Any], today: date
) -> Iterator[str]:
    """Yield the first day, of those to come, on which it would tell or keep still wrongly."""
    here, there = (_days(its.get("time_intervals") or ()) for its in (wanted, found))
    near = {str(today + timedelta(days=n)) for n in range(AHEAD.days)}
    if different := sorted(day for _, day, _ in here ^ there if day in near):
        yield f"öppettiderna den {different[0]} är inte som i katalogen"


def _days(intervals: Sequence[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """Return which days are special, in which interval, and when."""
    return {
        (its["name"], f"{year}-{int(month):02}-{int(day):02}", str(_times(one)))
        for its in intervals
        for one in its.get("time_intervals") or ()
        for year in one.get("years") or ()
        for month in one.get("months") or ()
        for day in one.get("days_of_month") or ()
    }


def _times(interval: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(str(its["start_time"]), str(its["end_time"])) for its in interval.get("times") or ()]
