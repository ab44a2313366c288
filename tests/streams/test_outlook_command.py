"""``svarsgrad learn-profile`` and ``outlook``, as an analyst meets them."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from streams.__main__ import commands
from streams.catalogue_file import read_catalogue
from streams.domain.outlook.profiles_file import load_profiles

EXAMPLE = Path(__file__).parents[2] / "examples" / "lulea.yaml"
TODAY = "2026-03-26"
AT = f"{TODAY}T10:20"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(commands, [str(its) for its in arguments], env={"COLUMNS": "110"})


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six weeks that are past, a day, and a catalogue that names a file of profiles."""
    made = tmp_path_factory.mktemp("outlook")
    for days, of, name in (
        ("2026-02-02/2026-03-15", "calls", "past"),
        (f"{TODAY}/2026-03-27", "calls,presence", "day"),
    ):
        told = ("simulate", "--date", days, "--with", of, "--scale", 0.5)
        assert run(*told, "--to", made / f"{name}.jsonl.gz").exit_code == 0
    text = EXAMPLE.read_text("utf-8").replace("version: 1", "version: 1\nprofiles: profiler.json")
    (made / "katalog.yaml").write_text(text, "utf-8")
    return made


@pytest.fixture(scope="module")
def learnt(directory: Path) -> Result:
    told = ("--catalogue", directory / "katalog.yaml", "--to", directory / "profiler.json")
    return run("learn-profile", directory / "past.jsonl.gz", *told)


def test_what_is_learnt_is_told_and_written(learnt: Result, directory: Path) -> None:
    assert learnt.exit_code == 0
    lines = learnt.output.splitlines()
    assert lines[0].split() == ["Kö", "Dagar", *("mån", "tis", "ons", "tor", "fre"),
                                "Varierar", "Samtal", "Tålamod"]  # fmt: skip
    vaxel = lines[2].split()
    assert vaxel[:2] == ["Växeln", "28"], "six weeks without the first day and the last"
    assert 600 < int(vaxel[2]) < 1_000
    assert lines[-1] == f"4 profiler skrevs till {directory / 'profiler.json'}"
    written = load_profiles((directory / "profiler.json").read_bytes(), "p")
    assert set(written["lulea"]) == {
        "vaxel", "kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social"
    }  # fmt: skip
    queues = read_catalogue(directory / "katalog.yaml").municipalities["lulea"].queues
    assert queues["vaxel"].profile == written["lulea"]["vaxel"]
    assert queues["kalix-tele24"].profile is None


def test_the_rest_of_a_day_is_told_by_what_was_learnt(learnt: Result, directory: Path) -> None:
    assert learnt.exit_code == 0
    told = run("outlook", directory / "day.jsonl.gz", "--catalogue", directory / "katalog.yaml",
               "--at", AT)  # fmt: skip
    assert told.exit_code == 0
    lines = told.output.splitlines()
    assert lines[0] == f"Luleå {TODAY} kl. 10.20: resten av dagen"
    assert lines[1].split()[:5] == ["Kö", "Hittills", "Brukar", "Väntas", "Löfte"]
    assert lines[3].startswith("Växeln")
    assert "90\N{NO-BREAK SPACE}% ≤ 5 min" in lines[3]
    assert any(line.startswith("Behövs") and " 10.15 10.30 " in line for line in lines)
    assert "ingen egen profil" not in told.output
    assert "Krävs: av dem, för att nå" in told.output


def test_all_there_is_to_say_is_in_the_json(learnt: Result, directory: Path) -> None:
    assert learnt.exit_code == 0
    told = run("outlook", directory / "day.jsonl.gz", "--catalogue", directory / "katalog.yaml",
               "--at", AT, "--json")  # fmt: skip
    vaxel = orjson.loads(told.output)["lulea"]["vaxel"]
    assert vaxel["profile_days"] == 28
    assert vaxel["to_come"]["low"] < vaxel["to_come"]["mean"] < vaxel["to_come"]["high"]
    assert vaxel["targets"]["vantetid-5min"]["likely"]["best"] > 0.9
    assert vaxel["quarters"][0]["start"] == f"{TODAY}T10:15:00+01:00"
    assert vaxel["quarters"][-1]["start"] == f"{TODAY}T16:45:00+01:00"
    assert vaxel["quarters"][0]["people"] >= vaxel["quarters"][0]["erlangs"]
    assert vaxel["staffed"] >= 1


def test_without_a_profile_the_day_is_a_typical_one_and_that_is_said(directory: Path) -> None:
    told = run("outlook", directory / "day.jsonl.gz", "--catalogue", EXAMPLE, "--at", AT)
    assert told.exit_code == 0
    assert "Kundtjänst social: ingen egen profil" in " ".join(told.output.split())
    assert (
        run(
            "outlook", directory / "day.jsonl.gz", "--catalogue", EXAMPLE, "--at", f"{TODAY}T20:00"
        ).output.count(" –")
        >= 4
    ), "nothing more comes"


def test_too_few_people_are_said_to_be_so(tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl.gz"
    run("simulate", "--date", f"{TODAY}/2026-03-27", "--with", "calls,presence",
        "--staffing", 0.4, "--to", few)  # fmt: skip
    told = run("outlook", few, "--catalogue", EXAMPLE, "--at", AT)
    assert "Växeln är underbemannad: " in told.output


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("learn-profile --catalogue {d}/katalog.yaml --to p", "ange antingen filer eller"),
        ("learn-profile {d}/day.jsonl.gz --catalogue {d}/katalog.yaml", "Flagga saknas: '--to'"),
        ("learn-profile {d}/day.jsonl.gz --catalogue {d}/katalog.yaml --to {d}/p",
         "det behövs samtal från minst tre dagar"),
        ("learn-profile {d}/past.jsonl.gz --catalogue {d}/katalog.yaml --to {d}/ingen/p",
         "ingen/p kan inte skrivas (filen eller mappen finns inte)"),
        ("learn-profile {d}/saknas --catalogue {d}/katalog.yaml --to p", "saknas finns inte"),
        ("outlook --catalogue {e}", "ange antingen filer eller ämnen (--topics)"),
        ("outlook {d}/day.jsonl.gz --catalogue {e} --at nu", "'nu' är ingen tidpunkt"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(directory: Path, typed: str, said: str) -> None:
    result = run(*typed.format(d=directory, e=EXAMPLE).split())
    assert result.exit_code
    assert said in result.output


def test_a_catalogue_whose_profiles_cant_be_read_is_refused(tmp_path: Path) -> None:
    catalogue = tmp_path / "k.yaml"
    text = EXAMPLE.read_text("utf-8").replace("version: 1", "version: 1\nprofiles: p.json")
    catalogue.write_text(text, "utf-8")
    missing = run("check-catalogue", catalogue)
    assert missing.exit_code == 1
    assert f"{tmp_path / 'p.json'} finns inte; gör den med svarsgrad learn-profile" in (
        missing.output
    )
    (tmp_path / "p.json").write_text("[]", "utf-8")
    wrong = run("check-catalogue", catalogue)
    assert "p.json: innehållet har inte rätt form" in wrong.output
