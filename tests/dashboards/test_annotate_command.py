"""``svarsgrad dashboards annotate``: a note is there once, however often it is told."""

import json

import pytest
from click.testing import CliRunner, Result
from grafana_stub import LOGIN_PAGE, READS, Fault, Grafana

from dashboards.grafana.annotating import tag
from streams.__main__ import commands

AT = ("--at", "2026-03-10T10:15")
AT_MILLISECONDS = 1_773_134_100_000  # 09.15 UTC: it is winter


def run(grafana: Grafana, token: str, *more: str) -> Result:
    told = ["--url", grafana.url, "--token-file", token, *more]
    return CliRunner().invoke(commands, ["dashboards", "annotate", *told])


def test_the_same_note_told_again_is_there_already(grafana: Grafana, token: str) -> None:
    first = run(grafana, token, "Växeln nere", *AT)
    assert first.output == "Antecknat: Växeln nere (2026-03-10 kl. 10.15)\n"
    again = run(grafana, token, "Växeln nere", *AT)
    assert again.output == "Fanns redan: Växeln nere (2026-03-10 kl. 10.15)\n"
    assert {first.exit_code, again.exit_code} == {0}
    (note,) = grafana.annotations
    assert (note["time"], note["timeEnd"]) == (AT_MILLISECONDS, AT_MILLISECONDS)
    assert note["tags"] == ["svarsgrad"]


@pytest.mark.parametrize(
    "other",
    [
        ("Växeln uppe", *AT),
        ("Växeln nere", "--at", "2026-03-10T10:16"),
        ("Växeln nere", *AT, "--tag", "drift"),
        ("Växeln nere", *AT, "--tag", "svarsgrad", "--tag", "drift"),
    ],
)
def test_another_text_time_or_tag_is_another_note(
    other: tuple[str, ...], grafana: Grafana, token: str
) -> None:
    run(grafana, token, "Växeln nere", *AT)
    assert run(grafana, token, *other).output.startswith("Antecknat: ")
    assert len(grafana.annotations) == 2


@pytest.mark.parametrize("its", [{"dashboardId": 7}, {"alertId": 3}])
def test_a_note_of_a_board_or_an_alert_is_not_taken_for_ours(
    its: dict[str, int], grafana: Grafana, token: str
) -> None:
    run(grafana, token, "Växeln nere", *AT)
    grafana.annotations[0] |= its
    assert run(grafana, token, "Växeln nere", *AT).output.startswith("Antecknat: ")


def test_an_end_may_be_told_at_once_or_later_and_is_kept(grafana: Grafana, token: str) -> None:
    run(grafana, token, "Växeln nere", *AT)
    end = ("--until", "2026-03-10T11:00")
    done = run(grafana, token, "Växeln nere", *AT, *end)
    assert done.output == "Slutet är ändrat: Växeln nere (2026-03-10 kl. 10.15–11.00)\n"
    for more in (end, ()):
        assert run(grafana, token, "Växeln nere", *AT, *more).output.startswith("Fanns redan: ")
    run(grafana, token, "Kön stängd", *AT, *end)
    assert [note["timeEnd"] - note["time"] for note in grafana.annotations] == [2_700_000] * 2
    assert [note["tags"] for note in grafana.annotations] == [["svarsgrad"]] * 2


def test_an_instant_may_have_an_offset_and_is_now_if_it_is_not_told(
    grafana: Grafana, token: str
) -> None:
    run(grafana, token, "a", "--at", "2026-03-10T09:15+00:00")
    run(grafana, token, "b")
    times = [note["time"] for note in grafana.annotations]
    assert times[0] == AT_MILLISECONDS
    assert times[1] > AT_MILLISECONDS


