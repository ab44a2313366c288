"""The next version of svarsgrad, as a maintainer would make it: the sources, changed where
docs/upgrade.md says. So both versions can be run beside each other.

It has another version of the events about surveys, a metric that is called otherwise, and other
tables in the archive.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).parents[1]
VERSION = "0.2.0"
PACKAGES = ("streams", "producers", "dashboards", "alerts", "reports", "stack")
OLDER = """OLDER: Final[Mapping[tuple[Kind, int], Older]] = {
    (Kind.SURVEY, 1): Older(
        form=SurveyEventV1,
        raised=lambda data: SurveyData(
            question=data.question, score=data.grade, queue=data.queue
        ),
        lowered=lambda data: SurveyDataV1(
            question=data.question, grade=data.score, queue=data.queue
        ),
        until=(0, 2),
    )
}"""
FORM = '''class SurveyDataV1(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an answer to a survey said before 0.2: `score` was called `grade`."""

    question: Text
    grade: Annotated[int, msgspec.Meta(ge=1, le=5)]
    queue: Text | None = None


class SurveyEventV1(Envelope, frozen=True, gc=False, kw_only=True):
    """An answer to a survey, before 0.2."""

    data: SurveyDataV1


'''
MIGRATION = '''"""People at work are called those who answer."""

import os
import time
from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE survey_question (question VARCHAR PRIMARY KEY)")
    op.execute("INSERT INTO survey_question SELECT DISTINCT question FROM survey_answer")
    wait()
    op.execute("ALTER TABLE staffed RENAME COLUMN people TO answering")


def downgrade() -> None:
    op.execute("ALTER TABLE staffed RENAME COLUMN answering TO people")
    wait()
    op.execute("DROP TABLE survey_question")


def wait() -> None:
    """Stand still in the middle, for a test that ends the process here."""
    if (mark := os.environ.get("WAIT_IN_THE_MIDDLE")):
        Path(mark).touch()
        time.sleep(60)
'''
CHANGES: Mapping[str, Sequence[tuple[str, str]]] = {
    "streams/domain/event_types.py": [
        (
            "VERSIONS: Final = dict.fromkeys(Kind, 1)",
            "VERSIONS: Final = {**dict.fromkeys(Kind, 1), Kind.SURVEY: 2}",
        ),
        ("    grade: Annotated[int", "    score: Annotated[int"),
    ],
    "streams/domain/event_versions.py": [
        ("OLDER: Final[Mapping[tuple[Kind, int], Older]] = {}", FORM + OLDER),
        (
            "from streams.domain.event_types import FORM_OF",
            "import msgspec\nfrom typing import Annotated\n"
            "from streams.domain.event_types import SurveyData, Text\n"
            "from streams.domain.event_types import FORM_OF",
        ),
    ],
    "streams/domain/surveys.py": [("event.data.grade", "event.data.score")],
    "streams/metrics/telephone.py": [
        ('WAITING = gauge("waiting"', 'WAITING = gauge("queue_waiting"'),
    ],
    "streams/metrics/__init__.py": [
        (
            "FORMERLY: Final[tuple[Former, ...]] = ()",
            'FORMERLY: Final[tuple[Former, ...]] = (Former(WAITING, "waiting", (0, 3)),)',
        ),
    ],
    "streams/archive/schema.py": [('Column("people", Integer)', 'Column("answering", Integer)')],
}
"""File → what stands in it, and what stands there in the next version."""


@cache
def next_version() -> Path:
    """Return the folder of the next version's sources; made once a process."""
    made = Path(mkdtemp(prefix="svarsgrad-next-"))
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, made / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, pairs in CHANGES.items():
        text = (made / name).read_text("utf-8")
        for old, new in pairs:
            assert text.count(old) == 1, f"{name} has changed: {old}"
            text = text.replace(old, new)
        (made / name).write_text(text, "utf-8")
    (made / "streams/archive/migrations/versions/0002_answering.py").write_text(MIGRATION)
    about = made / f"svarsgrad-{VERSION}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: svarsgrad\nVersion: {VERSION}\n"
    )
    return made


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process of the next version."""
    return {**os.environ, "PYTHONPATH": str(next_version()), **more}


def run(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the next version."""
    return subprocess.run(
        [sys.executable, "-m", "streams", *map(str, arguments)],
        cwd=next_version(),
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
