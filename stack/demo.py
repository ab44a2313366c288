"""``svarsgrad demo``: a busy morning at Luleå's switchboard, through the whole real path.

A simulated exchange writes a queue_log as Asterisk does; the follower publishes it to a real
Kafka; a worker counts; a real Prometheus scrapes the worker; the table and the wall ask it. No
clock is shifted: the catalogue has a zone in which it is a quarter past ten now.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Final

import click
from rich.console import Console
from rich.live import Live

from stack.demo_table import draw, read
from stack.errors import StackError
from stack.grafana import Grafana
from stack.local import Stack, start_stack
from stack.loopback import answers_ok
from stack.own import Command, Worker
from stack.ports import free_ports
from stack.programs import GRAFANA
from streams import metrics as m
from streams.domain.catalogue import Municipality, load_catalogue
from streams.kafka.administration import connect, create
from streams.kafka.topics import TopicError, wanted

MORNING: Final = timedelta(hours=10, minutes=15)
MUNICIPALITY: Final = "lulea"
SEED: Final = "2014"
LIKE: Final = "2026-06-02"
"""A Tuesday with many in line at a quarter past ten: every demo shows its calls."""
STAFFING: Final = "0.9"
"""A little too few people, as in 2014."""
REFRESH_SECONDS: Final = 1.0
PARTITIONS: Final = 4
SHOWN: Final = m.PREFIX + m.SERVICE_LEVEL.name


@click.command("demo", short_help="Visa en livlig förmiddag i Luleås växel.")
@click.option(
    "--seconds",
    metavar="TAL",
    type=click.FloatRange(min=0),
    help="Avsluta efter så många sekunder; annars med Ctrl-C.",
)
def command(seconds: float | None) -> None:
    """Visa en livlig förmiddag i Luleås växel, genom hela kedjan.

    Startar Kafka och Prometheus på den här datorn, en simulerad växel, och allt däremellan.
    Ctrl-C stoppar allt; inget blir kvar.
    """
    console = Console(highlight=False)
    try:
        with _stopped_by_signals(), tempfile.TemporaryDirectory(prefix="svarsgrad-demo-") as where:
            _run(console, Path(where), seconds)
    except KeyboardInterrupt:
        pass
    except (StackError, TopicError) as error:
        raise click.ClickException(str(error)) from None
    console.print("Demonstrationen är avslutad; allt är stoppat.")


def zone_where_it_is(time_of_day: timedelta, now: datetime) -> str:
    """Return the offset (``+03:30``) in which the wall clock shows ``time_of_day`` now."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = round((midnight + time_of_day - now).total_seconds() / 60)
    minutes = (minutes + 720) % 1440 - 720
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _run(console: Console, directory: Path, seconds: float | None) -> None:
    zone = zone_where_it_is(MORNING, datetime.now(UTC))
    catalogue = directory / "katalog.yaml"
    text = Path(__file__).with_name("demo.yaml").read_text(encoding="utf-8")
    catalogue.write_text(text.replace("@ZONE@", zone), encoding="utf-8")
    municipality = load_catalogue(catalogue.read_bytes(), str(catalogue)).municipalities[
        MUNICIPALITY
    ]
    port, wall_port = free_ports(2)
    console.print("Startar Kafka, Prometheus och Alertmanager …")
    with start_stack(directory / "stack", targets=[f"127.0.0.1:{port}"]) as stack:
        kafka = stack.broker.bootstrap_servers
        admin = connect(kafka)
        try:
            create(admin, wanted(partitions=PARTITIONS, replication=1))
        finally:
            admin.close()
        console.print("Ringer upp förmiddagen: växeln skriver sin logg från 08.00 till nu …")
        queue_log = directory / "queue_log"
        with (
            Command(
                "Växeln",
                directory / "vaxel",
                "simulate",
                *("--live", "--queue-log", str(queue_log), "--zone", zone, "--every-day"),
                *("--municipality", MUNICIPALITY, "--staffing", STAFFING),
                *("--seed", SEED, "--like", LIKE),
                ready=lambda: queue_log.exists() and queue_log.stat().st_size > 0,
            ) as exchange,
            Command(
                "Läsaren",
                directory / "lasare",
                "follow-queue-log",
                *(str(queue_log), "--municipality", MUNICIPALITY),
                *("--kafka", kafka, "--state", str(directory / "lasare.state")),
            ) as follower,
            Worker(directory / "raknare", port, kafka, catalogue) as worker,
            Command(
                "Väggen",
                directory / "vaggen",
                "wall",
                *("--catalogue", str(catalogue), "--prometheus", stack.prometheus.url),
                *("--listen", f"127.0.0.1:{wall_port}", "--every", "1"),
                ports={"--listen": wall_port},
                ready=lambda: answers_ok(wall_port, "/healthz"),
            ) as wall,
        ):
            its = f"http://127.0.0.1:{wall_port}/"
            _explain(console, stack, worker, queue_log, catalogue, wall=its)
            with _grafana(console, directory, stack.prometheus.url):
                commands = [exchange, follower, worker, wall]
                _show(console, stack, municipality, commands, seconds)
            console.print("Stoppar …")


