"""`svarsgrad stack`: a local stack in the foreground, until it is told to stop."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

from stack.errors import StackError
from stack.local import Stack, start_stack
from streams.addresses import read_address

CHECK_SECONDS = 1.0
_F = TypeVar("_F", bound=Callable[..., object])
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _port_option(name: str, default: int | None, text: str) -> Callable[[_F], _F]:
    return click.option(
        f"--{name}",
        type=click.IntRange(1, 65_535),
        default=default,
        envvar=f"SVARSGRAD_STACK_{name.upper().replace('-', '_')}",
        show_envvar=True,
        show_default=True if default is not None else "en ledig",
        metavar="PORT",
        help=text,
    )


def _addresses(
    _ctx: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    for text in given:
        if read_address(text) is None:
            raise click.BadParameter(
                f"{text!r} är ingen adress; skriv värd:port, till exempel 127.0.0.1:9101"
            )
    return given


@click.command("stack", short_help="Kör Kafka, Prometheus och Alertmanager här på datorn.")
@_port_option("kafka-port", 9092, "Kafkas port.")
@_port_option("controller-port", None, "Port för Kafkas styrning.")
@_port_option("prometheus-port", 9090, "Prometheus port.")
@_port_option("alertmanager-port", 9093, "Alertmanagers port.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".stack/data"),
    envvar="SVARSGRAD_STACK_DIRECTORY",
    show_envvar=True,
    show_default=True,
    metavar="MAPP",
    help="Mapp för data och loggar. De finns kvar till nästa start.",
)
@click.option(
    "--target",
    "targets",
    multiple=True,
    callback=_addresses,
    metavar="VÄRD:PORT",
    help="Adress som Prometheus hämtar mätvärden från. Kan anges flera gånger.",
)
def command(
    *,
    kafka_port: int,
    controller_port: int | None,
    prometheus_port: int,
    alertmanager_port: int,
    directory: Path,
    targets: tuple[str, ...],
) -> None:
    """Kör Kafka, Prometheus och Alertmanager på den här datorn.

    Allt lyssnar bara på 127.0.0.1 och stoppas med Ctrl-C. Två stackar kan gå samtidigt, om de har
    olika portar och mappar.
    """
    progress = Console(stderr=True, highlight=False)
    try:
        with _signals_interrupt():
            progress.print("Startar stacken …")
            with start_stack(
                directory,
                kafka_port=kafka_port,
                controller_port=controller_port,
                prometheus_port=prometheus_port,
                alertmanager_port=alertmanager_port,
                targets=targets,
            ) as stack:
                Console().print(addresses(stack))
                progress.print("Stacken är i gång. Ctrl-C stoppar den.")
                while True:
                    time.sleep(CHECK_SECONDS)
                    stack.check()
    except KeyboardInterrupt:
        progress.print("Stacken är stoppad.")
    except StackError as error:
        raise click.ClickException(str(error)) from error


def addresses(stack: Stack) -> Table:
    """Return a table of where each service answers, and where the data are."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("Kafka", stack.broker.bootstrap_servers)
    table.add_row("Prometheus", stack.prometheus.url)
    table.add_row("Alertmanager", stack.alertmanager.url)
    table.add_row("Data och loggar", str(stack.directory))
    return table


@contextlib.contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Turn the first signal into KeyboardInterrupt; those after it don't disturb the end."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
