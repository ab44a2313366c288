"""docs/endpoints.md: its settings are all there are, and Prometheus takes its example."""

import re
import subprocess
from pathlib import Path

import pytest
from endpoints_page import EXAMPLE, PAGE, scrape_config

from stack.programs import PROMTOOL
from streams import asking
from streams.endpoints import handshake, security


def told_in(heading: str) -> set[str]:
    """Return the variables that a table tells of, by what its first column is called."""
    table = PAGE.partition(f"| {heading} | says |")[2].partition("\n\n")[0]
    first = [line.split("|")[1] for line in table.splitlines()[2:]]
    return set(re.findall(r"`(\w+)`", " ".join(first)))


@pytest.mark.parametrize(
    ("heading", "described"),
    [
        ("`SVARSGRAD_LISTEN_…`", security.described()),
        ("`SVARSGRAD_WORKER_…`, `SVARSGRAD_PROMETHEUS_…`", asking.described("SVARSGRAD_")),
    ],
)
def test_each_table_has_all_variables(heading: str, described: str) -> None:
    found = [re.sub(r"^SVARSGRAD_(LISTEN_)?", "", its.split()[0]) for its in described.split("\n")]
    assert told_in(heading) == set(found)


def test_the_bounds_of_handshakes_are_as_the_page_says() -> None:
    assert f"has {handshake.HANDSHAKE_SECONDS:.0f} s, and" in PAGE
    assert f"({handshake.MOST_HANDSHAKES} at a time" in PAGE


def test_prometheus_takes_the_example(tmp_path: Path) -> None:
    for name in ("svarsgrad-ca.pem", "svarsgrad.token"):
        (tmp_path / name).write_text("")
    file = tmp_path / "prometheus.yml"
    file.write_text(EXAMPLE.replace("/etc/prometheus", str(tmp_path)))
    done = subprocess.run(
        [str(PROMTOOL.require()), "check", "config", "--lint=all", "--lint-fatal", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert scrape_config(tmp_path).keys() == {"scheme", "tls_config", "authorization"}
