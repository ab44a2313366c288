"""``svarsgrad record-measure``: a figure that somebody else measured, typed in.

A survey, mystery calls, a rank among others' webs, KKiK: what svarsgrad can't count itself. What
is typed is checked against the catalogue and said back, since it is told for years.

Source: docs/decisions/0012-external-measures.md.
"""

import gzip
import hashlib
import json
import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Final

import click
from click.core import ParameterSource

from producers import options
from producers.measures import as_typed as measure_as_typed
from streams import options as common
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError, Municipality, ServiceTarget
from streams.domain.event_types import MEASURE_TYPES, MeasureData, MeasureEvent
from streams.domain.events import encode
from streams.domain.measures import is_share, version_on
from streams.domain.nearest import nearest
from streams.domain.swedish import MONTHS, count, listed, reason, share
from streams.kafka.security import HELP, security_as_told

SOURCE: Final = "/record-measure"


@click.command(
    "record-measure",
    cls=measure_as_typed.NegativeTold,
    short_help="Skriv in ett mätvärde som någon annan har mätt.",
    epilog=HELP,
)
@click.argument("measure", metavar="LÖFTE")
@click.argument("value", metavar="VÄRDE")
@click.option(
    "--on",
    "day",
    metavar="DATUM",
    required=True,
    help="Dagen som värdet gäller, t.ex. 2014-11-01; för en enkät dess sista dag.",
)
@click.option(
    "--document",
    metavar="DOKUMENT",
    required=True,
    help="Var värdet står, t.ex. enkätens rapport.",
)
@click.option(
    "--n",
    "number_asked",
    metavar="N",
    type=measure_as_typed.Count(min=1),
    help="Hur många som har svarat, om det är känt.",
)
@common.catalogue
@common.municipality
@click.option(
    "--to",
    metavar="FIL",
    help="Skriv händelsen som en JSON-rad sist i FIL (- är standard ut) i stället för till Kafka.",
)
@options.kafka
@options.topics("det går till NAMN.measures.")
@click.pass_context
def command(  # noqa: PLR0917 - click calls it by name
    ctx: click.Context,
    measure: str,
    value: str,
    day: str,
    document: str,
    number_asked: int | None,
    catalogue: Path,
    municipality: str | None,
    to: str | None,
    kafka: str,
    topics: str,
) -> None:
    """Skriv in ett mätvärde som någon annan har mätt: en enkät, en placering, ett index.

    LÖFTE är löftets id i katalogen. VÄRDE är ett tal (89,3) eller en andel (64 % eller 0,64).
    Skrivs ett nytt värde in för samma löfte och dag gäller det som skrevs sist.

    \b
    svarsgrad record-measure nojda-scb "64 %" --on 2014-11-01 --n 1000 \\
        --document "SCB:s medborgarundersökning 2014" --catalogue examples/lulea.yaml
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    if to is not None and ctx.get_parameter_source("kafka") is ParameterSource.COMMANDLINE:
        raise click.UsageError("ange antingen --kafka eller --to")
    its = _municipality(catalogue, municipality)
    versions = _promise(its, measure, catalogue)
    now = datetime.now(UTC)
    on = measure_as_typed.day(day, now.astimezone(its.zone).date())
    data = MeasureData(
        measure=measure,
        value=measure_as_typed.value(value, versions),
        on=on,
        n=measure_as_typed.asked(number_asked),
        document=measure_as_typed.document(document),
    )
    event = recorded(its.id, data, now)
    if to is None:
        _publish(event, kafka, f"{topics}.measures")
    else:
        _append(event, to)
    held = version_on(versions, on)
    said = [f"{sentence(held or versions[-1], data)}."]
    if held is None:
        said.append("Löftet gällde inte den dagen, så värdet jämförs inte med något mål.")
    click.echo(" ".join(said), err=to == "-")


def recorded(municipality: str, data: MeasureData, now: datetime) -> MeasureEvent:
    """Return the event of a value typed in now; the same one typed again has the same id."""
    identity = json.dumps(
        [municipality, data.measure, data.on.isoformat(), data.value, data.n, data.document]
    )
    (type_,) = MEASURE_TYPES
    return MeasureEvent(
        id=hashlib.sha256(identity.encode()).hexdigest()[:32],
        source=SOURCE,
        type=type_,
        subject=f"{data.measure}/{data.on}",
        time=now,
        partitionkey=municipality,
        data=data,
    )


def sentence(promise: ServiceTarget, data: MeasureData) -> str:
    """Return what was recorded: ``Nöjda: 64 % den 1 november 2014 (n = 1 000), enligt …``."""
    if is_share(promise, data.value):
        told = share(data.value)
    else:
        told = f"{Decimal(repr(data.value)).normalize():f}".replace(".", ",")
    day = f"den {data.on.day} {MONTHS[data.on.month - 1]} {data.on.year}"
    asked = "" if data.n is None else f" (n = {count(data.n)})"
    return f"{promise.name}: {told} {day}{asked}, enligt {data.document.rstrip('.')}"


def _municipality(file: Path, name: str | None) -> Municipality:
    try:
        return one_municipality(read_catalogue(file, with_profiles=False), name, file)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None


def _promise(its: Municipality, measure: str, file: Path) -> tuple[ServiceTarget, ...]:
    """Return the versions of a promise that the catalogue has."""
    versions = its.targets.get(measure)
    if versions is None:
        near = nearest(measure, its.targets)
        right = f"menade du {near}?" if near else _choices(its)
        raise click.UsageError(f"{measure} är inget löfte i {file}; {right}")
    return versions


def _choices(its: Municipality) -> str:
    external = [key for key, versions in its.targets.items() if versions[-1].measure == "external"]
    if external:
        return f"det som andra mäter är {listed(external)}"
    return "lägg till det under targets och promises, med measure: external"


def _publish(event: MeasureEvent, kafka: str, topic: str) -> None:
    from producers.publisher import (  # noqa: PLC0415 - a file needs no Kafka client
        Publisher,
        PublishError,
    )

    try:
        with Publisher(kafka, topic, security=security_as_told()) as publisher:
            publisher.publish(event)
    except PublishError as error:
        raise click.ClickException(str(error)) from None


def _append(event: MeasureEvent, to: str) -> None:
    """Write a line at the end of a file, which may lack the newline of its last one."""
    line = encode(event) + b"\n"
    if to == "-":
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    path = Path(to)
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "ab") as packed:
                packed.write(line)
            return
        with path.open("ab+") as file:
            file.write((b"" if _ends_a_line(file) else b"\n") + line)
    except OSError as error:
        raise click.ClickException(
            f"Det går inte att skriva till {path}: {reason(error)}."
        ) from None


def _ends_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
