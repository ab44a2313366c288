"""What is wrong with who is told of what: a team that nobody is told of, promises at odds."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from streams.domain.catalogue.alerts_form import FUNCTIONS
from streams.domain.catalogue.document import Document, Path

_WAYS: Final = ("email", "webhook", "teams")


def review(document: Document, here: Path, municipality: Mapping[str, Any]) -> None:
    """Blame receivers that can't be told anything, and teams with promises that have none."""
    alerts = municipality.get("alerts")
    if not isinstance(alerts, dict):
        return
    for path, receiver in _receivers((*here, "alerts"), alerts):
        if not any(receiver.get(way) for way in _WAYS):
            document.blame(path, "ingen väg dit; skriv till exempel email: vaxel@example.org")
    told = _dict(alerts.get("teams"))
    teams = _dict(municipality.get("teams"))
    for name in told:
        if name not in teams:
            message = f"teamet {name} finns inte; lägg till det under teams, eller ta bort det"
            document.blame((*here, "alerts", "teams", name), message)
    for queue, its in _dict(municipality.get("queues")).items():
        team = its.get("team") if isinstance(its, dict) else None
        if not isinstance(team, str) or team not in teams or not its.get("targets"):
            continue
        if team not in told:
            message = (
                f"ingen mottagare för {team}, som svarar i {queue}; skriv {team}: {{lead: …, "
                "supervisor: …} här"
            )
            document.blame((*here, "alerts", "teams"), message)
            continue
        functions = _dict(_dict(told[team]).get("functions"))
        for target, function in _functions_told(municipality, its["targets"]):
            if function not in functions:
                message = (
                    f"ingen mottagare för {function}, som {target} ska larma; skriv "
                    f"functions: {{{function}: {{email: …}}}}"
                )
                document.blame((*here, "alerts", "teams", team), message)


def review_targets(document: Document, here: Path, municipality: Mapping[str, Any]) -> None:
    """Blame promises of a queue that contradict each other: one limit, two goals, at a time."""
    for queue, its in _dict(municipality.get("queues")).items():
        names = its.get("targets") if isinstance(its, dict) else None
        seen: list[tuple[str, dict[str, Any]]] = []
        for at, name in enumerate(names if isinstance(names, list) else []):
            for version in _versions(municipality, name):
                for other, earlier in seen:
                    if other != name and _contradict(version, earlier):
                        message = (
                            f"{name} lovar {version['goal']} inom samma gräns som {other} lovar "
                            f"{earlier['goal']}; behåll det ena"
                        )
                        document.blame((*here, "queues", queue, "targets", at), message)
                seen.append((name, version))


def _functions_told(municipality: Mapping[str, Any], targets: Any) -> list[tuple[str, str]]:
    """Return the functions that promises tell when they are broken, each once, in order."""
    found = {
        (function, name): None
        for name in _list(targets)
        for version in _versions(municipality, name)
        for function in _list(version.get("tells"))
        if isinstance(function, str)
    }
    return [(name, function) for function, name in found]


def _contradict(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (
        one.get("measure") == other.get("measure") == "answered_within"
        and one.get("limit_seconds") == other.get("limit_seconds")
        and isinstance(one.get("goal"), int | float)
        and isinstance(other.get("goal"), int | float)
        and one["goal"] != other["goal"]
        and _begins(one) < _ends(other)
        and _begins(other) < _ends(one)
    )


def _begins(version: Mapping[str, Any]) -> date:
    begins = version.get("valid_from")
    return begins if isinstance(begins, date) else date.max


def _ends(version: Mapping[str, Any]) -> date:
    ends = version.get("valid_to")
    return ends if isinstance(ends, date) else date.max


def _versions(municipality: Mapping[str, Any], name: Any) -> list[dict[str, Any]]:
    written = _dict(municipality.get("targets")).get(name) if isinstance(name, str) else None
    listed = [written] if isinstance(written, dict) else written
    return [v for v in listed if isinstance(v, dict)] if isinstance(listed, list) else []


def _receivers(here: Path, alerts: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    places = [((*here, "operations"), alerts.get("operations"))]
    places += [
        ((*here, "teams", team, function), its.get(function))
        for team, its in _dict(alerts.get("teams")).items()
        if isinstance(its, dict)
        for function in FUNCTIONS
    ]
    places += [
        ((*here, "teams", team, "functions", function), receiver)
        for team, its in _dict(alerts.get("teams")).items()
        for function, receiver in _dict(_dict(its).get("functions")).items()
    ]
    for path, receiver in places:
        if isinstance(receiver, dict):
            yield path, receiver


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}
