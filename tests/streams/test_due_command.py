"""svarsgrad due as a person asks it: one line with the time, and why then."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.due_command import command

CATALOGUE = """\
version: 1
municipalities:
  lulea:
    name: Luleå
    zone: Europe/Stockholm
    office_hours: kontorstid
    hours:
      kontorstid:
        week: {mon-fri: "08:00-12:00, 13:00-16:00"}
        exceptions:
          - {days: [2026-05-15], hours: closed}
      kvall:
        week: {mon-sun: "17:00-21:00"}
        holidays: open
    queues:
      epost: {name: E-post, kind: customer_centre, team: alla, promised_hours: kvall}
      dygnet: {name: Dygnet runt, kind: customer_centre, team: alla}
    teams: {alla: {name: Alla}}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "k.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "2026-06-18T18:00 --in 2wd",
            "Svar senast tisdag 23 juni 2026 kl. 17.00: mottaget torsdag efter stängning; "
            "midsommarafton räknas inte.",
        ),
        (
            "2026-06-19T12:00 --in 2wd",
            "Svar senast onsdag 24 juni 2026 kl. 17.00: mottaget på midsommarafton; räknas från "
            "måndag.",
        ),
        (
            "2026-12-23T12:00 --in 8wh",
            "Svar senast måndag 28 december 2026 kl. 11.00: mottaget onsdag under öppettid; "
            "julafton och juldagen räknas inte.",
        ),
        (
            "2026-11-20T18:00 --in 2wd --rule next-opening",
            "Svar senast onsdag 25 november 2026 kl. 17.00: mottaget fredag efter stängning; "
            "räknas från måndag.",
        ),
        (
            "2026-11-20T17:00:30+00:00 --in 3d",
            "Svar senast måndag 23 november 2026 kl. 18.00.30: mottaget fredag efter stängning.",
        ),
    ],
)
def test_the_due_time_and_why(arguments: str, said: str) -> None:
    result = run(*arguments.split())
    assert (result.output, result.exit_code) == (f"{said}\n", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            "2026-05-13T12:30 --in 1wd",
            "Svar senast fredag 15 maj 2026 kl. 16.00: mottaget onsdag medan det var stängt mitt "
            "på dagen; Kristi himmelsfärdsdag räknas inte.",
        ),
        (
            "2026-05-15T12:30 --in 1wd",
            "Svar senast måndag 18 maj 2026 kl. 16.00: mottaget fredag då det är stängt fast det "
            "är arbetsdag.",
        ),
        (
            "2026-12-24T22:00 --in 8wh --queue epost",
            "Svar senast lördag 26 december 2026 kl. 21.00: mottaget på julafton.",
        ),
        (
            "2026-11-21T20:00 --in 8wh --queue dygnet",
            "Svar senast söndag 22 november 2026 kl. 04.00: mottaget lördag, öppet dygnet runt.",
        ),
    ],
)
def test_with_a_catalogue_hours_are_its_own(file: str, arguments: str, said: str) -> None:
    result = run(*arguments.split(), "--calendar", file)
    assert (result.output, result.exit_code) == (f"{said}\n", 0)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("igår --in 2wd", "TIDPUNKT: 'igår' är ingen tidpunkt; skriv till exempel 2026-03-10T1"),
        ("2026-03-29T02:30 --in 1d", "klockan visade inte 2026-03-29T02:30 den dagen"),
        ("2026-10-25T02:30 --in 1d", "klockan visade två gånger 2026-10-25T02:30 den dagen"),
        ("2026-06-18T18:00 --in 2w", "--in 2w: skriv ett antal, 1 till 9999, och wd, wh eller d"),
        ("2026-06-18T18:00 --in 1000000d", "skriv ett antal, 1 till 9999, och wd"),
        ("2026-06-18T18:00 --in 0wd", "--in 0wd: skriv ett antal, 1 till 9999, och wd"),
        ("2026-06-18T18:00 --in 3WD", "med små bokstäver, till exempel 3wd"),
        ("2100-12-31T10:00 --in 5wd", "helgdagarna är kända för 2005–2100"),
        ("2026-06-18T18:00 --in 2wd --queue x", "--queue och --municipality kräver --calendar"),
        ("2026-06-18T18:00 --in 2wd --calendar FILE --queue x", "skriv epost, dygnet"),
        (
            "2026-06-18T18:00 --in 2wd --calendar FILE --municipality x",
            "x finns inte i FILE: skriv lulea",
        ),
        ("2026-06-18T18:00 --in 9000wh --calendar FILE --queue epost", "inte öppet så länge inom"),
    ],
)
def test_a_question_that_has_no_answer_says_what_to_do(
    file: str, arguments: str, said: str
) -> None:
    result = run(*arguments.replace("FILE", file).split())
    assert said.replace("FILE", file) in " ".join(result.output.split())
    assert result.exit_code != 0
    assert "Traceback" not in result.output
