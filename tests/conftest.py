"""Settings for all tests, and what they took beside what they may take."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

pytest_plugins = ["reliability", "secured", "services", "walls", "mail_servers"]

# What is started in the background, as by nohup, is deaf to Ctrl-C, and so would all be that tests
# start, and stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile(
    "unshrunk",
    settings.get_profile("default"),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
"""For a failure that is expected: that there is one is enough."""
settings.load_profile("default")
TIMES = int(os.environ.get("EXAMPLES_TIMES", "1"))
"""So many times as many examples as a property test says itself: to search for longer."""

BUDGET_MINUTES = {
    "unit": 3.0,
    "dashboards": 1.0,
    "doctor": 2.0,
    "alerts": 5.0,
    "stack": 5.0,
    "chaos": 5.0,
    "browser": 4.0,
    "container": 1.0,
    "archive": 3.0,
    "reports": 3.0,
    "sources": 4.0,
    "backup": 1.0,
    "install": 1.0,
    "documents": 3.0,
    "upgrade": 2.0,
}
"""What each part of `make test` may take on two processors."""


def part_of(path: Path) -> str:
    """The part a test file belongs to: its folder, or "unit"."""
    folder = path.relative_to(Path(__file__).parent).parts[0]
    return folder if folder in BUDGET_MINUTES else "unit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = {item.obj for item in items if isinstance(item, pytest.Function)}
    for test in tests if TIMES > 1 else ():
        its = getattr(test, "_hypothesis_internal_use_settings", None)
        if its is not None:
            more = settings(its, max_examples=its.max_examples * TIMES)
            test._hypothesis_internal_use_settings = more


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[part_of(Path(__file__).parents[1] / report.fspath)] += report.duration
    terminalreporter.section("time taken, of what it may take", sep="-")
    for part, taken in sorted(seconds.items()):
        terminalreporter.write_line(f"{part}: {taken / 60:.1f} of {BUDGET_MINUTES[part]:.0f} min")
