"""Each guard is taken away, in a copy of the code, and its test must fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from guards import GUARDS, Guard

ROOT = Path(__file__).parents[2]
COPIED = ("streams", "producers", "stack", "tests", "benchmarks", "examples", "pyproject.toml")
TEST_FAILED = 1
"""What pytest exits with when a test has failed, and not for another reason."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a directory with all that the tests need."""
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / ".stack").symlink_to(ROOT / ".stack")
    return tmp_path


def run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests in a copy until one fails."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *tests, "-x", "-q", "-m", "long or not long",
         "-p", "no:cacheprovider", "--hypothesis-profile", "unshrunk"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )  # fmt: skip


@pytest.mark.long
def test_with_all_guards_all_of_their_tests_pass(copy: Path) -> None:
    done = run(copy, *sorted({guard.test for guard in GUARDS}))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.long
@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_without_a_guard_its_test_fails(guard: Guard, copy: Path) -> None:
    file = copy / guard.file
    code = file.read_text("utf-8")
    assert code.count(guard.code) == 1, "the guard has moved: write it here as it is now"
    file.write_text(code.replace(guard.code, guard.without), encoding="utf-8")
    done = run(copy, guard.test)
    assert done.returncode == TEST_FAILED, done.stdout[-3000:] + done.stderr[-1000:]
    counts = done.stdout.strip().splitlines()[-1]
    assert "1 failed" in counts
    assert "error" not in counts
