"""What a report says: of each kind of period, of what has changed, of what is amiss."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reports import report_command

Report = Callable[..., Result]
NBSP = "\N{NO-BREAK SPACE}"
EXAMPLE = Path("examples/lulea.yaml").read_text(encoding="utf-8")


def page(folder: Path) -> str:
    (file,) = folder.glob("*.html")
    text = file.read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.replace("&#39;", "'")))


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    """Return a catalogue in which each text has been replaced."""
    text = EXAMPLE
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "katalog.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_month_is_compared_with_the_month_before_and_that_of_last_year(
    report: Report, tmp_path: Path
) -> None:
    report("month", "2025-02", "--format", "html", "--case-worker", "Kundcenter")
    said = page(tmp_path)
    for text in (
        "Kundservicerapport Luleå kommun februari 2025, månadsrapport",
        "Sammanfattning", "Styrkor", "Avvikelser", "Punkter att beakta",
        "Målet är 90 %", "januari 2025 (", "februari 2024 (",
        "Förvaltning för förvaltning", "När det ringer", "Samtal som går vidare",
        "redan brutet", "En sekund kortare", "Så är det räknat", "Handläggare Kundcenter",
        "Egen mätning i KKiK:s tidsklasser", "Siffrorna är som läget var 2025-03-01",
    ):  # fmt: skip
        assert text in said, text


def test_a_part_of_a_year_has_a_forecast_and_what_is_needed_from_here(
    report: Report, tmp_path: Path
) -> None:
    report("delar", "--through", "2025-02", "--format", "html")
    said = page(tmp_path)
    assert "delårsrapport" in said
    assert "Prognos för 2025" in said
    assert "målet går inte att nå" in said or "Behövs från nu" in said
    assert "Där det inte finns siffror från i fjol" in said


def test_a_report_of_one_administration_has_its_queues_alone(
    report: Report, tmp_path: Path
) -> None:
    report("month", "2025-02", "--format", "html", "--administration", "skola")
    said = page(tmp_path)
    assert "februari 2025, månadsrapport, Skola" in said
    assert "Kundtjänst skola" in said
    assert "E-post skola" in said
    assert "Kundtjänst teknik:" not in said
    assert "De som ringde" not in said
    (file,) = tmp_path.glob("*.html")
    assert file.name == "kundservicerapport-lulea-skola-2025-02.html"


def test_a_promise_that_changed_within_the_period_is_told_in_both_its_versions(
    report: Report, tmp_path: Path
) -> None:
    one = """        limit_seconds: 300
        goal: 0.90
        valid_from: 2018-01-26
        source: Riktlinjer för kundservice, Luleå kommun 2018-01-26, väntetid i telefon"""
    parts = "".join(
        f"""
        - name: Svar {said}
          measure: answered_within
          limit_seconds: {seconds}
          goal: 0.90
          valid_from: {first}
          {after}
          source: Beslut"""
        for said, seconds, first, after in (
            ("inom fem minuter", 300, "2018-01-26", "valid_to: 2025-02-15"),
            ("inom två minuter", 120, "2025-02-15", ""),
        )
    )
    whole = EXAMPLE[EXAMPLE.index("      vantetid-5min:\n") : EXAMPLE.index("      epost-2-arb")]
    file = changed(tmp_path, (whole, f"      vantetid-5min:{parts}\n"))
    assert one in whole
    report("month", "2025-02", "--format", "html", "--catalogue", file)
    said = page(tmp_path)
    assert "Svar inom fem minuter (2025-02-01 till 2025-02-14)" in said
    assert "Svar inom två minuter (2025-02-15 till 2025-02-28)" in said
    assert "fick svar inom 120 s" in said or "fick svar inom 2 min" in said


def test_a_queue_that_has_got_another_id_is_told_of(report: Report, tmp_path: Path) -> None:
    file = changed(tmp_path, ("kundtjanst-skola", "kundtjanst-skolan"))
    report("month", "2025-02", "--format", "html", "--catalogue", file)
    assert "Samtal kom till köer som katalogen inte har: kundtjanst-skola (" in page(tmp_path)


def test_a_formula_in_a_name_is_a_name_in_every_format(report: Report, tmp_path: Path) -> None:
    name = '=HYPERLINK(\\"https://example.org\\")<b>$x^2$'
    file = changed(
        tmp_path, ("name: Kundtjänst skola\n        kind", f'name: "{name}"\n        kind')
    )
    report("month", "2025-02", "--catalogue", file)
    (plain,) = tmp_path.glob("*.plain.csv")
    (excel,) = set(tmp_path.glob("*.csv")) - {plain}
    rows = excel.read_text(encoding="utf-8-sig").splitlines()
    assert any("'=HYPERLINK" in row for row in rows)
    assert not any(re.search(r'(^|;)"?=', row) for row in rows)
    (html,) = tmp_path.glob("*.html")
    assert "<b>$x" not in html.read_text(encoding="utf-8")
    assert "&lt;b&gt;$x^2$" in html.read_text(encoding="utf-8")
    (book,) = tmp_path.glob("*.xlsx")
    sheets = subprocess.run(
        [sys.executable, "-c", "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); "
         "print(b''.join(z.read(n) for n in z.namelist() if 'sheet' in n))", book],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "<f>" not in sheets.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("month", "2025-13"), "'2025-13' är ingen månad: skriv som 2025-03"),
        (
            ("month", "2023-05"),
            "inget från maj 2023 för Luleå: det har händelser från",
        ),
        (("year", "2090"), "2090 har inte börjat"),
        (("month", "2025-02", "--format", "doc"), "--format 'doc' finns inte"),
        (("month", "2025-02", "--municipality", "boden"), "boden finns inte"),
        (("month", "2025-02", "--administration", "park"), "park finns inte: välj bland"),
        (("month", "2025-02", "--database", "ingen.db"), "arkivet ingen.db finns inte"),
        (("month", "2025-02", "--to", "ingen/mapp"), "--to ingen/mapp: mappen går inte att göra"),
        (("month", "2025-02", "--dated", "igår"), "--dated igår är inget datum"),
        (("delar", "--through", "2025-12"), "svarsgrad report year 2025"),
        (("month", "2025-02", "--analysis", "ingen.md"), "ingen.md går inte att läsa"),
        (("month", "2025-02", "--comparison", "ingen.csv"), "skriv comparisons"),
        (("month", "2025-02", "--at", "2025-02-10"), "--at måste ligga vid eller efter"),
        (("month", "2025-02", "--establish", " "), "--establish är tomt"),
        (("month", "2025-02", "--catalogue", "ingen.yaml"), "ingen.yaml"),
    ],
)
def test_what_can_not_be_is_refused_in_one_line_and_nothing_is_written(
    report: Report, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code = 2 if said.startswith("--") or "finns inte: välj" in said or "boden" in said else 1
    result = report(*arguments, expect=code)
    last = result.stderr.strip().splitlines()[-1]
    assert said in last
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_a_newer_version_is_refused(
    report: Report, archive: Path, tmp_path: Path
) -> None:
    newer = tmp_path / "nyare.db"
    newer.write_bytes(archive.read_bytes())
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE svarsgrad_version SET version_num = '9999'")
    result = report("month", "2025-02", "--database", newer, expect=1)
    assert "av en nyare version (9999)" in result.stderr
    assert list(tmp_path.iterdir()) == [newer]


def test_a_disk_that_fills_up_leaves_what_was_there(
    archive: Path, catalogue: Path, tmp_path: Path
) -> None:
    before = tmp_path / "kundservicerapport-lulea-2025-02.csv"
    before.write_text("som det var", encoding="utf-8")
    command = (
        f"ulimit -f 100; {sys.executable} -m streams report month 2025-02 --catalogue {catalogue} "
        f"--database {archive} --to {tmp_path} --format csv,html"
    )
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "går inte att spara" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [before]
    assert before.read_text(encoding="utf-8") == "som det var"


def test_a_report_is_a_draft_until_it_is_established_and_later_changes_are_corrections(
    report: Report, archive: Path, tmp_path: Path
) -> None:
    own = tmp_path / "eget.db"
    own.write_bytes(archive.read_bytes())
    usual = ("month", "2025-02", "--format", "html", "--database", own)
    report(*usual)
    assert "Status Utkast" in page(tmp_path)

    report(*usual, "--establish", "KS-AU § 12")
    assert "Status Fastställd enligt KS-AU § 12 (daterad 2026-02-09)" in page(tmp_path)
    report(*usual)
    assert "Inget har ändrats sedan dess." in page(tmp_path)
    again = report(*usual, "--establish", "KS-AU § 13", expect=2)
    assert "redan fastställd enligt KS-AU § 12" in again.stderr
    with closing(sqlite3.connect(own)) as connection, connection:
        ((content,),) = connection.execute("SELECT content FROM established").fetchall()
        kept = json.loads(content)
        connection.execute("DELETE FROM leg WHERE queue = 'vaxel' AND arrived % 3 = 0")
    promise = next(its for its in kept["outcomes"] if its["promise"]["id"] == "svar-15s")
    assert promise["promise"]["goal"] == 0.9
    assert promise["promise"]["source"].startswith("Kundservicerapport")
    assert (
        promise["value"]
        == kept["figures"]["queues"]["vaxel"]["service_levels"]["svar-15s"]["ratio"]
    )

    report(*usual)
    said = page(tmp_path)
    assert (
        "Status Utkast till rättelse (fastställd enligt KS-AU § 12 (daterad 2026-02-09))" in said
    )
    assert "inte fastställt" in said
    report(*usual, "--dated", "2026-03-01", "--establish", "KS-AU § 40")
    said = page(tmp_path)
    assert "Status Fastställd enligt KS-AU § 40 (daterad 2026-03-01)" in said
    for decision in ("§ 12 (daterad 2026-02-09).", "§ 40 (daterad 2026-03-01)."):
        assert f"Fastställd enligt KS-AU {decision}" in said
    number = f"{promise['n']:,}".replace(",", " ")
    assert f"Svar inom tre signaler Växeln Antal {number}" in said.replace(NBSP, " ")


def test_a_way_of_counting_that_was_changed_since_is_told_of_first(
    report: Report, archive: Path, catalogue: Path, tmp_path: Path
) -> None:
    own = tmp_path / "eget.db"
    own.write_bytes(archive.read_bytes())
    usual = ("month", "2025-02", "--format", "html", "--database", own)
    report(*usual, "--establish", "KS-AU § 12")
    other = tmp_path / "annan.yaml"
    text = catalogue.read_text(encoding="utf-8")
    old = "exclude_short_abandons_seconds: 0"
    assert old in text
    other.write_text(text.replace(old, f"{old[:-1]}5"), encoding="utf-8")
    report(*usual, "--catalogue", other)
    said = page(tmp_path)
    assert "Utkast till rättelse" in said
    row = "Beräkningssättet har ändrats alla korta avbrutna samtal räknas bort, sekunder 0 5"
    assert row in said


def test_an_archive_that_is_written_by_another_leaves_the_files_as_they_were(
    report: Report, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "eget.db"
    own.write_bytes(archive.read_bytes())
    monkeypatch.setattr("streams.archive.database.BUSY_MS", 100)
    with closing(sqlite3.connect(own, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        usual = ("month", "2025-02", "--format", "csv", "--database", own)
        result = report(*usual, "--establish", "KS-AU § 12", expect=1)
        other.execute("ROLLBACK")
    assert "eget.db är upptagen: något annat skriver i den" in result.stderr
    assert not list(tmp_path.glob("*.csv"))


def test_a_folder_in_the_way_leaves_all_files_as_they_were(report: Report, tmp_path: Path) -> None:
    report("month", "2025-02", "--format", "csv,html", "--dnr", "1")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    (tmp_path / "kundservicerapport-lulea-2025-02.xlsx").mkdir()
    result = report("month", "2025-02", "--format", "csv,html,xlsx", "--dnr", "2", expect=1)
    assert "det är en mapp; inget är ändrat" in result.stderr
    assert all((tmp_path / name).read_bytes() == content for name, content in before.items())


def test_what_the_archive_has_in_part_is_compared_with_nothing(
    report: Report, archive: Path, tmp_path: Path
) -> None:
    own = tmp_path / "eget.db"
    own.write_bytes(archive.read_bytes())
    with closing(sqlite3.connect(own)) as connection, connection:
        late = 1_708_776_000_000_000  # in the last week of February 2024
        connection.execute("DELETE FROM leg WHERE arrived < ?", (late,))
    report("month", "2025-02", "--format", "html", "--database", own)
    said = page(tmp_path)
    assert "Arkivet har inte hela februari 2024 för" in said
    assert "där jämförs inget med den tiden" in said


def test_a_year_of_which_the_archive_has_an_end_says_so_first(
    report: Report, tmp_path: Path
) -> None:
    report("year", "2024", "--format", "html")
    assert "rapporten omfattar inte hela perioden" in page(tmp_path)


def test_help_says_what_each_report_is() -> None:
    said = CliRunner().invoke(report_command.command, ["--help"]).output
    for text in ("month", "year", "delar", "week-overdue"):
        assert text in said