@pytest.mark.parametrize("text", ["A&B", "50 % #1", "köer?x=1", "nöd+läge", "källa: växeln: 2"])
def test_any_tag_finds_its_note_again(text: str, grafana: Grafana, token: str) -> None:
    run(grafana, token, "Växeln nere", *AT, "--tag", text)
    again = run(grafana, token, "Växeln nere", *AT, "--tag", text)
    assert again.output.startswith("Fanns redan: ")
    assert grafana.annotations[0]["tags"] == [tag(text)]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (("b", *AT), "Fanns redan: "),
        (("c", *AT), "Antecknat: "),
        (("b", "--at", "2026-03-10T10:16"), "Antecknat: "),
        (("b", *AT, "--tag", "drift"), "Antecknat: "),
    ],
)
def test_a_grafana_that_answers_with_all_it_has_makes_no_difference(
    told: tuple[str, ...], said: str, grafana: Grafana, token: str
) -> None:
    for text in ("a", "b"):
        run(grafana, token, text, *AT)
    body = json.dumps(grafana.annotations).encode()
    grafana.faults.append(Fault("GET", "/annotations", 200, body))
    assert run(grafana, token, *told).output.startswith(said)


def test_where_there_are_more_notes_than_are_told_nothing_is_written(
    grafana: Grafana, token: str
) -> None:
    grafana.annotations += [
        {"id": n, "alertId": 0, "time": AT_MILLISECONDS, "timeEnd": AT_MILLISECONDS}
        | {"text": f"nr {n}", "tags": ["svarsgrad"]}
        for n in range(1000)
    ]
    done = run(grafana, token, "Växeln nere", *AT)
    assert "har för många anteckningar den tiden: ange en egen --tag" in done.output
    assert done.exit_code == 1
    assert len(grafana.annotations) == 1000


def test_a_note_whose_answer_was_lost_is_not_written_twice(
    grafana: Grafana, token: str, waited: list[float]
) -> None:
    for fault in (Fault("POST", "/annotations", 502, is_done=True), Fault("POST", "/annotations")):
        fault.is_done = True
        grafana.faults[:] = [fault]
        assert run(grafana, token, "Växeln nere", *AT).output.startswith("Antecknat: ")
        assert len(grafana.annotations) == 1
        grafana.annotations.clear()
    assert waited == []


def test_a_note_that_was_surely_not_written_is_written_later(
    grafana: Grafana, token: str, waited: list[float]
) -> None:
    grafana.faults.append(Fault("POST", "/annotations", 503, times=2))
    assert run(grafana, token, "Växeln nere", *AT).exit_code == 0
    assert len(grafana.annotations) == 1
    assert waited == [0.5, 1.0]


def test_a_note_that_may_not_have_been_written_is_looked_for_and_missed(
    grafana: Grafana, token: str
) -> None:
    grafana.faults.append(Fault("POST", "/annotations", 504))
    done = run(grafana, token, "Växeln nere", *AT)
    assert "är upptagen eller på väg upp (HTTP 504): försök igen om en stund" in done.output
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ((" ", *AT), "TEXT är tom: skriv vad som har hänt"),
        (("a", "--tag", " : x"), "--tag ' : x' är ingen tagg: skriv ett ord"),
        (("a", "--at", "kl 10"), "--at: 'kl 10' är ingen tidpunkt; skriv till exempel 2026-03"),
        (("a", *AT, "--until", "2026-03-10T10:00"), "--until ligger före --at: byt plats"),
        ((), "Argument saknas: 'TEXT'"),
    ],
)
def test_a_mistake_is_told_before_grafana_is_asked(
    told: tuple[str, ...], said: str, grafana: Grafana, token: str
) -> None:
    done = run(grafana, token, *told)
    assert said in done.output
    assert done.exit_code == 2
    assert grafana.asked == []


def test_what_is_lacking_is_named(grafana: Grafana, token: str) -> None:
    grafana.rights = READS
    done = run(grafana, token, "Växeln nere", *AT)
    assert "skriva en anteckning: ge rättigheten annotations:create, som rollen Ed" in done.output
    assert done.exit_code == 1


def test_a_page_to_log_in_on_is_no_grafana(grafana: Grafana, token: str) -> None:
    grafana.faults.append(Fault("GET", "/annotations", 200, LOGIN_PAGE))
    done = run(grafana, token, "Växeln nere", *AT)
    assert "svarar inte som Grafana (HTTP 200): rätta --url" in done.output
    assert done.exit_code == 1
