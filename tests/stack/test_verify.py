"""svarsgrad verify: what workers say is held against their topics, and what differs is named."""

import contextlib
import itertools
import os
import pty
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from answers import until_settled
from busy import BEGINNINGS, MUNICIPALITIES, happenings
from click.testing import CliRunner, Result
from workers import Load, Site, crew

from stack.broker import Broker
from stack.loopback import request
from stack.own import Worker
from stack.ports import free_ports
from stack.programs import PROMTOOL
from streams import metrics as m
from streams.__main__ import commands
from streams.domain.catalogue import load_catalogue
from streams.domain.event_types import TOPICS
from streams.domain.events import elements, encode
from streams.replay import Log
from streams.verify import Answers, Comparison, compare
from streams.verify.asking import ask
from streams.verify.oracle import Oracle
from streams.verify.scrape import Scrape

EVENTS = 6_000
HOURS = 40
"""So many until now: some of it is of the day before yesterday, and is let go of."""

CURSOR_IS_BACK = b"\x1b[2K"
"""Erases the line that it stands in."""
PATIENT_SECONDS = "60"
"""No municipality moves while we look, however busy the machine is."""


@pytest.fixture(scope="module")
def site(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Topics with all kinds of events."""
    made = Site(broker.bootstrap_servers, "verified", tmp_path_factory.mktemp("verified"))
    made.make_topics()
    began = datetime.now(UTC) - timedelta(hours=HOURS)
    steps = itertools.count()
    happened = happenings(
        random.Random(5), clock=lambda: began + timedelta(hours=HOURS) * next(steps) / EVENTS
    )
    made.publish(list(itertools.islice(happened, EVENTS - 1)))
    return made


@pytest.fixture(scope="module")
def workers(site: Site) -> Iterator[tuple[Worker, Worker]]:
    first, second = (
        site.worker(name, SESSION_SECONDS=PATIENT_SECONDS) for name in ("first", "second")
    )
    with crew(first, second):
        until_settled(site, first, second)
        yield first, second


def address(worker: Worker) -> str:
    return f"http://127.0.0.1:{worker.port}"


def arguments(site: Site, *workers: str, file: Path | None = None) -> list[str]:
    return [
        "verify",
        *(argument for worker in workers for argument in ("--worker", worker)),
        *("--catalogue", str(file or site.file), "--topics", site.topics, "--kafka", site.kafka),
    ]


def verify(site: Site, *workers: str, file: Path | None = None) -> Result:
    return CliRunner().invoke(commands, arguments(site, *workers, file=file))


def changed(site: Site, old: str, new: str) -> Path:
    """Return a catalogue that is another in one thing."""
    text = site.file.read_text("utf-8")
    assert old in text
    path = site.directory / "changed.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


# What is as it should be.


def test_workers_that_say_what_their_topics_say_are_told_so_in_one_line(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", *arguments(site, *map(address, workers))],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert done.stdout.startswith("Allt stämmer: 2 räknare, 8 kommuner, ")
    words = ("siffror", "samtal", "frågor", "ärenden", "enkätsvar", "bemanning", "värden")
    assert all(word in done.stdout for word in words)


def test_on_a_terminal_it_says_what_it_is_doing_and_leaves_nothing_of_it(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "streams", *arguments(site, *map(address, workers))],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        text=True,
    ) as running:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how a terminal tells that nobody writes to it
            while some := os.read(ours, 4096):
                shown += some
        assert running.stdout is not None
        assert running.stdout.read().startswith("Allt stämmer: ")
    os.close(ours)
    text = shown.decode()
    assert all(step in text for step in ("Frågar http", "Läser verified.calls", "Jämför http"))
    assert shown.endswith(CURSOR_IS_BACK)


def test_workers_are_right_under_load_too_each_up_to_its_own_offsets(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    with Load(site, 300, random.Random(6)) as load:
        time.sleep(1)
        done = verify(site, *map(address, workers))
        load.end()
    assert done.output.startswith("Allt stämmer: 2 räknare, 8 kommuner, "), done.output
    assert done.exit_code == 0


def test_the_metrics_file_has_what_was_found_and_promtool_has_nothing_to_say_of_it(
    site: Site, workers: tuple[Worker, Worker], tmp_path: Path
) -> None:
    path = tmp_path / "svarsgrad.prom"
    given = [*arguments(site, address(workers[0])), "--metrics-file", str(path)]
    before = time.time()
    assert CliRunner().invoke(commands, given).exit_code == 1
    assert list(tmp_path.iterdir()) == [path]
    found = Scrape.of(path.read_text("utf-8"))
    names = {m.PREFIX + metric.name for metric in m.VERIFY}
    assert {name for name, _ in found.samples} == names
    assert found.value(m.VERIFY_DIFFERENCES, of="figures") == 0
    assert found.value(m.VERIFY_DIFFERENCES, of="books") == 0
    assert (found.value(m.VERIFY_COMPARED, of="figures") or 0) > 1_000
    shown = len(ask(address(workers[0])).books_of())
    assert found.value(m.VERIFY_COMPARED, of="books") == 6 * shown
    assert found.value(m.VERIFY_MISSING) == len(MUNICIPALITIES) - shown
    assert found.value(m.VERIFY_UNANSWERED) == 0
    assert before <= (found.value(m.VERIFY_LAST_RUN) or 0) <= time.time()
    assert 0 < (found.value(m.VERIFY_DURATION) or 0) < 100
    done = subprocess.run(
        [PROMTOOL.require(), "check", "metrics"],
        input=path.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_a_metrics_file_that_cannot_be_written_is_told_in_one_line_after_the_others(
    site: Site, workers: tuple[Worker, Worker], tmp_path: Path
) -> None:
    given = [*arguments(site, *map(address, workers)), "--metrics-file", str(tmp_path)]
    done = CliRunner().invoke(commands, given)
    first, last = done.output.splitlines()
    assert first.startswith("Allt stämmer: ")
    assert last == f"Fel: {tmp_path} kan inte skrivas (det är en mapp); se över rättigheterna"
    assert done.exit_code == 1


# What differs.


def test_a_worker_with_another_catalogue_is_found_out_by_the_figures_that_differ(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    file = changed(site, "limit_seconds: 15, goal: 0.9", "limit_seconds: 15, goal: 0.8")
    done = verify(site, *map(address, workers), file=file)
    assert done.exit_code == 1
    name = MUNICIPALITIES[0]
    *lines, last = done.output.splitlines()
    (worker,) = [address(w) for w in workers if name in ask(address(w)).books_of()]
    of_it, at_it = '{queue="vaxel", target="svar-15s"}', f"hos {worker}, 0,8 enligt ämnet"
    for metric in (m.GOAL, m.ALERT_LEVEL):
        assert f"{name}: {m.PREFIX}{metric.name}{of_it} är 0,9 {at_it}" in lines
    # And what of the rest of the day follows from the goal, if any of it is left.
    follow = (m.GOAL, m.ALERT_LEVEL, m.NEEDED, m.SPENT, m.PEOPLE_NEEDED)
    names = {metric.name for metric in follow}
    differ = set(re.findall(r"svarsgrad_(\w+)", "\n".join(lines)))
    assert differ <= names, done.output
    assert last.startswith(f"{len(lines)} skillnader mot ämnena: 2 räknare, 8 kommuner, ")


def test_of_many_differences_the_first_are_told_and_how_many_there_are_besides(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    file = changed(site, 'zone: "Etc/UTC"', 'zone: "Pacific/Auckland"')
    done = verify(site, *map(address, workers), file=file)
    *lines, more, last = done.output.splitlines()
    assert len(lines) == 20
    number = int(last.split(" skillnader")[0].replace("\N{NO-BREAK SPACE}", ""))
    assert f"… och {number - 20} skillnader till." == more.replace("\N{NO-BREAK SPACE}", "")
    assert done.exit_code == 1


LOSES_TRANSFERS = """
from streams.domain.phone.legs import Legs

state = Legs.state

def forgetful(self, type_, contact, *facts):
    if "transferred" in type_ and contact.endswith("7"):
        return True
    return state(self, type_, contact, *facts)

Legs.state = forgetful
"""


def test_a_worker_that_loses_facts_of_a_few_legs_is_found_out_by_its_books(site: Site) -> None:
    patient = {"GROUP": "forgetful", "SESSION_SECONDS": PATIENT_SECONDS}
    with site.worker("forgetful", LOSES_TRANSFERS, **patient) as worker:
        done = verify(site, address(worker))
    assert done.exit_code == 1
    of_books = [line for line in done.output.splitlines() if "är inte de som finns" in line]
    assert {line.partition(":")[0] for line in of_books} <= set(MUNICIPALITIES)
    assert of_books
    for line in of_books:
        assert f": samtal hos {address(worker)} är inte de som finns i ämnet (" in line
        found, expected = line.rpartition("(")[2].rstrip(")").split(" mot ")
        assert found == expected, "as many, but others"


def test_an_event_that_is_in_a_topic_and_not_in_a_worker_is_found_out_whichever_it_is(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    answers, logs = [ask(address(worker)) for worker in workers], site.logs()
    assert compare(Oracle(site.catalogue, logs), answers).differences == []
    dice = random.Random(9)
    for key in TOPICS:
        number = dice.choice([n for n, log in enumerate(logs) if log.key == key])
        more, told = with_one_more(logs, number, dice)
        found = compare(Oracle(site.catalogue, more), answers).differences
        assert {one.municipality for one in found} == {told}
        assert any(one.is_of_book for one in found)


def with_one_more(logs: list[Log], number: int, dice: random.Random) -> tuple[list[Log], str]:
    """Return the logs with one more event in some record of one of them, and whom it is of."""
    log = logs[number]
    records: list[Any] = list(log.records)
    place = dice.randrange(len(records))
    name = records[place].key.decode()
    forms = TOPICS[log.key or ""]
    event = next(
        event
        for event in happenings(dice, [name])
        if type(event) in forms and ".".join(event.type.split(".")[2:4]) in BEGINNINGS
    )
    raw = [*elements(records[place].value), encode(event)]
    records[place] = replace(records[place], value=b"[" + b",".join(map(bytes, raw)) + b"]")
    made = replace(log, records=records)
    return [*logs[:number], made, *logs[number + 1 :]], name


# What can't be compared.


def test_municipalities_of_a_worker_that_is_not_named_are_not_said_to_be_right(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    done = verify(site, address(workers[0]))
    others = [n for n in MUNICIPALITIES if n not in ask(address(workers[0])).books_of()]
    assert done.output.count("\n") == 2, done.output
    line, last = done.output.splitlines()
    assert set(line.partition(" visas")[0].replace(" och ", ", ").split(", ")) == set(others)
    assert "visas av ingen räknare: ange alla med --worker" in line
    assert last.startswith("Inget skiljer, men allt kunde inte jämföras: 1 räknare, ")
    assert done.exit_code == 1


def test_a_worker_that_does_not_answer_is_named_and_the_other_is_compared(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    (dead,) = free_ports(1)
    done = verify(site, address(workers[0]), f"http://127.0.0.1:{dead}")
    first, _, last = done.output.splitlines()
    assert first == (
        f"http://127.0.0.1:{dead} svarar inte (ingen lyssnar där): se om räknaren är i gång"
    )
    assert last.startswith("Inget skiljer, men allt kunde inte jämföras: 1 räknare, ")
    assert done.exit_code == 1


def test_a_municipality_that_only_the_worker_has_is_named(
    site: Site, workers: tuple[Worker, Worker]
) -> None:
    text, last = site.file.read_text("utf-8"), MUNICIPALITIES[-1]
    file = site.directory / "fewer.yaml"
    file.write_text(text[: text.index(f"\n  {last}:")] + "\n", encoding="utf-8")
    done = verify(site, *map(address, workers), file=file)
    (worker,) = [address(w) for w in workers if last in ask(address(w)).books_of()]
    assert done.output.splitlines()[0] == (
        f"{last} finns hos {worker} men inte i katalogen: ange räknarnas katalog"
    )
    assert done.exit_code == 1


# Answers that were changed on their way.


@contextmanager
def serving(metrics: bytes, ledgers: bytes, *, busy: int = 0) -> Iterator[str]:
    """Answer as a worker did, after having been busy so many times; give the address."""
    left = itertools.count(busy, -1)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_busy = self.path == "/ledgers" and next(left) > 0
            found = {"/metrics": metrics, "/ledgers": ledgers}.get(self.path)
            self.send_response(503 if is_busy else 200 if found else 404)
            self.end_headers()
            self.wfile.write(b"" if is_busy else found or b"")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def said(workers: tuple[Worker, Worker]) -> tuple[bytes, bytes]:
    """What the first worker says on both paths."""
    port = workers[0].port
    return request(port, "GET", "/metrics")[1], request(port, "GET", "/ledgers")[1]


def test_a_worker_that_is_busy_is_asked_again(
    site: Site, workers: tuple[Worker, Worker], said: tuple[bytes, bytes]
) -> None:
    with serving(*said, busy=2) as first:
        done = verify(site, first, address(workers[1]))
    assert done.output.startswith("Allt stämmer: 2 räknare, 8 kommuner, ")


def test_one_figure_that_is_wrong_is_named_with_both_values(
    site: Site, workers: tuple[Worker, Worker], said: tuple[bytes, bytes]
) -> None:
    metrics, ledgers = said
    name = min(ask(address(workers[0])).books_of())
    start = f'svarsgrad_ledger_held{{book="surveys",municipality="{name}"}} '.encode()
    (line,) = [line for line in metrics.splitlines() if line.startswith(start)]
    with serving(metrics.replace(line, start + b"4711.5"), ledgers) as first:
        done = verify(site, first, address(workers[1]))
    right = int(float(line.rpartition(b" ")[2]))
    assert done.output.splitlines()[0] == (
        f'{name}: svarsgrad_ledger_held{{book="surveys"}} är 4711,5 hos {first}, '
        f"{right} enligt ämnet"
    )
    assert done.output.splitlines()[1].startswith("1 skillnad mot ämnena: 2 räknare, 8 kommuner")
    assert done.exit_code == 1


def test_a_figure_that_is_gone_or_too_many_is_named(
    site: Site, workers: tuple[Worker, Worker], said: tuple[bytes, bytes]
) -> None:
    metrics, ledgers = said
    metrics = metrics.replace(b'book="surveys"', b'book="enkater"')
    shown = ask(address(workers[0])).books_of()
    with serving(metrics, ledgers) as first:
        done = verify(site, first, address(workers[1]))
    lines = done.output.splitlines()
    assert sum(f"är borta hos {first}, " in line for line in lines) == len(shown)
    assert sum(line.endswith(", borta enligt ämnet") for line in lines) == len(shown)


def test_what_two_workers_show_is_not_said_to_be_right(
    site: Site, workers: tuple[Worker, Worker], said: tuple[bytes, bytes]
) -> None:
    with serving(*said) as double:
        done = verify(site, *map(address, workers), double)
    line, last = done.output.splitlines()
    both = f"visas av både {address(workers[0])} och {double}: kör igen om en stund"
    assert line.endswith(both)
    assert last.startswith("Inget skiljer, men allt kunde inte jämföras: 3 räknare, 8 kommuner")


def test_what_is_shown_in_one_answer_of_two_is_not_said_to_be_right(
    site: Site, workers: tuple[Worker, Worker], said: tuple[bytes, bytes]
) -> None:
    with serving(said[0], b'{"at":"2026-03-10T10:15:00Z","partitions":{}}') as first:
        done = verify(site, first, address(workers[1]))
    assert f"visades av {first} bara i ett av två svar: kör igen om en stund" in done.output
    assert done.exit_code == 1


def test_a_topic_that_ends_before_what_was_read_of_it_is_told_as_that(
    site: Site, said: tuple[bytes, bytes]
) -> None:
    calls = site.topic("calls").encode()
    ledgers = said[1].replace(b'"' + calls + b'":', b'"' + calls + b'":9999')
    with serving(said[0], ledgers) as first:
        done = verify(site, first)
    assert done.output.startswith(f"Fel: räknarna har läst {site.topic('calls')} till 9999")
    assert "eller se om ämnet har gjorts om" in done.output
    assert (done.output.count("\n"), done.exit_code) == (1, 1)


@pytest.mark.parametrize(
    ("metrics", "ledgers", "why"),
    [
        (b"hej { du", b"{}", "svarar inte som en räknare: ange räknarens egen adress"),
        (b"# none\n", b"[]", "svarar inte som en räknare: ange räknarens egen adress"),
        (b"# none\n", b"", "svarar 404 på /ledgers: är det en räknare av den här versionen?"),
    ],
)
def test_what_is_no_worker_is_told_in_one_line(
    site: Site, metrics: bytes, ledgers: bytes, why: str
) -> None:
    with serving(metrics, ledgers) as first:
        done = verify(site, first)
    assert done.output == f"Fel: {first} {why}\n"
    assert done.exit_code == 1


def test_a_worker_of_other_topics_is_told_so(
    said: tuple[bytes, bytes], broker: Broker, tmp_path: Path
) -> None:
    other = Site(broker.bootstrap_servers, "verified-other", tmp_path).make_topics()
    with serving(*said) as first:
        done = verify(other, first)
    assert done.output.startswith(f"Fel: {first} läser inte verified-other.calls, ")
    assert done.output.endswith(": ange --topics som räknaren har det\n")
    assert (done.output.count("\n"), done.exit_code) == (1, 1)


def test_nothing_is_compared_twice_or_of_what_the_catalogue_lacks(
    site: Site, said: tuple[bytes, bytes]
) -> None:
    with serving(*said) as first:
        answer = ask(first)
    none = load_catalogue(site.file.read_text("utf-8").replace("\n  k", "\n  annan"), "annan.yaml")
    found = compare(Oracle(none, site.logs()), [answer])
    assert found == Comparison(workers=1)
    assert isinstance(answer, Answers)
