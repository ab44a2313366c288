"""The archive's tables: a row for each thing that facts are about, in order of when it began.

Every table has a key, and maybe columns that hold the least of what has been said (:func:`least`).
Rows with the same key merge by that, in any order and any number of times. Instants are whole
microseconds since 1970 (UTC); a fact with a code in its low bits is stored as the ledger has it.

What a change of these tables takes is a migration: ``streams/archive/migrations``.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
)

NEVER_RESTATED: Final = -(2**63)
"""The edition of what was never stated anew."""
metadata: Final = MetaData()


def _key(name: str, kind: Any = BigInteger) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _table(name: str, *columns: Column[Any], **info: Any) -> Table:
    """Return a table that stands in order of its key."""
    return Table(name, metadata, *columns, info=info, sqlite_with_rowid=False)


MUNICIPALITY: Final = "municipality"
leg: Final = _table(
    "leg",
    _key(MUNICIPALITY, String),
    _key("arrived"),
    _key("queue", String),
    _key("contact", String),
    Column("answered", BigInteger),
    Column("left", BigInteger),
    Column("reached", BigInteger),
    Column("ended", BigInteger),
    Column("caller", BigInteger),
    Column("origin", SmallInteger),
)
question: Final = _table(
    "question",
    _key(MUNICIPALITY, String),
    _key("received"),
    _key("queue", String),
    _key("subject", String),
    _key("edition"),
    Column("channel", SmallInteger),
)
question_fact: Final = _table(
    "question_fact",
    _key(MUNICIPALITY, String),
    _key("received"),
    _key("queue", String),
    _key("subject", String),
    _key("edition"),
    _key("fact"),
)
case: Final = _table(
    "case_copy",
    _key(MUNICIPALITY, String),
    _key("opened"),
    _key("queue", String),
    _key("subject", String),
    _key("edition"),
    Column("stated", BigInteger),
)
case_fact: Final = _table(
    "case_fact",
    _key(MUNICIPALITY, String),
    _key("opened"),
    _key("queue", String),
    _key("subject", String),
    _key("edition"),
    _key("fact"),
    _key("administration", String),
)
case_contact: Final = _table(
    "case_contact",
    _key(MUNICIPALITY, String),
    _key("opened"),
    _key("queue", String),
    _key("subject", String),
    _key("edition"),
    _key("event", String),
    Column("contacted", BigInteger),
)
survey_answer: Final = _table(
    "survey_answer",
    _key(MUNICIPALITY, String),
    _key("answered"),
    _key("reply", String),
    _key("question", String),
    _key("event", String),
    _key("grade", SmallInteger),
)
staffed: Final = _table(
    "staffed",
    _key(MUNICIPALITY, String),
    _key("stated"),
    _key("queue", String),
    Column("people", Integer),
)
measure: Final = _table(
    "measure",
    _key(MUNICIPALITY, String),
    _key("measure", String),
    _key("true_on", String),
    _key("recorded"),
    _key("event", String),
    _key("value", Double),
    _key("n"),
    _key("document", String),
)
FACTS: Final = (
    leg, question, question_fact, case, case_fact, case_contact, survey_answer, staffed, measure,
)  # fmt: skip
"""All tables of facts."""
BEGAN: Final = {
    leg: leg.c.arrived,
    question: question.c.received,
    question_fact: question_fact.c.received,
    case: case.c.opened,
    case_fact: case_fact.c.opened,
    case_contact: case_contact.c.opened,
    survey_answer: survey_answer.c.answered,
    staffed: staffed.c.stated,
    measure: measure.c.recorded,
}
"""Table → the column of when what a row is about began."""

position: Final = Table(
    "position",
    metadata,
    _key("topic", String),
    _key("partition", Integer),
    Column("next_offset", BigInteger, nullable=False),
    Column("mark_offset", BigInteger),
    Column("mark_appended_ms", BigInteger),
    Column("mark_crc", BigInteger),
)
"""Where the archive reads on, in the transaction of the rows; the mark is of the last record."""
gap: Final = Table(
    "gap",
    metadata,
    _key("topic", String),
    _key("partition", Integer),
    _key("from_offset"),
    Column("to_offset", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
)
"""Offsets that the log no longer had when the archive came to them: they are lost."""
erasure: Final = Table(
    "erasure",
    metadata,
    _key(MUNICIPALITY, String),
    _key("erased"),
    Column("before", BigInteger, nullable=False),
    Column("decision", String, nullable=False),
    Column("counts", String, nullable=False),
)
"""What has been erased by decision: all that began before an instant, and how much that was."""
established: Final = Table(
    "established",
    metadata,
    _key(MUNICIPALITY, String),
    _key("period", String),
    _key("administration", String),
    _key("at"),
    Column("dated", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("content", String, nullable=False),
)
"""Reports as they were established: figures, and the promises as they read then. JSON."""
kept_edition: Final = Table(
    "kept_edition",
    metadata,
    _key(MUNICIPALITY, String),
    _key("kind", String),
    _key("subject", String),
    _key("edition"),
)
"""Editions of questions and cases that ``svarsgrad keep-open`` has stated, and no source."""


def least(table: Table) -> tuple[str, ...]:
    """Return the columns that hold the least of what has been said: those not in the key."""
    return tuple(column.name for column in table.columns if not column.primary_key)
