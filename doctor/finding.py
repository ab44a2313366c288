"""What has been found: of what, how it is, what was seen, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """How something is."""

    OK = "ok"
    WRONG = "wrong"
    """Somebody must act."""
    SOON = "soon"
    """It works; somebody should act before it does not."""
    UNTRIED = "untried"
    """It could not be told, and why is said."""


CHECKS: Final = {
    "catalogue": "Katalogen",
    "program": "Programmet",
    "clock": "Klockan",
    "disk": "Disken",
    "files": "Öppna filer",
    "kafka": "Kafka",
    "topics": "Ämnena",
    "events": "Händelserna",
    "workers": "Räknarna",
    "group": "Räknarnas grupp",
    "partitions": "Partitionerna",
    "worker-catalogue": "Räknarnas katalog",
    "sources": "Källorna",
    "database": "Arkivet",
    "archive-group": "Arkivets grupp",
    "copies": "Kopiorna",
    "prometheus": "Prometheus",
    "scraping": "Hämtningen",
    "tasks": "Jobben",
    "rules": "Larmens regler",
    "alertmanager": "Alertmanager",
    "receivers": "Mottagarna",
}
"""What is looked at, by what it is called; causes stand before what comes of them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What has been found of one thing. A line of what was seen, and lines of what to do."""

    check: str
    """One of :data:`CHECKS`."""
    verdict: Verdict
    seen: str
    do: tuple[str, ...] = ()


def ok(check: str, seen: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(check, Verdict.OK, seen)


def wrong(check: str, seen: str, *do: str) -> Finding:
    """Return that something is wrong, and what to do."""
    return Finding(check, Verdict.WRONG, seen, do)


def soon(check: str, seen: str, *do: str) -> Finding:
    """Return that something will be wrong, or may be, and what to do."""
    return Finding(check, Verdict.SOON, seen, do)


def untried(check: str, why: str) -> Finding:
    """Return that something could not be told, and why."""
    return Finding(check, Verdict.UNTRIED, why)


def as_said(check: str, line: str, verdict: Verdict = Verdict.WRONG) -> Finding:
    """Return the finding of a line that says ``what is wrong: what to do``, as all of ours do."""
    seen, _, do = line.partition(": ")
    return Finding(check, verdict, seen, (do,) if do else ())


def in_order(findings: list[Finding]) -> list[Finding]:
    """Return findings with causes before what comes of them; of one thing, as they were found."""
    places = {check: place for place, check in enumerate(CHECKS)}
    return sorted(findings, key=lambda one: places[one.check])
