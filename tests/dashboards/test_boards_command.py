"""``svarsgrad dashboards render`` and ``check``, as an operator meets them."""

from pathlib import Path

from click.testing import CliRunner, Result

from dashboards.boards.rendering import rendered
from streams.__main__ import commands


def run(*told: str) -> Result:
    return CliRunner().invoke(commands, ["dashboards", *told])


def test_what_is_rendered_is_right_until_a_file_changes(tmp_path: Path) -> None:
    to = tmp_path / "tavlor"
    assert run("check", "--to", str(to)).exit_code == 1, "nothing is there yet"
    assert run("render", "--to", str(to)).output.count("Skrev ") == len(rendered())
    assert run("check", "--to", str(to)).output == f"{to} stämmer\n"
    (to / "vagg.json").write_text("{}")
    differs = run("check", "--to", str(to))
    assert differs.exit_code == 1
    assert differs.output == (f"I {to} stämmer inte vagg.json: kör svarsgrad dashboards render\n")


def test_a_folder_that_is_a_file_is_told_of_in_one_line(tmp_path: Path) -> None:
    to = tmp_path / "tavlor"
    to.touch()
    for what, said in (("render", "kan inte skrivas"), ("check", "kan inte läsas")):
        done = run(what, "--to", str(to))
        assert done.exit_code == 1
        assert said in done.output
        assert done.output.count("\n") == 1
