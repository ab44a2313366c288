"""Our own contacts in KKiK's time classes: not KKiK's measure, which is made from outside."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from reports.exports.tables import Column, DataTable, Value
from reports.figures import Figures
from streams.domain.catalogue import Municipality
from streams.domain.measures import version_on
from streams.domain.swedish import deadline

TITLE: Final = "Egen mätning i KKiK:s tidsklasser"
CLASSES: Final = {
    "within_1_min": "inom 1 minut",
    "within_2_min": "efter 1–2 minuter",
    "later": "senare",
    "not_answered": "inget svar",
}
PHONE, TRANSFERS, MAIL = "telefon", "kopplade", "frågor"
COLUMNS: Final = (
    Column("månad", "string", "Månaden, som 2025-03"),
    Column("mått", "string", "Vad som mäts: telefon är första svar av en människa; kopplade är "
           "svar inom 60 sekunder efter första kopplingen; frågor är skriftliga, besvarade i tid",
           (PHONE, TRANSFERS, MAIL)),
    Column("klass", "string", "Tidsklass; av frågor löftets gräns och id"),
    Column("antal", "integer", "Hur många som hör till klassen"),
    Column("av", "integer", "Hur många som är avgjorda i allt"),
    Column("andel", "number", "antal / av; tomt av inga"),
)  # fmt: skip


def kkik(municipality: Municipality, months: Mapping[str, Figures]) -> DataTable:
    """Return the classes of each month."""
    title = f"{TITLE}, {municipality.name}"
    return DataTable(
        "kkik", title, COLUMNS, _rows(municipality, months), ("månad", "mått", "klass")
    )


def _rows(
    municipality: Municipality, months: Mapping[str, Figures]
) -> Iterator[tuple[Value, ...]]:
    for month, figures in months.items():
        for key, said in CLASSES.items():
            root = f"contacts.kkik.contacts.{key}"
            yield _row(month, PHONE, said, figures, root, "count", "n")
        root = "contacts.kkik.after_transfer"
        yield _row(month, TRANSFERS, "inom 60 sekunder", figures, root, "count", "n")
        first = date.fromisoformat(f"{month}-01")
        for id_, versions in municipality.targets.items():
            root = f"questions.promises.{id_}.windows.asked"
            limit = (version_on(versions, first) or versions[-1]).limit
            if limit is None or not figures.count(f"{root}.decided"):
                continue
            said = f"inom {deadline(limit.count, limit.unit)} ({id_})"
            yield _row(month, MAIL, said, figures, root, "due.in_time", "decided")


def _row(  # noqa: PLR0917 - a row of a table
    month: str, measure: str, said: str, figures: Figures, root: str, part: str, whole: str
) -> tuple[Value, ...]:
    number, of = figures.count(f"{root}.{part}"), figures.count(f"{root}.{whole}")
    return (month, measure, said, number, of, number / of if of else None)