def _explain(
    console: Console, stack: Stack, worker: Worker, queue_log: Path, catalogue: Path, *, wall: str
) -> None:
    console.print(
        f"""
[bold]En förmiddag i Luleås växel och kundtjänster, simulerad, mot målen från 2014.[/]
Växeln skriver en queue_log. Läsaren skickar varje rad till Kafka, räknaren
håller servicenivån, Prometheus hämtar den, och tabellen och väggen frågar den.
Klockan är alltid 10.15 när demonstrationen börjar: zonen är påhittad.
Samtal som väntat 40 s i växeln tas över av Kalix Tele24, som inget har lovat.

  [bold]Väggen        {wall}[/]
  Växelns logg  {queue_log}
  Mätvärden     {worker.url}
  Prometheus    {stack.prometheus.url}/graph?g0.tab=0&g0.expr={SHOWN}
  Kafka         {stack.broker.bootstrap_servers}
  Räkna om      {sys.argv[0]} replay --topic svarsgrad.calls \\
                  --kafka {stack.broker.bootstrap_servers} \\
                  --catalogue {catalogue}

Ctrl-C avslutar.
""",
        soft_wrap=True,
    )


@contextlib.contextmanager
def _grafana(console: Console, directory: Path, prometheus: str) -> Iterator[None]:
    """Show the boards in Grafana too: one of this machine, or one that ``GRAFANA_URL`` names.

    What hinders it is told, and the demo goes on.
    """
    with contextlib.ExitStack() as running:
        if url := os.environ.get("GRAFANA_URL"):
            _publish(console, url, prometheus)
        elif GRAFANA.find() is not None:
            (port,) = free_ports(1)
            grafana = Grafana(directory / "grafana", port, prometheus)
            try:
                running.enter_context(grafana)
                console.print(f"Grafana visar tavlorna på {grafana.url}", soft_wrap=True)
            except StackError as error:
                console.print(str(error), soft_wrap=True, markup=False)
        yield


def _publish(console: Console, url: str, prometheus: str) -> None:
    """Save the boards in a Grafana."""
    token = os.environ.get("GRAFANA_TOKEN_FILE")
    told = ("--token-file", token) if token else ()
    done = subprocess.run(  # noqa: S603 # our own command
        [sys.executable, "-m", "streams", "dashboards", "publish", *told],
        capture_output=True,
        text=True,
        check=False,
    )
    console.print((done.stdout + done.stderr).strip(), soft_wrap=True, markup=False)
    if done.returncode == 0:
        console.print(
            f"Välj datakällan {prometheus} på tavlorna i {url}: lägg till den där först.",
            soft_wrap=True,
            markup=False,
        )


def _show(
    console: Console,
    stack: Stack,
    municipality: Municipality,
    commands: Sequence[Command],
    seconds: float | None,
) -> None:
    """Show the table until the time is out, or a part of the demo ends."""
    deadline = None if seconds is None else time.monotonic() + seconds
    with _lines_end(console), Live(console=console, auto_refresh=False) as live:
        while deadline is None or time.monotonic() < deadline:
            now = datetime.now(UTC).astimezone(municipality.zone)
            reading = read(stack.prometheus, municipality.id)
            table = draw(municipality, reading, now, console.width)
            live.update(table, refresh=True)
            for command_ in commands:
                command_.check()
            stack.check()
            time.sleep(REFRESH_SECONDS)


@contextlib.contextmanager
def _lines_end(console: Console) -> Iterator[None]:
    """End the last line of a table that goes to a file; on a terminal, Live does it."""
    try:
        yield
    finally:
        if not console.is_terminal:
            console.print()


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
