"""The facts of calls, questions, cases, surveys, staffing and measures, and where to read on."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG, _SMALL, _TEXT = sa.BigInteger, sa.SmallInteger, sa.String
_TABLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "leg": (
        {"municipality": _TEXT, "arrived": _BIG, "queue": _TEXT, "contact": _TEXT},
        {
            "answered": _BIG, "left": _BIG, "reached": _BIG, "ended": _BIG, "caller": _BIG,
            "origin": _SMALL,
        },
    ),
    "question": (
        {
            "municipality": _TEXT, "received": _BIG, "queue": _TEXT, "subject": _TEXT,
            "edition": _BIG,
        },
        {"channel": _SMALL},
    ),
    "question_fact": (
        {
            "municipality": _TEXT, "received": _BIG, "queue": _TEXT, "subject": _TEXT,
            "edition": _BIG, "fact": _BIG,
        },
        {},
    ),
    "case_copy": (
        {
            "municipality": _TEXT, "opened": _BIG, "queue": _TEXT, "subject": _TEXT,
            "edition": _BIG,
        },
        {"stated": _BIG},
    ),
    "case_fact": (
        {
            "municipality": _TEXT, "opened": _BIG, "queue": _TEXT, "subject": _TEXT,
            "edition": _BIG, "fact": _BIG, "administration": _TEXT,
        },
        {},
    ),
    "case_contact": (
        {
            "municipality": _TEXT, "opened": _BIG, "queue": _TEXT, "subject": _TEXT,
            "edition": _BIG, "event": _TEXT,
        },
        {"contacted": _BIG},
    ),
    "survey_answer": (
        {
            "municipality": _TEXT, "answered": _BIG, "reply": _TEXT, "question": _TEXT,
            "event": _TEXT, "grade": _SMALL,
        },
        {},
    ),
    "staffed": (
        {"municipality": _TEXT, "stated": _BIG, "queue": _TEXT},
        {"people": sa.Integer},
    ),
    "measure": (
        {
            "municipality": _TEXT, "measure": _TEXT, "true_on": _TEXT, "recorded": _BIG,
            "event": _TEXT, "value": sa.Double, "n": _BIG, "document": _TEXT,
        },
        {},
    ),
}  # fmt: skip
"""Table → the columns of its key, in order, and the others."""


def upgrade() -> None:
    """Make the tables."""
    for name, (key, others) in _TABLES.items():
        op.create_table(
            name,
            *(
                sa.Column(column, kind, primary_key=True, autoincrement=False)
                for column, kind in key.items()
            ),
            *(sa.Column(column, kind) for column, kind in others.items()),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "position",
        sa.Column("topic", _TEXT, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next_offset", _BIG, nullable=False),
        sa.Column("mark_offset", _BIG),
        sa.Column("mark_appended_ms", _BIG),
        sa.Column("mark_crc", _BIG),
    )
    op.create_table(
        "gap",
        sa.Column("topic", _TEXT, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("from_offset", _BIG, primary_key=True, autoincrement=False),
        sa.Column("to_offset", _BIG, nullable=False),
        sa.Column("found", _BIG, nullable=False),
    )
    op.create_table(
        "erasure",
        sa.Column("municipality", _TEXT, primary_key=True),
        sa.Column("erased", _BIG, primary_key=True, autoincrement=False),
        sa.Column("before", _BIG, nullable=False),
        sa.Column("decision", _TEXT, nullable=False),
        sa.Column("counts", _TEXT, nullable=False),
    )
    op.create_table(
        "established",
        sa.Column("municipality", _TEXT, primary_key=True),
        sa.Column("period", _TEXT, primary_key=True),
        sa.Column("administration", _TEXT, primary_key=True),
        sa.Column("at", _BIG, primary_key=True, autoincrement=False),
        sa.Column("dated", _TEXT, nullable=False),
        sa.Column("decision", _TEXT, nullable=False),
        sa.Column("content", _TEXT, nullable=False),
    )
    op.create_table(
        "kept_edition",
        sa.Column("municipality", _TEXT, primary_key=True),
        sa.Column("kind", _TEXT, primary_key=True),
        sa.Column("subject", _TEXT, primary_key=True),
        sa.Column("edition", _BIG, primary_key=True, autoincrement=False),
    )


def downgrade() -> None:
    """Remove them, with all that is in them."""
    for name in ("kept_edition", "established", "erasure", "gap", "position", *_TABLES):
        op.drop_table(name)
