"""What the archive holds of a period, as files that a person can read: for who asks for records.

All facts that began in the period, a file for each table, in a zip with a description. Callers'
pseudonyms are left out: they say nothing to whoever gets them, and are the closest thing to
personal data that there is.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from streams.archive import schema
from streams.archive.rows import CHANNELS, read, written
from streams.domain import words
from streams.domain.cases.life import FACT_BITS as CASE_BITS
from streams.domain.cases.life import FACT_MASK as CASE_MASK
from streams.domain.cases.life import What
from streams.domain.catalogue import Municipality
from streams.domain.event_types import CHANNELS as ALL_CHANNELS
from streams.domain.instants import moment
from streams.domain.phone.legs import (
    ORIGINS,
    OUTCOME_BITS,
    OUTCOME_MASK,
    TALK_BITS,
    Outcome,
)
from streams.domain.questions.facts import FACT_BITS, FACT_MASK, Fact
from streams.spreadsheet_text import harmless

AT_ONCE: Final = 20_000
DESCRIPTION: Final = "LÄS MIG.txt"
_ORIGINS: Final = {
    ORIGINS["external"]: "utifrån",
    ORIGINS["internal"]: "internt",
    ORIGINS["unknown"]: "okänt",
}
_LEFT: Final = {
    Outcome.ABANDONED: "lade på",
    Outcome.OVERFLOWED: "gick vidare",
    Outcome.REFUSED: "nekades",
    Outcome.CLOSED: "kön stängde",
    Outcome.CALLBACK: "bad om uppringning",
}
_OF_QUESTIONS: Final = {
    Fact.FOLLOWED_UP: "skrev igen",
    Fact.AUTO_REPLIED: "fick autosvar",
    Fact.FORWARDED: "skickades vidare",
    Fact.ANSWERED: "besvarades",
    Fact.ANSWERED_OTHERWISE: "besvarades på annat sätt",
    Fact.NO_ANSWER_NEEDED: "behövde inget svar",
    Fact.SPAM: "var skräppost",
    Fact.BOUNCE: "var en studs",
    Fact.REOPENED: "öppnades igen",
}
_OF_CASES: Final = {
    What.OPENED: "öppnades",
    What.CONTACTED: "invånaren hörde av sig",
    What.HANDED_OVER: "överlämnades",
    What.FEEDBACK: "besked gavs",
    What.BY_CENTRE: "blev klart i kundtjänst",
    What.BY_ADMINISTRATION: "blev klart hos en förvaltning",
    What.REOPENED: "öppnades igen",
}

Row = Sequence[Any]
Told = Callable[[Row, tzinfo], Sequence[str]]


@dataclass(frozen=True, slots=True)
class _File:
    """A table as it is told: its columns, and how a row is put in words."""

    table: Table
    name: str
    about: str
    columns: tuple[str, ...]
    told: Told


def _at(instant: int | None, zone: tzinfo) -> str:
    if instant is None:
        return ""
    return moment(instant).astimezone(zone).isoformat()


def _edition(edition: int, zone: tzinfo) -> str:
    return "" if edition == schema.NEVER_RESTATED else _at(edition, zone)


def _leg(row: Row, zone: tzinfo) -> Sequence[str]:
    _, arrived, queue, contact, answered, left, reached, ended, _, origin = row
    how = "" if left is None else _LEFT[Outcome(left & OUTCOME_MASK)]
    return (
        _at(arrived, zone),
        read(queue),
        read(contact),
        _at(answered, zone),
        _at(None if left is None else left >> OUTCOME_BITS, zone),
        how,
        _at(reached, zone),
        _at(None if ended is None else ended >> TALK_BITS, zone),
        "" if ended is None else ("ja" if ended & 1 == 0 else "nej"),
        "" if origin is None else _ORIGINS[origin],
    )


def _question(row: Row, zone: tzinfo) -> Sequence[str]:
    _, received, queue, subject, edition, channel = row
    return (
        _at(received, zone), read(queue), read(subject), _edition(edition, zone),
        words.CHANNELS[CHANNELS[channel]],
    )  # fmt: skip


def _question_fact(row: Row, zone: tzinfo) -> Sequence[str]:
    _, received, queue, subject, edition, fact = row
    return (
        _at(received, zone), read(queue), read(subject), _edition(edition, zone),
        _at(fact >> FACT_BITS, zone), _OF_QUESTIONS[Fact(fact & FACT_MASK)],
    )  # fmt: skip


def _case(row: Row, zone: tzinfo) -> Sequence[str]:
    _, opened, queue, subject, edition, stated = row
    return (
        _at(opened, zone), read(queue), read(subject), _edition(edition, zone),
        "" if stated is None else words.CHANNELS[ALL_CHANNELS[stated & CASE_MASK]],
    )  # fmt: skip


def _case_fact(row: Row, zone: tzinfo) -> Sequence[str]:
    _, opened, queue, subject, edition, fact, administration = row
    return (
        _at(opened, zone), read(queue), read(subject), _edition(edition, zone),
        _at(fact >> CASE_BITS, zone), _OF_CASES[What(fact & CASE_MASK)], read(administration),
    )  # fmt: skip


def _case_contact(row: Row, zone: tzinfo) -> Sequence[str]:
    _, opened, queue, subject, edition, _, contacted = row
    return (
        _at(opened, zone), read(queue), read(subject), _edition(edition, zone),
        _at(contacted >> CASE_BITS, zone), words.CHANNELS[ALL_CHANNELS[contacted & CASE_MASK]],
    )  # fmt: skip


def _answer(row: Row, zone: tzinfo) -> Sequence[str]:
    _, answered, reply, question, _, grade = row
    return (_at(answered, zone), read(reply), read(question), str(grade))


def _staffed(row: Row, zone: tzinfo) -> Sequence[str]:
    _, stated, queue, people = row
    return (_at(stated, zone), read(queue), "" if people is None else str(people))


def _measure(row: Row, zone: tzinfo) -> Sequence[str]:
    _, measure, on, recorded, _, value, n, document = row
    return (
        read(measure),
        on,
        _at(recorded, zone),
        repr(value),
        str(n) if n else "",
        read(document),
    )


_ITEM: Final = ("kom", "kö", "id", "angavs på nytt")
FILES: Final = (
    _File(
        schema.leg, "samtal", "ett samtal i en kö",
        ("kom", "kö", "kontakt", "besvarades", "lämnade kön", "hur", "ringdes upp",
         "samtalet slutade", "kopplades", "ursprung"),
        _leg,
    ),
    _File(
        schema.question, "fragor", "en fråga, en gång för varje brevlåda och gång den angavs",
        (*_ITEM, "kanal"), _question,
    ),
    _File(
        schema.question_fact, "fragornas-handelser", "något som hände med en fråga",
        (*_ITEM, "när", "vad"), _question_fact,
    ),
    _File(
        schema.case, "arenden", "ett ärende, en gång för varje gång det angavs",
        (*_ITEM, "kanal"), _case,
    ),
    _File(
        schema.case_fact, "arendenas-handelser", "något som hände med ett ärende",
        (*_ITEM, "när", "vad", "förvaltning"), _case_fact,
    ),
    _File(
        schema.case_contact, "arendenas-kontakter", "att invånaren hörde av sig igen",
        (*_ITEM, "när", "kanal"), _case_contact,
    ),
    _File(
        schema.survey_answer, "enkatsvar", "ett svar på en fråga i enkäten",
        ("när", "enkät", "fråga", "betyg"), _answer,
    ),
    _File(
        schema.staffed, "bemanning", "hur många som svarade i en kö, tills något annat angavs",
        ("från", "kö", "antal"), _staffed,
    ),
    _File(
        schema.measure, "andras-matningar", "ett värde som någon annan mätt",
        ("mått", "gäller", "skrevs in", "värde", "antal", "källa"), _measure,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disclosed:
    """The stretch of time ``[start, end)`` that is asked for, and what it is called."""

    said: str
    start: int
    end: int


def disclose(
    connection: Connection,
    municipality: Municipality,
    period: Disclosed,
    file: IO[bytes],
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Write all that began in a period to a zip; return how many rows each file has.

    The same rows give the same bytes.
    """
    counts: dict[str, int] = {}
    with ZipFile(file, "w", ZIP_DEFLATED) as zipped:
        for its in FILES:
            progress(its.name)
            with zipped.open(_entry(f"{its.name}.csv"), "w", force_zip64=True) as entry:
                counts[its.name] = _write(connection, municipality, its, period, entry)
        zipped.writestr(_entry(DESCRIPTION), _description(municipality, period.said, counts))
    return counts


