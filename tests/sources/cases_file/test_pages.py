"""What the pages say that an operator types works as typed."""

import json
import re
import shlex
from pathlib import Path

import pytest
from imported import ROOT, ran, whole_catalogue


@pytest.mark.parametrize("page", ["calls_file", "cases_file"])
def test_the_commands_of_a_page_work_as_typed_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("katalog.yaml").write_text(whole_catalogue(), "utf-8")
    text = (ROOT / "docs" / "sources" / f"{page}.md").read_text("utf-8")
    commands = re.findall(r"^\$ svarsgrad (.*)$", text, re.MULTILINE)
    assert len(commands) >= 4
    for typed in commands:
        command = shlex.split(typed)
        if "--find" in command:
            event = json.loads(Path("a.jsonl").read_text("utf-8").splitlines()[7])
            command[-1] = event["subject"][: len(command[-1])]
        done = ran(*command)
        assert done.exit_code == 0, (typed, done.output)
        if "--find" in command:
            assert re.fullmatch(rf"{command[-1]}: rad \d+(, \d+)*\n", done.stdout)
    assert "löfte" in ran(*shlex.split(commands[3])).stdout.casefold()
    assert Path("fel.csv").read_text("utf-8-sig") == "rad;sparad;slag;kolumn;vad\n"


def test_a_case_is_found_by_the_key_and_no_number_is_shown(tmp_path: Path) -> None:
    (tmp_path / "k.yaml").write_text(whole_catalogue(), "utf-8")
    file, key = tmp_path / "arenden.csv", tmp_path / "nyckel"
    simulated = ("simulate", "--date", "2025-03-03", "--with", "cases", "--municipality")
    assert ran(*simulated, "lulea=0,1", "--case-export", file).exit_code == 0
    command = ("import-cases", file, "--catalogue", tmp_path / "k.yaml")
    sought = ("--find", "0" * 32, "--key-file", key)
    assert "--find: ange --key-file" in ran(*command, *sought).stderr
    assert ran(*command, "--key-file", key, "--new-key", "--to", tmp_path / "h").exit_code == 0
    lines = (tmp_path / "h").read_text("utf-8").splitlines()
    subject = json.loads(lines[-1])["subject"]
    done = ran(*command, "--key-file", key, "--find", subject, "--find", "0" * 32)
    last = len(file.read_text("utf-8-sig").splitlines())
    assert done.stdout == f"{subject}: rad {last}\n{'0' * 32}: finns inte i filen\n"
    assert done.exit_code == 0
    done = ran(*command, *sought)
    assert done.exit_code == 1
    assert "är det rätt export, och nyckel?" in done.stderr
    assert "minst 6 tecken" in ran(*command, "--key-file", key, "--find", "0").stderr
