"""Facts as the books have them, and as rows of the archive's tables: there and back.

Text that PostgreSQL can't hold (NUL) is written otherwise, so that no two texts become one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Table

from streams.archive import schema
from streams.archive.schema import NEVER_RESTATED
from streams.domain.books import Books
from streams.domain.cases.copies import ORIGINAL, Copy
from streams.domain.instants import NEVER
from streams.domain.measures import Recorded
from streams.domain.questions.facts import FACT_BITS, FACT_MASK, Fact
from streams.domain.surveys import Answer

Row = tuple[Any, ...]
"""Values in the order of a table's columns."""
Rows = dict[Table, list[Row]]
CHANNELS: Final = ("e_service", "email")
"""Of a question; the first that is said of it counts, whatever came in between."""
_NUL, _SIGN = "\0", "\N{SYMBOL FOR NULL}"
_WRITTEN: Final = re.compile(f"{_SIGN}(.)", re.DOTALL)


def written(text: str) -> str:
    """Return text as it is stored."""
    if _NUL not in text and _SIGN not in text:
        return text
    return text.replace(_SIGN, _SIGN * 2).replace(_NUL, f"{_SIGN}0")


def read(text: str) -> str:
    """Return text as it was before it was stored."""
    if _SIGN not in text:
        return text
    return _WRITTEN.sub(lambda its: _NUL if its[1] == "0" else _SIGN, text)


def rows_of(municipality: str, books: Books) -> Rows:
    """Return all that the books of a municipality hold, but for heartbeats, as rows."""
    its = written(municipality)
    facts = books.copied_facts()
    rows: Rows = {table: [] for table in schema.FACTS}
    rows[schema.leg] = list(_legs(its, facts["calls"]))
    for (subject, restated, received, queue), known in facts["questions"]:
        edition = NEVER_RESTATED if restated is None else restated
        key = (its, received, written(queue), written(subject), edition)
        rows[schema.question].append((*key, CHANNELS.index(known["channel"])))
        rows[schema.question_fact] += [
            (*key, at << FACT_BITS | Fact[name]) for name, at in known["facts"]
        ]
    for (subject, restated, opened, queue), copy in facts["cases"]:
        edition = NEVER_RESTATED if restated is None else restated
        key = (its, opened, written(queue), written(subject), edition)
        rows[schema.case].append((*key, None if copy.stated == NEVER else copy.stated))
        rows[schema.case_fact] += [(*key, fact, written(to)) for fact, to in copy.facts]
        rows[schema.case_contact] += [
            (*key, written(event), contacted) for event, contacted in copy.contacts.items()
        ]
    for _, answers in facts["surveys"]:
        rows[schema.survey_answer] += [
            (its, one.at, written(one.reply), written(one.question), written(one.id), one.grade)
            for one in answers
        ]
    for (kind, name), stated in facts["presence"]:
        if kind == "staffed":
            rows[schema.staffed] += [(its, at, written(name), people) for at, people in stated]
    for (measure, on), recorded in facts["measures"]:
        rows[schema.measure] += [
            (its, written(measure), on.isoformat(), at, written(id_), value, n, written(document))
            for at, id_, value, n, document in recorded
        ]
    return rows


def _legs(
    municipality: str, facts: Iterable[tuple[tuple[str, str, int], Mapping[str, int]]]
) -> Iterator[Row]:
    for (contact, queue, arrived), known in facts:
        get = known.get
        yield (
            municipality, arrived, written(queue), written(contact), get("answered"), get("left"),
            get("reached"), get("ended"), get("caller"), get("origin"),
        )  # fmt: skip


_NAMES: Final = {fact.value: fact.name for fact in Fact}


def take(books: Books, rows: Mapping[Table, Iterable[Sequence[Any]]]) -> None:
    """Put rows of one municipality into its books, each of a table's whole columns in order."""
    take_leg = books.calls.take_row  # of legs there are very many; it has the columns' order
    for _, arrived, queue, contact, *values in rows.get(schema.leg, ()):
        if _SIGN in contact or _SIGN in queue:
            contact, queue = read(contact), read(queue)  # noqa: PLW2901 - as they were
        take_leg(contact, queue, arrived, values)
    for *key, channel in rows.get(schema.question, ()):
        books.questions.take(_identity(key), {"channel": CHANNELS[channel], "facts": ()})
    for *key, fact in rows.get(schema.question_fact, ()):
        named = (_NAMES[fact & FACT_MASK], fact >> FACT_BITS)
        books.questions.take(_identity(key), {"channel": CHANNELS[-1], "facts": (named,)})
    for *key, stated in rows.get(schema.case, ()):
        _take_case(books, key, stated=NEVER if stated is None else stated)
    for *key, fact, administration in rows.get(schema.case_fact, ()):
        _take_case(books, key, facts=frozenset({(fact, read(administration))}))
    for *key, event, contacted in rows.get(schema.case_contact, ()):
        _take_case(books, key, contacts={read(event): contacted})
    for _, at, reply, question, event, grade in rows.get(schema.survey_answer, ()):
        answer = Answer(read(reply), read(question), at, read(event), grade)
        books.surveys.take((answer.reply, answer.question), [answer])
    for _, at, queue, people in rows.get(schema.staffed, ()):
        books.presence.take(("staffed", read(queue)), [(at, people)])
    for _, measure, on, at, event, value, n, document in rows.get(schema.measure, ()):
        recorded = Recorded(at, read(event), value, n, read(document))
        books.measures.take((read(measure), date.fromisoformat(on)), [recorded])


def _identity(key: Sequence[Any]) -> tuple[str, int | None, int, str]:
    """Return what a row is about, as questions and cases have it."""
    _, began, queue, subject, edition = key
    return read(subject), None if edition == NEVER_RESTATED else edition, began, read(queue)


def _take_case(
    books: Books,
    key: Sequence[Any],
    stated: int = NEVER,
    facts: frozenset[tuple[int, str]] = frozenset(),
    contacts: Mapping[str, int] | None = None,
) -> None:
    identity = _identity(key)
    _, restated, opened, queue = identity
    edition = ORIGINAL if restated is None else restated
    books.cases.take(identity, Copy(edition, opened, queue, stated, facts, contacts or {}))
