"""svarsgrad and what a user would pick instead, on the same log, one after the other."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from benchmarks.peers.work import Answer
from benchmarks.running import Measured, require_same, seconds_busy, topic
from benchmarks.workload import MUNICIPALITIES, QUEUES, produce
from stack.prepare import fetch_jars
from stack.programs import JAVA
from streams import metrics as m
from streams.domain.instants import micros
from streams.verify.scrape import Scrape

ROOT: Final = Path(__file__).parents[1]
PEERS: Final = ROOT / "benchmarks" / "peers"
PYTHON: Final = ROOT / ".venv-peers" / "bin" / "python"
JARS: Final = ROOT / ".stack" / "kafka-streams-peer"
PATIENCE_SECONDS: Final = 600.0
SLOW: Final = 10
"""The tutorial's Faust gets a log of this part: it would take the whole half hour by itself."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log in Kafka that all read."""

    servers: str
    topic: str
    events: int
    now: datetime
    """When it was made: what its last half hour says is asked as of then."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a contender took, and what it said."""

    cold_seconds: float
    """From its start until it has said it."""
    steady: float
    """Events a second, from the first one on."""
    events: int
    answers: Mapping[str, Answer]
    again_seconds: float | None = None
    """From its start after it was killed until it has said the same; None if it is not asked."""

    @property
    def cold(self) -> float:
        """Return events a second with the start."""
        return self.events / self.cold_seconds


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that reads the log and prints what it says."""

    name: str
    command: Callable[[], list[str]]
    part: int = 1
    """It is given a log of so small a part."""
    keeps_seconds: float | None = None
    """After so long it has kept all that it knows, and can tell it after it was killed. None of
    one that keeps nothing, or has no way to tell what it has kept."""


def _python(module: str, python: Path) -> Callable[[], list[str]]:
    return lambda: [str(python), "-m", f"benchmarks.peers.{module}"]


def _java() -> list[str]:
    return [str(JAVA.require()), "-Xmx1g", "-cp", f"{JARS}/*:{JARS}/classes", "Peer"]


PLAIN: Final = Contender("plain aiokafka loop", _python("plain", Path(sys.executable)))
CONTENDERS: Final = (
    PLAIN,
    Contender("Kafka Streams (Java)", _java, keeps_seconds=35.0),
    Contender("Quix Streams", _python("quix", PYTHON)),
    Contender("Bytewax", _python("bytewax_flow", PYTHON)),
    Contender("Faust as in its tutorial", _python("faust_tutorial", Path(sys.executable)), SLOW),
)
OWN: Final = "svarsgrad"


def prepare() -> None:
    """Lay what the contender in Java needs, and compile it."""
    fetch_jars(JARS, PEERS / "kafka_streams" / "pom.xml", "Kafka Streams")
    compiler = "org.eclipse.jdt.internal.compiler.batch.Main"
    jars = ":".join(map(str, JARS.glob("*.jar")))
    subprocess.run(
        [
            *(str(JAVA.require()), "-cp", jars, compiler, "-17", "-nowarn"),
            *("-cp", jars, "-d", str(JARS / "classes")),
            str(PEERS / "kafka_streams" / "Peer.java"),
        ],
        check=True,
    )


def raced(contender: Contender, log: Log, directory: Path, *, again: bool = False) -> Result:
    """Run a contender on a log; ``again`` after it was killed, if it has kept anything."""
    directory.mkdir(parents=True)
    began = time.monotonic()
    keeps = contender.keeps_seconds if again else None
    told, answers = _told(contender, log, directory, log.events, keeps)
    cold, steady = told["done"] - began, log.events / (told["done"] - told["began"])
    if keeps is None:
        return Result(cold, steady, log.events, answers)
    began = time.monotonic()
    told, kept = _told(contender, log, directory, 0, None)
    if kept != answers:
        raise click.ClickException(f"{contender.name} has not kept what it knew")
    return Result(cold, steady, log.events, answers, told["done"] - began)


def _told(
    contender: Contender, log: Log, directory: Path, events: int, keeps: float | None
) -> tuple[dict[str, Any], dict[str, Answer]]:
    """Return what a contender tells; it is killed when it has told it, and kept it for so long."""
    command = [*contender.command(), log.servers, log.topic, str(events)]
    with (directory / "errors").open("w+b") as errors:
        process = subprocess.Popen(
            [*command, str(micros(log.now)), str(directory)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        # One that says nothing for too long is killed; then its output ends.
        patience = threading.Timer(PATIENCE_SECONDS, process.kill)
        patience.start()
        lines: list[bytes] = []
        try:
            for line in process.stdout or ():
                lines.append(line)
                if line.startswith(b"{"):
                    break
            patience.cancel()
            if lines and keeps is not None:
                time.sleep(keeps)
        finally:
            patience.cancel()
            process.kill()
            process.communicate()
        if not lines or not lines[-1].startswith(b"{"):
            errors.seek(0)
            why = errors.read() + b"".join(lines) or b"said nothing"
            raise click.ClickException(f"{contender.name}: {why.decode()}")
    told = json.loads(lines[-1])
    return told, {queue: (its[0], its[1], its[2]) for queue, its in told["answers"].items()}


def own(log: Log, write: Callable[[], int], directory: Path) -> Result:
    """Run a worker: paused while the log is written, so through Faust; then another, from nothing.

    That one is killed, and a third takes over. ``write`` writes the log, and returns how many
    messages it has.
    """
    with Measured.launch(directory / "steady", log.servers, log.topic, MUNICIPALITIES) as steady:
        steady.worker.wait_ready()
        steady.pause()
        messages = write()
        steady.go_on()
        speed = log.events / seconds_busy(steady, log.servers, messages)
        require_same(steady.folded(), log.events)
    started: list[Measured] = []

    def start(name: str, of: Measured | None = None) -> tuple[float, dict[str, Answer]]:
        began = time.monotonic()
        its = Measured.launch(
            *(directory / name, log.servers, log.topic, MUNICIPALITIES),
            session=None,
            group=of.group if of else None,
            port=of.worker.port if of else None,
        )
        started.append(its)
        its.until_ready()
        told = its.get("/metrics")[1]
        return time.monotonic() - began, answers_of(told)

    try:
        seconds, answers = start("cold")
        (cold,) = started
        cold.worker.kill()
        again, same = start("again", cold)
    finally:
        for its in started:
            its.worker.stop()
    if same != answers:
        raise click.ClickException("svarsgrad says otherwise after it was killed")
    return Result(seconds, speed, log.events, answers, again)


_ASKED: Final[tuple[tuple[m.Metric, dict[str, str]], ...]] = (
    (m.ARRIVED, {}),
    (m.SERVICE_LEVEL, {"target": "svar-15"}),
    (m.WAIT_PERCENTILE, {"percentile": "p90"}),
)


def answers_of(metrics: str) -> dict[str, Answer]:
    """Return of a worker's metrics what all contenders tell."""
    scrape, answers = Scrape.of(metrics), {}
    for name in MUNICIPALITIES:
        for queue in QUEUES:
            at = {"municipality": name, "queue": queue, "window": "30m"}
            legs, share, p90 = (scrape.value(of, **at, **more) for of, more in _ASKED)
            if legs:
                answers[f"{name}/{queue}"] = int(legs), share or 0.0, p90 or 0.0
    return answers


def race(servers: str, directory: Path, calls: int, each: int) -> Iterator[tuple[str, Result]]:
    """Yield what each contender took of a log with so many events in a message.

    Refuses the race if any says another thing than svarsgrad does of the same log.
    """
    name, short_name = f"race{each}.calls", f"short{each}.calls"
    with topic(servers, name), topic(servers, short_name):
        now = datetime.now(UTC)
        whole = Log(servers, name, 3 * calls, now)
        short = Log(servers, short_name, 3 * (calls // SLOW), now)
        result = own(
            whole, lambda: produce(servers, name, calls, now=now, each=each), directory / OWN
        )
        yield OWN, result
        produce(servers, short_name, calls // SLOW, now=now, each=each)
        reference = raced(PLAIN, short, directory / "short")
        expected = {1: result.answers, SLOW: reference.answers}
        for n, contender in enumerate(CONTENDERS):
            log = whole if contender.part == 1 else short
            result = raced(contender, log, directory / str(n), again=each == 1)
            if result.answers != expected[contender.part]:
                differing = sorted(result.answers.items() ^ expected[contender.part].items())
                said = f"{contender.name} says otherwise: {differing[:2]}"
                raise click.ClickException(f"not the same work: {said}")
            yield contender.name, result
