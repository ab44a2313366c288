"""Imports as an operator makes them: the catalogue as the pages have it, and the commands."""

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner, Result

from streams.__main__ import commands

ROOT = Path(__file__).parents[1]


def page_block(key: str) -> str:
    """Return the block of the catalogue that a page shows."""
    page = (ROOT / "docs" / "sources" / f"{key}.md").read_text("utf-8")
    return re.search(rf"```yaml\n({key}:\n.*?)```", page, re.DOTALL)[1]  # type: ignore[index]


def whole_catalogue() -> str:
    """Return Luleå's, with the blocks of both pages at its sources."""
    text = (ROOT / "examples" / "lulea.yaml").read_text("utf-8")
    for name, key in (("Telefonväxeln", "calls_file"), ("Ärendesystemet", "cases_file")):
        heading = f"        name: {name}\n"
        assert text.count(heading) == 1
        text = text.replace(heading, heading + textwrap.indent(page_block(key), " " * 8))
    return text.replace("kundtjanst-social]", "kundtjanst-social, kalix-tele24]", 1)


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
