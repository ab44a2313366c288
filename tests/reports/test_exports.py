"""Tables of open data say what the figures say, and their dictionaries say what they are."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reports import report_command
from reports.exports import command as export_command
from streams.replay import command as replay

Run = Callable[..., Result]
PERIOD = "2025-02"
QUEUES = ("vaxel", "kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social", "kalix-tele24")


@pytest.fixture
def run(archive: Path, catalogue: Path, tmp_path: Path) -> Run:
    def invoked(*arguments: str, expect: int = 0) -> Result:
        usual = ("--catalogue", catalogue, "--database", archive, "--to", tmp_path)
        kind, *rest = arguments
        told = [str(its) for its in (kind, *usual, *rest)]
        result = CliRunner().invoke(export_command.command, told)
        assert result.exit_code == expect, result.output
        return result

    return invoked


@pytest.fixture(scope="module")
def replayed(logs: list[Path], catalogue: Path) -> dict[str, Any]:
    asked = ("--catalogue", str(catalogue), "--window", "2025-02-01/2025-03-01", "--json")
    result = CliRunner().invoke(replay.command, [*map(str, logs), *asked])
    found: dict[str, Any] = json.loads(result.stdout)["lulea"]
    return found


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    text = (folder / f"{name}-lulea-{PERIOD}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def dictionary(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / f"{name}-lulea-{PERIOD}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_calls_by_themselves_add_up_to_the_figures(
    run: Run, tmp_path: Path, replayed: dict[str, Any]
) -> None:
    run("legs", PERIOD)
    told = rows(tmp_path, "samtal")
    assert told == sorted(told, key=lambda row: row["kom"])
    for queue in QUEUES:
        figures = replayed["queues"][queue]
        its = [row for row in told if row["kö"] == queue]
        assert sum(row["internt"] == "true" for row in its) == figures["internal"]
        its = [row for row in its if row["internt"] == "false"]
        outside = [row for row in its if row["inom_öppettid"] == "false"]
        assert len(outside) == figures["outside_hours"]
        its = [row for row in its if row["inom_öppettid"] == "true"]
        outcomes = Counter(row["utfall"] for row in its)
        assert outcomes["besvarat"] == figures["answered"]
        assert outcomes["lade på"] == figures["abandoned"]
        assert outcomes["kön stängde"] == figures["closed"]
        waits = [float(row["väntan_sekunder"]) for row in its if row["utfall"] == "besvarat"]
        if waits:
            assert max(waits) == figures["wait_seconds"]["max"]
            assert sum(waits) / len(waits) == pytest.approx(figures["wait_seconds"]["mean"])
        talks = [float(row["samtal_sekunder"]) for row in its if row["samtal_sekunder"]]
        assert len(talks) == figures["talk_seconds"]["n"]


def test_no_call_tells_who_called_nor_when_to_the_second(run: Run, tmp_path: Path) -> None:
    run("legs", PERIOD)
    told = rows(tmp_path, "samtal")
    assert set(told[0]) == {its["name"] for its in dictionary(tmp_path, "samtal")["fields"]}
    assert all(len(row["kom"]) == len("2025-02-03T08:00+01:00") for row in told)
    numbers = [int(row["kontakt"]) for row in told]
    assert sorted(set(numbers)) == list(range(1, len(set(numbers)) + 1))
    assert max(Counter(numbers).values()) > 1


@pytest.mark.parametrize("minutes", ["15", "60"])
def test_intervals_add_up_to_the_figures(
    run: Run, tmp_path: Path, replayed: dict[str, Any], minutes: str
) -> None:
    run("intervals", PERIOD, "--minutes", minutes)
    told = rows(tmp_path, "intervall")
    for queue in QUEUES:
        figures = replayed["queues"][queue]
        its = [row for row in told if row["kö"] == queue]
        assert sum(int(row["inkomna"]) for row in its) == figures["arrived"]
        assert sum(int(row["förlorade"]) for row in its) == figures["lost"]["count"]
        for target, level in figures["service_levels"].items():
            assert sum(int(row[f"i_tid.{target}"]) for row in its) == level["good"]
            assert sum(int(row[f"avgjorda.{target}"]) for row in its) == level["decided"]
    assert {row["börjar"][14:16] for row in told} <= {"00", "15", "30", "45"}
    keys = [(row["kö"], row["börjar"]) for row in told]
    assert len(set(keys)) == len(keys)


def test_our_own_measure_in_the_classes_of_kkik_is_called_that(
    run: Run, tmp_path: Path, replayed: dict[str, Any]
) -> None:
    run("kkik", PERIOD)
    assert dictionary(tmp_path, "kkik")["title"] == "Egen mätning i KKiK:s tidsklasser, Luleå"
    told = {(row["mått"], row["klass"]): row for row in rows(tmp_path, "kkik")}
    its = replayed["contacts"]["kkik"]
    row = told["telefon", "inom 1 minut"]
    assert int(row["antal"]) == its["contacts"]["within_1_min"]["count"]
    assert float(row["andel"]) == its["contacts"]["within_1_min"]["ratio"]
    assert int(told["kopplade", "inom 60 sekunder"]["av"]) == its["after_transfer"]["n"]
    mail = replayed["questions"]["promises"]["kkik-epost"]["windows"]["asked"]
    row = told["frågor", "inom 1 arbetsdag (kkik-epost)"]
    assert (int(row["antal"]), int(row["av"])) == (mail["due"]["in_time"], mail["decided"])


@pytest.mark.parametrize("kind", export_command.KINDS)
def test_values_are_of_the_kinds_that_the_dictionary_says(
    run: Run, tmp_path: Path, kind: str
) -> None:
    run(kind, PERIOD)
    (file,) = tmp_path.glob("*.schema.json")
    fields = json.loads(file.read_text(encoding="utf-8"))["fields"]
    name = file.name.partition("-")[0]
    kinds = {"integer": int, "number": float, "string": str, "datetime": str, "boolean": str}
    for row in rows(tmp_path, name):
        for its in fields:
            value = row[its["name"]]
            if value:
                kinds[its["type"]](value)
                assert value in its.get("constraints", {}).get("enum", [value])
                assert its["type"] != "boolean" or value in {"true", "false"}


def test_for_excel_it_is_as_swedish_excel_opens_it(run: Run, tmp_path: Path) -> None:
    run("kkik", PERIOD, "--excel")
    text = (tmp_path / f"kkik-lulea-{PERIOD}.csv").read_text(encoding="utf-8")
    assert text.startswith("\ufeffmånad;mått;")
    assert ";0," in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("legs", "2025-2"), "varken månad eller år"),
        (("legs", "2023-05"), "arkivet har inget från maj 2023"),
        (("legs", "2090"), "har inte börjat"),
    ],
)
def test_what_can_not_be_is_refused_in_one_line(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in run(*arguments, expect=1).stderr.strip().splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_an_interval_is_judged_by_the_promise_of_its_day(
    run: Run, logs: list[Path], catalogue: Path, tmp_path: Path
) -> None:
    text = catalogue.read_text(encoding="utf-8")
    begins, ends = text.index("      svar-15s:\n"), text.index("      svar-5min:\n")
    versions = "".join(
        f"        - {{name: Svar, measure: answered_within, limit_seconds: {seconds}, goal: 0.9,\n"
        f"           valid_from: {first}, {until}source: Prov}}\n"
        for seconds, first, until in (
            (40, "2014-01-01", "valid_to: 2025-02-15, "),
            (2, "2025-02-15", ""),
        )
    )
    changed = tmp_path / "katalog.yaml"
    changed.write_text(f"{text[:begins]}      svar-15s:\n{versions}{text[ends:]}", "utf-8")
    run("intervals", PERIOD, "--catalogue", str(changed))
    told = [row for row in rows(tmp_path, "intervall") if row["kö"] == "vaxel"]
    for first, after in (("2025-02-01", "2025-02-15"), ("2025-02-15", "2025-03-01")):
        asked = ("--catalogue", str(changed), "--window", f"{first}/{after}", "--json")
        result = CliRunner().invoke(replay.command, [*map(str, logs), *asked])
        level = json.loads(result.stdout)["lulea"]["queues"]["vaxel"]["service_levels"]["svar-15s"]
        its = [row for row in told if first <= row["börjar"][:10] < after]
        assert sum(int(row["i_tid.svar-15s"]) for row in its) == level["good"]
        assert sum(int(row["avgjorda.svar-15s"]) for row in its) == level["decided"]


def test_the_map_of_a_week_is_of_the_times_that_each_hour_was_open(
    run: Run, archive: Path, catalogue: Path, tmp_path: Path
) -> None:
    """Of Mondays there were three, since the sixth is a holiday, as the first, a Wednesday, is."""
    run("legs", "2025-01")
    text = (tmp_path / "samtal-lulea-2025-01.csv").read_text(encoding="utf-8")
    counts: Counter[tuple[int, int]] = Counter()
    for row in csv.DictReader(io.StringIO(text)):
        if (row["kö"], row["inom_öppettid"], row["internt"]) == ("vaxel", "true", "false"):
            at = datetime.fromisoformat(row["kom"])
            counts[at.weekday(), at.hour] += 1
    usual = ("--catalogue", catalogue, "--database", archive, "--to", tmp_path)
    asked = [str(its) for its in ("month", "2025-01", *usual, "--format", "csv")]
    assert CliRunner().invoke(report_command.command, asked).exit_code == 0
    (file,) = tmp_path.glob("*.plain.csv")
    told = {
        (row["rad"], row["kolumn"]): float(row["värde"])
        for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))
        if row["tabell"] == "Växeln: samtal i medel per timme, i siffror" and row["värde"]
    }
    times = {"Måndag": 3, "Tisdag": 4, "Onsdag": 4, "Torsdag": 5, "Fredag": 5}
    assert len(told) == 5 * 9
    for (day, hour), mean in told.items():
        cell = (list(times).index(day), int(hour[:2]))
        assert mean == pytest.approx(counts[cell] / times[day])
