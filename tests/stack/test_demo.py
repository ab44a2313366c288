"""The demo: from one command to a table that moves, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.demo import MORNING, zone_where_it_is
from streams.domain.catalogue import load_catalogue


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - given a zone below
def test_there_is_always_a_zone_where_it_is_a_quarter_past_ten(at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    text = zone_where_it_is(MORNING, now)
    sign = -1 if text[0] == "-" else 1
    offset = sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    local = now + offset
    wall = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    assert abs(wall - MORNING) <= timedelta(minutes=1)


def test_the_demos_catalogue_holds_in_every_zone_it_can_get() -> None:
    template = (Path(__file__).parents[2] / "stack" / "demo.yaml").read_text(encoding="utf-8")
    for zone in ("+00:00", "-11:59", "+12:00"):
        loaded = load_catalogue(template.replace("@ZONE@", zone), "demo.yaml")
        assert list(loaded.municipalities) == ["lulea"]


def processes(group_marker: str) -> list[str]:
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit() and int(directory.name) != os.getpid():
            try:
                line = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                cwd = str((directory / "cwd").readlink())
            except OSError:
                continue
            if group_marker in line or group_marker in cwd:
                found.append(line)
    return found


@pytest.mark.timeout(120)
def test_the_demo_shows_figures_and_leaves_nothing_running(tmp_path: Path) -> None:
    output = tmp_path / "output.txt"
    with output.open("wb") as file:
        demo = subprocess.Popen(
            [sys.executable, "-m", "streams", "demo"],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
    try:
        deadline = time.monotonic() + 60
        while "Ctrl-C avslutar" not in output.read_text(encoding="utf-8"):
            assert demo.poll() is None, output.read_text(encoding="utf-8")
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert processes(str(tmp_path))
        (wall,) = re.findall(r"Väggen +(http://\S+)", output.read_text(encoding="utf-8"))
        with urllib.request.urlopen(f"{wall}events") as stream:  # noqa: S310 # on loopback
            lines = (line.decode() for line in stream)
            board = json.loads(next(its for its in lines if '"tiles"' in its).partition(" ")[2])
        assert board["tiles"][0]["name"] == "Växeln"
        time.sleep(8)  # Prometheus looks for new targets every five seconds
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    finally:
        demo.kill()
    said = output.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    rows = [line for line in said.splitlines() if line.startswith("Växeln") and "≤ 15 s" in line]
    assert re.search(r"\d,\d % [✓✗]", rows[-1]), rows
    assert "allt är stoppat" in said
    assert all(len(line) <= 80 for line in said.splitlines() if "/" not in line)
    assert processes(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == [output]
