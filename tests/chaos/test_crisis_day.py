"""Half an hour of a crisis day: ten times a municipality's peak, and a fault every half minute.

``make soak`` goes on for hours: CHAOS_MINUTES says for how long.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from answers import hold_against_replay, regressions, under_load, until_settled
from busy import PARTITIONS
from rejections import poison, rejected, until_nothing_is_pending, unwritable
from reliability import Figures
from workers import Site, resume, suspend, until_all_are_shown

from stack.broker import Broker
from stack.own import Worker
from stack.ports import free_ports

MINUTES = float(os.environ.get("CHAOS_MINUTES", "30"))
PER_SECOND = 200
"""Ten times the 20 events a second that a municipality as large as Luleå has at its peak."""
BETWEEN_SECONDS = (5.0, 40.0)
AT_ONCE = 0.3
"""How often another fault comes before all is well again."""
COMPARED = 300
MEGABYTE = 1 << 20


@dataclass(slots=True)
class Disaster:
    """Does things to workers and their broker. The one called "old" is never ended."""

    site: Site
    workers: dict[str, Worker]
    broker: Broker
    rng: random.Random
    happened: list[str] = field(default_factory=list)
    """What was done, in order."""
    poisoned: int = 0
    """How many events can't be used."""

    def strike(self) -> None:
        """Do one thing, and put right what doesn't come back by itself."""
        kinds: list[Callable[[], None]] = [
            self.kill, self.kill, self.stop, self.pause, self.pause, self.kill_broker,
            self.restart_broker, self.pause_broker, self.send_poison, self.reject_nothing,
        ]  # fmt: skip
        kind = self.rng.choice(kinds)
        self.happened.append(kind.__name__.replace("_", " "))
        kind()

    def _mortal(self) -> Worker:
        return self.workers[self.rng.choice([name for name in self.workers if name != "old"])]

    def kill(self) -> None:
        victim = self._mortal()
        victim.kill()
        time.sleep(self.rng.uniform(0, 10))
        victim.launch()

    def stop(self) -> None:
        victim = self._mortal()
        victim.stop()
        time.sleep(self.rng.uniform(0, 5))
        victim.launch()

    def pause(self) -> None:
        victim = self.rng.choice(list(self.workers.values()))
        suspend(victim)
        time.sleep(self.rng.uniform(1, 15))
        resume(victim)

    def kill_broker(self) -> None:
        self.broker.kill()
        time.sleep(self.rng.uniform(0, 10))
        self.broker.start()

    def restart_broker(self) -> None:
        self.broker.stop()
        self.broker.start()

    def send_poison(self) -> None:
        poison(self.site)
        self.poisoned += PARTITIONS

    def reject_nothing(self) -> None:
        with unwritable(self.site):
            self.send_poison()
            time.sleep(self.rng.uniform(1, 10))

    def pause_broker(self) -> None:
        suspend(self.broker)
        time.sleep(self.rng.uniform(1, 10))
        resume(self.broker)


def resident(worker: Worker) -> int:
    """Return the bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.long
@pytest.mark.leaves_sockets
@pytest.mark.timeout(MINUTES * 60 + 1_200)
def test_a_crisis_day_with_a_fault_every_half_minute_is_exact_and_its_memory_is_the_state(
    rng: random.Random, figures: Figures, tmp_path: Path
) -> None:
    port, controller_port = free_ports(2)
    broker = Broker(tmp_path / "kafka", port, controller_port)
    with broker:
        site = Site(broker.bootstrap_servers, "crisis", tmp_path).make_topics()
        workers = {name: site.worker(name) for name in ("old", "second", "third")}
        old = workers["old"]
        disaster = Disaster(site, workers, broker, rng)
        with under_load(site, workers, rng, PER_SECOND, asked_every=2.0) as (load, observer):
            process = old.pid
            ends = time.monotonic() + 60 * MINUTES
            while time.monotonic() < ends:
                time.sleep(rng.uniform(*BETWEEN_SECONDS))
                began = time.monotonic()
                disaster.strike()
                if rng.random() < AT_ONCE:
                    disaster.strike()
                until_all_are_shown(*workers.values(), within_seconds=90)
                figures.recovered.append(time.monotonic() - began)
            figures.faults = len(disaster.happened)
            load.end()
            last = until_settled(site, *workers.values(), within_seconds=60)
            until_nothing_is_pending(*workers.values())
            assert len(rejected(site)) == disaster.poisoned
            assert old.pid == process, "it has lived through all of it"
            for name in ("second", "third"):
                workers[name].stop()
            until_all_are_shown(old, within_seconds=60)
            with site.worker("new", GROUP="new") as new:
                until_all_are_shown(new)
                held, needed = resident(old), resident(new)
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(disaster.happened).most_common())
        held, needed = held // MEGABYTE, needed // MEGABYTE
        figures.beside = (
            f"{MINUTES:.0f} minutes: {kinds}; {held} MB held where a new worker needs {needed}"
        )
        hold_against_replay(site, load, [*observer.answers, *last], figures, COMPARED)
    assert regressions(observer.answers) == []
    assert held < 1.2 * needed + 20
