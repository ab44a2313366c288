"""The demo's table: whole numbers at every width, and no mark where nothing is promised."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from stack.demo_table import NARROW, Reading, draw
from streams import metrics as m
from streams.domain.catalogue import load_catalogue

NOW = datetime(2026, 6, 2, 10, 15, tzinfo=UTC)
TEMPLATE = (Path(__file__).parents[2] / "stack" / "demo.yaml").read_text(encoding="utf-8")
LULEA = load_catalogue(TEMPLATE.replace("@ZONE@", "+00:00"), "demo.yaml").municipalities["lulea"]
QUEUES = list(LULEA.queues)


def reading(**changed: float | None) -> Reading:
    """The same values for every queue; those that are None are not there."""
    values = {
        "waiting": 12.0, "longest_wait_seconds": 100.0, "arrived": 1_519.0, "lost_ratio": 0.163,
        "wait_percentile_seconds": 156.0, "service_level_ratio": 0.632,
    } | changed  # fmt: skip
    found: dict[str, dict[tuple[str, str], float]] = {}
    for metric in m.BUSINESS:
        value = values.get(metric.name)
        targets = [""]
        if "target" in metric.labels:
            targets = [target.id for target in LULEA.queues["vaxel"].targets]
            targets += [target.id for target in LULEA.queues["kundtjanst-skola"].targets]
        found[metric.name] = {
            (queue, target): value for queue in QUEUES for target in targets if value is not None
        }
    return Reading(found)


def drawn(width: int, shown: Reading) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(draw(LULEA, shown, NOW, width))
    text = console.file.getvalue()  # type: ignore[attr-defined] # it is the StringIO
    return [line.rstrip() for line in text.replace("\N{NO-BREAK SPACE}", " ").splitlines()]


@pytest.mark.parametrize("width", [60, NARROW - 1, NARROW, 80, 200])
def test_no_number_and_no_name_is_cut_at_any_width(width: int) -> None:
    lines = drawn(width, reading())
    (vaxel,) = [line for line in lines if line.startswith("Växeln")]
    expected = ["Växeln", "1 519", "12 (100 s)", "63,2 % ✗ under", "16,3 %"]
    if width >= NARROW:
        expected += ["90 % ≤ 15 s", "156 s"]
    assert all(part in vaxel for part in expected), vaxel
    assert not any("…" in line for line in lines)
    assert ("p90" in lines[1]) == (width >= NARROW)


def test_where_nothing_is_promised_there_is_no_mark() -> None:
    lines = drawn(100, reading())
    (partner,) = [line for line in lines if line.startswith("Kalix")]
    (vaxel,) = [line for line in lines if line.startswith("Växeln")]
    (skola,) = [line for line in lines if "skola" in line]
    assert "✗" not in partner
    assert vaxel.count("✗") == 1  # lost calls are promised at the customer centres only
    assert skola.count("✗") == 2


def test_no_data_is_said_and_is_not_zero() -> None:
    nothing = reading(
        lost_ratio=None, wait_percentile_seconds=None, service_level_ratio=None, waiting=0.0,
        longest_wait_seconds=None, arrived=0.0,
    )  # fmt: skip
    (vaxel,) = [line for line in drawn(100, nothing) if line.startswith("Växeln")]
    assert " ".join(vaxel.split()) == "Växeln 0 0 90 % ≤ 15 s inga data inga data –"
