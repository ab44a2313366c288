"""Numbers as Swedes write them, and the system's refusals in words."""

import errno
import os
import re
from datetime import datetime
from pathlib import Path

import pytest

from streams.domain.swedish import (
    count,
    counted,
    percent,
    period,
    promise,
    reason,
    span,
)

ROOT = Path(__file__).parents[3]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_share_has_a_decimal_comma_and_no_data_is_said() -> None:
    assert plain(percent(0.8474)) == "84,7 %"
    assert plain(percent(1)) == "100,0 %"
    assert percent(None) == "inga data"


def test_thousands_are_set_apart() -> None:
    assert plain(count(350_000)) == "350 000"


def test_one_is_singular() -> None:
    assert [counted(n, "kopia", "kopior") for n in (0, 1, 2)] == [
        "0 kopior",
        "1 kopia",
        "2 kopior",
    ]


def test_an_interval_says_its_unit_once() -> None:
    assert plain(span(0.4992, 0.5804)) == "49,9–58,0 %"
    assert span(None, None) == "–"


@pytest.mark.parametrize(
    ("goal", "limit", "text"),
    [
        (0.9, 15, "90 % ≤ 15 s"),
        (0.9, 300, "90 % ≤ 5 min"),
        (0.1, None, "högst 10 %"),
        (0.985, 15, "98,5 % ≤ 15 s"),
        (0.29, 120, "29 % ≤ 2 min"),
        (0.125, None, "högst 12,5 %"),
    ],
)
def test_a_promise_is_told_in_one_phrase(goal: float, limit: int | None, text: str) -> None:
    assert plain(promise(goal, limit)) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-03-10T08:00", "2026-03-10T12:00:30", "2026-03-10 kl. 08.00–12.00.30"),
        ("2026-03-09T23:50", "2026-03-10T00:05", "2026-03-09 kl. 23.50 – 2026-03-10 kl. 00.05"),
        ("2026-03-10", "2026-03-11", "2026-03-10"),
        ("2026-03-01", "2026-04-01", "2026-03-01 till och med 2026-03-31"),
    ],
)
def test_a_period_names_its_day_once(start: str, end: str, text: str) -> None:
    assert period(datetime.fromisoformat(start), datetime.fromisoformat(end)) == text


def test_a_refusal_is_told_in_swedish(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        (tmp_path / "saknas").read_bytes()
    assert reason(missing.value) == "filen eller mappen finns inte"
    assert reason(PermissionError(errno.EACCES, "Permission denied")) == "behörighet saknas"


@pytest.mark.parametrize("number", [*errno.errorcode, None, 12345])
def test_no_refusal_is_told_in_english(number: int | None) -> None:
    english = os.strerror(number or 0)
    told = reason(OSError(number, english) if number else OSError())
    assert told
    assert english not in told


def test_nothing_tells_people_the_systems_own_words() -> None:
    ours = [
        path for part in ("streams", "producers", "stack") for path in ROOT.glob(f"{part}/**/*.py")
    ]
    assert ours
    assert [path for path in ours if re.search(r"\bstrerror\b", path.read_text("utf-8"))] == []
