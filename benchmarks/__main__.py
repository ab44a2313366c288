"""``python -m benchmarks``: svarsgrad and what a user would pick instead, in one run on a broker.

A figure is of this machine and this run; what carries over are ratios within it.
"""

import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from benchmarks import alone, race
from benchmarks.figures import Figure, versions, write
from benchmarks.plotting import plot
from stack.local import start_stack

EACH = (1, 60)
"""Events in a message."""
RATES = (100, 1_000, 10_000)
RESULTS = Path(__file__).parent / "results"
PARTS = {
    "race": "The race",
    "freshness": "Freshness",
    "crash": "After a crash, and scraped",
    "growth": "Growth",
    "held": "What is held",
}
GOALS = {
    "plain aiokafka loop": 0.6,
    "Kafka Streams (Java)": 0.5,
    "Quix Streams": 5.0,
    "Faust as in its tutorial": 50.0,
}
"""How many times as fast as each svarsgrad is to be."""


@click.command()
@click.option("--calls", default=200_000, show_default=True, help="Calls in the log of the race.")
@click.option("--legs", default=1_000_000, show_default=True, help="Calls in the largest log.")
@click.option("--each", type=int, multiple=True, default=EACH, help="Events in a message.")
@click.option("--seconds", default=20, show_default=True, help="How long freshness is measured.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Some parts, not all.")
@click.option("--to", type=click.Path(path_type=Path), default=RESULTS, help="Where it is kept.")
def main(
    *, calls: int, legs: int, each: tuple[int, ...], seconds: int, only: tuple[str, ...], to: Path
) -> None:
    """Measure svarsgrad, and what a user would pick instead; append it to the results."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)  # new topics have no leader at first
    race.prepare()
    results: dict[int, dict[str, race.Result]] = {}
    parts: dict[str, list[Figure]] = {}
    with tempfile.TemporaryDirectory() as where, start_stack() as stack:
        servers, directory = stack.broker.bootstrap_servers, Path(where)
        of_part: dict[str, Callable[[], Iterator[Figure]]] = {
            "race": lambda: raced(servers, directory / "race", calls, each, results),
            "freshness": lambda: fresh(servers, directory / "fresh", seconds),
            "crash": lambda: alone.crash_and_scrapes(servers, directory / "crash", legs),
            "growth": lambda: alone.growth(servers, directory / "growth", calls),
            "held": lambda: alone.held_figures(legs),
        }
        for part in only or PARTS:
            click.echo(f"\n{PARTS[part]}")
            parts[PARTS[part]] = []
            for figure in of_part[part]():
                parts[PARTS[part]].append(figure)
                click.echo(str(figure))
    page = write(to, parts, versions(race.PYTHON, race.JARS), has_picture=bool(results))
    if results:
        plot(results, page.with_suffix(".svg"))
    click.echo(f"\n{page}")


def raced(
    servers: str,
    directory: Path,
    calls: int,
    messages: tuple[int, ...],
    results: dict[int, dict[str, race.Result]],
) -> Iterator[Figure]:
    """Yield what each contender took, and then how many times as fast svarsgrad is."""
    for each in messages:
        its = results[each] = {}
        log = f"{each} event{'s' * (each > 1)} a message"
        for name, one in race.race(servers, directory / str(each), calls, each):
            its[name] = one
            how = f"{log}; {one.cold_seconds:.1f} s from its start to its answer"
            yield Figure(f"{name}, cold start", one.cold, "events/s", how)
            yield Figure(f"{name}, steady", one.steady, "events/s", log)
            if one.again_seconds is not None:
                told = f"{log}; from its start until it has said the same"
                yield Figure(f"{name}, after kill -9", one.again_seconds, "s", told)
        own = its.pop(race.OWN)
        for name, one in its.items():
            goal = GOALS.get(name)
            for what, ratio in (
                ("cold start", own.cold / one.cold), ("steady", own.steady / one.steady)
            ):  # fmt: skip
                yield Figure(f"{what}, times {name}", ratio, "×", log, at_least=goal)
        results[each] = {race.OWN: own, **its}


def fresh(servers: str, directory: Path, seconds: int) -> Iterator[Figure]:
    """Yield how long after an event a scrape tells of it, at each rate."""
    for rate in RATES:
        yield from alone.freshness(servers, directory / str(rate), rate, seconds)


if __name__ == "__main__":
    sys.exit(main())
