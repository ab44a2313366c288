"""Imports as an operator makes them: the catalogue as the pages have it, and the commands."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from click.testing import CliRunner, Result

from streams.__main__ import commands

ROOT = Path(__file__).parents[1]


def page_block(key: str) -> str:
    """Return the block of the catalogue that a page shows."""
    page = (ROOT / "docs" / "sources" / f"{key}.md").read_text("utf-8")
    return re.search(rf"```yaml\n({key}:\n.*?)```", page, re.DOTALL)[1]  # type: ignore[index]


def whole_catalogue() -> str:
    """Return Luleå's, which reads files as the pages say."""
    text = (ROOT / "examples" / "lulea.yaml").read_text("utf-8")
    sources = yaml.safe_load(text)["municipalities"]["lulea"]["sources"]
    for source, key in (("vaxel-pbx", "calls_file"), ("arendesystem", "cases_file")):
        assert sources[source][key] == yaml.safe_load(page_block(key))[key]
    return text


def ran(*arguments: object) -> Result:
    """Return what came of a command."""
    return CliRunner().invoke(commands, list(map(str, arguments)), prog_name="svarsgrad")


def succeeded(*arguments: object) -> str:
    """Return what a command said on standard error, having done what it should."""
    done = ran(*arguments)
    assert done.exit_code == 0, done.output
    return done.stderr


def csv_of(*rows: Sequence[str], separator: str = ";") -> str:
    """Return rows as a file of them, with nothing that needs quotes."""
    return "".join(separator.join(row) + "\n" for row in rows)


def write_list(path: Path, rows: int) -> None:
    """Write a list of so many calls, as the page has it, with a column of text beside."""
    start = datetime(2025, 1, 7, 8)  # noqa: DTZ001
    with path.open("w", encoding="utf-8") as file:
        file.write("Samtals-id;Kö;A-nummer;Ankomst;Väntetid;Resultat;Besvarat;Avslutat;Kopplat;")
        file.write("Uppringd;Anteckning\n")
        for n in range(rows):
            at = start + timedelta(seconds=20 * n)
            file.write(
                f"{n};vaxel;08-465 004 {n % 100:02};{at};{n % 60};Besvarat;"
                f"{at + timedelta(seconds=n % 60)};{at + timedelta(seconds=99)};;;{'x' * 200}\n"
            )
