"""What a catalogue calls things is text, wherever it is shown, and no way out of a folder."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from alerts.command import command as rules
from streams.domain.catalogue import CatalogueError, load_catalogue

EXAMPLE = Path("examples/lulea.yaml").read_text("utf-8")
HOSTILE = '{{ printf "FARLIGT" }} {}}{ printf "FARLIGT" {}}}} {{` $labels.x <b>'


def texts(node: object) -> list[str]:
    if isinstance(node, dict):
        return [text for its in node.values() for text in texts(its)]
    if isinstance(node, list):
        return [text for its in node for text in texts(its)]
    return [node] if isinstance(node, str) else []


def test_no_name_is_a_template_in_what_is_said(tmp_path: Path) -> None:
    catalogue = tmp_path / "katalog.yaml"
    named, count = re.subn(r"(?m)^( +name:) .*$", lambda its: f"{its[1]} '{HOSTILE}'", EXAMPLE)
    assert count > 20
    catalogue.write_text(named, "utf-8")
    given = ["render", "--catalogue", str(catalogue), "--to", str(tmp_path / "larm")]
    done = CliRunner().invoke(rules, given)
    assert done.exit_code == 0, done.output
    for name in ("svarsgrad-rules.yml", "alertmanager.yml"):
        said = texts(yaml.safe_load((tmp_path / "larm" / name).read_text("utf-8")))
        with_it = [its for its in said if "FARLIGT" in its]
        assert with_it or name == "alertmanager.yml"
        for text in with_it:
            outside = re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL)
            assert outside.count("FARLIGT") == text.count("FARLIGT")
            assert "{{" not in outside


@pytest.mark.parametrize(
    "name", ["../lulea", "lulea/x", "/lulea", "lulea\\n", "..", "a\\0", "Luleå"]
)
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    """Files of reports and exports are called by ids alone."""
    renamed = EXAMPLE.replace("\n  lulea:\n", f'\n  "{name}":\n')
    assert renamed != EXAMPLE
    with pytest.raises(CatalogueError):
        load_catalogue(renamed, "katalog.yaml")
