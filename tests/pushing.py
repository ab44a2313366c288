"""A system that pushes events, for tests: its catalogue, its tokens, and what it sends."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from producers.intake.grants import TYPES, Grant, digest_of, line_of
from streams.domain.catalogue import Catalogue, load_catalogue

CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: alltid
    hours: {alltid: {week: {mon-sun: "00:00-24:00"}}}
    teams: {alla: {name: Alla}}
    administrations: {teknik: {name: Teknik}}
    promises: [nojda]
    targets:
      nojda: {name: Nöjda, measure: satisfied, questions: [bemotande], goal: 0.7,
        valid_from: 2014-01-01, source: Prov}
    sources:
      ace: {name: ACE, queues: [vaxel, teknik]}
      arenden: {name: Ärenden, queues: [epost, arenden]}
    queues:
      vaxel: {name: Växeln, kind: switchboard, team: alla}
      teknik: {name: Teknik, kind: customer_centre, team: alla}
      epost: {name: E-post, kind: mailbox}
      arenden: {name: Ärenden, kind: cases}
"""
TWO = CATALOGUE + CATALOGUE.partition("municipalities:\n")[2].replace("lulea", "boden")
KEY = b"\7" * 32
DUMMY = "svg_prov"
NUMBER = "08-465 004 17"
"""A number that is nobody's."""


def catalogue(text: str = CATALOGUE) -> Catalogue:
    return load_catalogue(text, "katalog.yaml")


def grant(source: str = "ace", *, token: str = DUMMY, **more: Any) -> Grant:
    its = catalogue().municipalities["lulea"]
    found = its.sources[source]
    given = {"types": frozenset(TYPES.values()), "queues": frozenset(found.queues)} | more
    return Grant(digest=digest_of(token), municipality=its, source=found, **given)


def tokens_file(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("tokens:\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    path.chmod(0o640)
    return path


def token_line(
    token: str, source: str = "ace", municipality: str | None = None, **more: Any
) -> str:
    return line_of(token, source, municipality, **({"types": ["*"]} | more))


def call(
    number: object = 1, what: str = "offered", *, at: datetime | None = None, **data: Any
) -> dict[str, Any]:
    """Return an event about a call as a telephone system would push it."""
    when = at or datetime.now(UTC)
    began = when - timedelta(seconds=0 if what == "offered" else 12)
    return {
        "specversion": "1.0",
        "id": f"{number}/{what}",
        "source": "/telefoni",
        "type": f"se.svarsgrad.call.{what}.v1",
        "subject": f"{number}",
        "time": when.isoformat(),
        "partitionkey": "lulea",
        "data": {"queue": "vaxel", "arrived_at": began.isoformat(), **data},
    }


def case(
    number: object = "2026-01234", what: str = "opened", *, at: datetime | None = None, **data: Any
) -> dict[str, Any]:
    """Return an event about a case as a system of cases would push it."""
    when = (at or datetime.now(UTC)).isoformat()
    return call(number, what) | {
        "type": f"se.svarsgrad.case.{what}.v1",
        "time": when,
        "data": {"queue": "arenden", "opened_at": when, "channel": "phone", **data},
    }
