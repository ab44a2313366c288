"""``svarsgrad rules render`` and ``check``, as an operator meets them."""

from pathlib import Path

import pytest
from alerts_cases import CATALOGUE
from click.testing import CliRunner, Result

from alerts.routing import TEMPLATES
from streams.__main__ import commands

NAMES = {"svarsgrad-rules.yml", "alertmanager.yml", TEMPLATES}


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "k.yaml"
    file.write_text(CATALOGUE, "utf-8")
    return file


def run(what: str, catalogue: Path, to: Path, *more: str) -> Result:
    told = ["rules", what, "--catalogue", str(catalogue), "--to", str(to), *more]
    return CliRunner().invoke(commands, told)


def test_what_is_rendered_is_right_until_the_catalogue_changes(
    catalogue: Path, tmp_path: Path
) -> None:
    to = tmp_path / "larm"
    assert run("check", catalogue, to).exit_code == 1, "nothing is there yet"
    done = run("render", catalogue, to)
    assert done.exit_code == 0
    assert {path.name for path in to.iterdir()} == NAMES
    assert done.output.count("Skrev ") == 3
    assert run("check", catalogue, to).output == f"{to} stämmer med {catalogue}\n"
    catalogue.write_text(CATALOGUE.replace("goal: 0.9", "goal: 0.8").replace("Växeln", "Vx"))
    differs = run("check", catalogue, to)
    assert differs.exit_code == 1
    assert differs.output == (
        f"I {to} stämmer inte svarsgrad-rules.yml: kör svarsgrad rules render igen\n"
    )


def test_how_mail_is_sent_is_told_on_the_command_line(catalogue: Path, tmp_path: Path) -> None:
    run("render", catalogue, tmp_path, "--smtp", "post.example.org:587", "--from", "x@example.org",
        "--smtp-user", "larm", "--smtp-password-file", "/run/secrets/post")  # fmt: skip
    text = (tmp_path / "alertmanager.yml").read_text("utf-8")
    for line in (
        "smtp_smarthost: post.example.org:587",
        "smtp_from: x@example.org",
        "smtp_require_tls: true",
        "smtp_auth_username: larm",
        "smtp_auth_password_file: /run/secrets/post",
    ):
        assert f"  {line}\n" in text


def test_what_is_wrong_is_one_line(catalogue: Path, tmp_path: Path) -> None:
    half = run("render", catalogue, tmp_path, "--smtp-user", "larm")
    assert "--smtp-user och --smtp-password-file hör ihop; ange båda" in half.output
    (tmp_path / "fil").write_text("")
    taken = run("render", catalogue, tmp_path / "fil")
    assert "kan inte skrivas (" in taken.output
    catalogue.write_text(CATALOGUE[: CATALOGUE.index("    alerts:")])
    silent = run("render", catalogue, tmp_path)
    assert "säger inte vem som ska larmas; skriv alerts i en kommun" in silent.output
    assert {half.exit_code, taken.exit_code, silent.exit_code} <= {1, 2}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("--smtp post.example.org", "--smtp post.example.org saknar port"),
        ("--from svarsgrad", "--from svarsgrad är ingen e-postadress"),
        ("--watchdog vakt", "--watchdog vakt är ingen länk"),
    ],
)
def test_what_alertmanager_would_refuse_is_refused_here(
    catalogue: Path, tmp_path: Path, flags: str, said: str
) -> None:
    done = run("render", catalogue, tmp_path / "larm", *flags.split())
    assert done.exit_code == 2
    assert said in done.output
    assert not (tmp_path / "larm").exists()


@pytest.mark.parametrize(
    ("old", "name"),
    [("email: drift@example.org", "operations"), ("email: chef@example.org", "kundcenter.head")],
)
def test_who_is_told_by_teams_alone_is_not_left_without_a_word(
    catalogue: Path, tmp_path: Path, old: str, name: str
) -> None:
    assert CATALOGUE.count(f"{{{old}}}") == 1
    text = CATALOGUE.replace(f"{{{old}}}", '{teams: "https://teams.example.org/1"}')
    catalogue.write_text(text, "utf-8")
    alone = run("render", catalogue, tmp_path)
    assert alone.exit_code == 1
    assert f"{name} har bara teams; lägg till --with-teams" in alone.output
    assert run("render", catalogue, tmp_path, "--with-teams").exit_code == 0


def test_a_folder_that_is_missing_is_said_to_be(catalogue: Path, tmp_path: Path) -> None:
    done = run("check", catalogue, tmp_path / "larm")
    assert f"{tmp_path / 'larm'} finns inte; kör svarsgrad rules render" in done.output