def _entry(name: str) -> ZipInfo:
    its = ZipInfo(name)  # with no time of its own
    its.compress_type = ZIP_DEFLATED
    its.external_attr = 0o644 << 16
    return its


def _write(
    connection: Connection,
    municipality: Municipality,
    its: _File,
    period: Disclosed,
    entry: IO[bytes],
) -> int:
    text = io.TextIOWrapper(entry, "utf-8-sig", newline="", write_through=False)
    rows = csv.writer(text, delimiter=";", lineterminator="\r\n")
    rows.writerow(its.columns)
    number = 0
    for row in _rows(connection, municipality, its.table, period):
        rows.writerow(map(harmless, its.told(row, municipality.zone)))
        number += 1
    text.flush()
    text.detach()
    return number


def _rows(
    connection: Connection, municipality: Municipality, table: Table, period: Disclosed
) -> Iterator[Row]:
    began = schema.BEGAN[table]
    asked = (
        select(table)
        .where(table.c.municipality == written(municipality.id))
        .where(began >= period.start)
        .where(began < period.end)
        .order_by(*table.primary_key.columns)
    )
    streamed = connection.execution_options(yield_per=AT_ONCE).execute(asked)
    for part in streamed.partitions():
        yield from part


def _description(municipality: Municipality, said: str, counts: dict[str, int]) -> str:
    listed = "\r\n".join(
        f"  {its.name}.csv: {counts[its.name]} rader; varje rad är {its.about}" for its in FILES
    )
    return (
        f"Allt som svarsgrads arkiv har om {municipality.name}, och som började {said}.\r\n\r\n"
        f"{listed}\r\n\r\n"
        "Tiderna är kommunens, med avstånd till UTC. Kö och förvaltning är id i katalogen.\r\n"
        "Kontakt, id och enkät är nummer från källan, som inte säger vem någon är. Uppringares\r\n"
        "pseudonymer är inte med. Enkätsvar och bemanning är inte sammanräknade: enstaka\r\n"
        "svar, och att en enda person var på plats, syns. Arkivet har inga namn, nummer,\r\n"
        "adresser eller meddelanden.\r\n"
        "Pröva om något omfattas av sekretess innan filerna lämnas ut.\r\n"
    )
