"""What the documents show to be copied is taken as it stands, by the catalogue and the chart."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from charted import Data, changed, rendered, variant
from documented import ROOT, blocks_in

from streams.domain.catalogue import Municipality, load_catalogue
from streams.endpoints.security import listen_security
from streams.logs import entries

EXAMPLE = (ROOT / "examples" / "lulea.yaml").read_text("utf-8")


def shown(page: str) -> list[Any]:
    """Return the YAML that a page shows."""
    return [
        yaml.safe_load(block.text) for block in blocks_in(ROOT / page) if block.language == "yaml"
    ]


def lulea_with(key: str, its: Data) -> Municipality:
    """Return Luleå with other things at a key; what stands beside them there stays."""
    catalogue = yaml.safe_load(EXAMPLE)
    lulea = catalogue["municipalities"]["lulea"]
    lulea[key] = {**lulea.get(key, {}), **its}
    return load_catalogue(yaml.safe_dump(catalogue), "katalog.yaml").municipalities["lulea"]


def test_a_source_of_an_exchange_is_written_as_it_stands() -> None:
    (block,) = shown("docs/sources/queue_log.md")
    source = lulea_with("sources", block["sources"]).sources["vaxel-pbx"]
    assert source.queue_log is not None


def test_a_partner_s_report_is_written_as_it_stands() -> None:
    calls, intervals = shown("docs/sources/overflow_calls.md")
    source = calls["sources"]["tele24"]
    assert lulea_with("sources", calls["sources"]).sources["tele24"].overflow_calls is not None
    del source["overflow_calls"]
    its = lulea_with("sources", {"tele24": {**source, **intervals}}).sources["tele24"]
    assert its.overflow_intervals is not None


def test_who_is_told_is_written_as_it_stands() -> None:
    (block,) = shown("docs/alerts.md")
    told = yaml.safe_load(EXAMPLE)["municipalities"]["lulea"]["alerts"]
    teams = {**told["teams"], **block["alerts"]["teams"]}  # Luleå has others, too
    found = lulea_with("alerts", {**block["alerts"], "teams": teams}).alerts
    assert found.teams["kundcenter"].functions.keys() == {"handläggare"}


@pytest.mark.parametrize("number", [0, 1])
def test_what_the_chart_s_readme_shows_is_taken(number: int) -> None:
    block = shown("helm/svarsgrad/README.md")[number]
    ((key, value),) = block.items()
    assert rendered(changed(variant("full"), key, value))


def test_the_lines_of_a_log_are_such() -> None:
    text, line = (block for block in blocks_in(ROOT / "docs" / "logs.md") if block.text)
    names = {its.name for its in vars(entries).values() if isinstance(its, entries.Entry)}
    assert {row.split()[3].rstrip(":") for row in text.text.splitlines()} <= names
    assert json.loads(line.text)["event"] in names


def test_a_token_is_made_as_it_stands(tmp_path: Path) -> None:
    text, _ = (b.text for b in blocks_in(ROOT / "docs" / "endpoints.md") if b.language == "sh")
    (tmp_path / "secrets").mkdir()
    text = text.replace("-o root -g svarsgrad ", "").replace("/etc/svarsgrad", str(tmp_path))
    subprocess.run(["bash", "-euc", text], cwd=tmp_path, check=True)
    told = {"SVARSGRAD_LISTEN_TOKEN_FILE": str(tmp_path / "secrets" / "listen.token")}
    its = listen_security("--listen 127.0.0.1:9101", "127.0.0.1", told)
    assert its.bearer is not None
    assert its.remarks() == ()
