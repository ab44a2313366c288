"""What the commands that import files of rows have in common: options, and how it is done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from click.core import ParameterSource
from rich.console import Console
from rich.progress import Progress

from producers import options
from producers.interruption import sigterm_as_ctrl_c
from producers.pseudonym import KeyFileError
from producers.publisher import Publisher, PublishError
from producers.sinks import LineSink, SinkError, open_lines
from producers.tables.faults import Findings
from producers.tables.importing import Tally, Translator, run, told
from producers.tables.local_times import LocalTimes
from producers.tables.opening import opened
from producers.tables.row import Row
from producers.tables.table import Table, TableError, places
from streams import options as common
from streams.catalogue_file import one_municipality, read_catalogue, source_of
from streams.domain.catalogue import CatalogueError, Municipality, Source
from streams.domain.catalogue.tables import TableFile, columns_of
from streams.domain.events import Event
from streams.domain.instants import micros
from streams.domain.swedish import reason
from streams.kafka.security import security_as_told
from streams.spreadsheet_text import BOM

F = TypeVar("F", bound=TableFile)
Send = Callable[[Sequence[Event]], object]
OPTIONS: Final = (
    click.argument("file", type=click.Path(path_type=Path), metavar="FIL"),
    common.catalogue,
    click.option("--source", metavar="ID", help="Källan i katalogen, om flera har sådana filer."),
    common.municipality,
    options.to,
    options.kafka,
    click.option(
        "--dry-run", is_flag=True, help="Läs och säg vad som skulle sparas; spara inget."
    ),
    click.option(
        "--report",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FIL",
        help="Skriv alla rader som inte sparas eller lagas till FIL (CSV), med radnummer.",
    ),
)


def import_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that all imports have."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line, read."""

    file: Path
    municipality: Municipality
    source: Source
    kind: str
    """Of which topic the events are."""
    to: str | None
    kafka: str
    topics: str
    is_dry: bool
    report: Path | None


def asked(
    forms: Mapping[str, type[F]],
    *,
    kind: str,
    catalogue: Path,
    municipality: str | None,
    source: str | None,
    dry_run: bool,
    **others: Any,
) -> tuple[Asked, F]:
    """Return what was asked for, and how the file is read: one of ``forms`` by key of a source.

    Raises :class:`click.ClickException`.
    """
    context = click.get_current_context()
    is_told = context.get_parameter_source("kafka") is ParameterSource.COMMANDLINE
    if others["to"] is not None and is_told:
        raise click.UsageError("ange antingen --kafka eller --to")
    for option, path in (("--to", others["to"]), ("--report", others["report"])):
        if path is not None and Path(path).resolve() == others["file"].resolve():
            raise click.UsageError(f"{option} är filen som läses: ange en annan")
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
        its = one_municipality(loaded, municipality, catalogue)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None
    found, spec = _source(its, source, forms, catalogue)
    return Asked(municipality=its, source=found, kind=kind, is_dry=dry_run, **others), spec


def _source(
    its: Municipality, name: str | None, forms: Mapping[str, type[F]], catalogue: Path
) -> tuple[Source, F]:
    able = [
        (source, spec)
        for source in its.sources.values()
        for key, form in forms.items()
        if isinstance(spec := getattr(source, key), form) and name in {None, source.id}
    ]
    if len(able) == 1:
        return able[0]
    if able:
        raise click.UsageError(f"--source: ange {', '.join(source.id for source, _ in able)}")
    if name is not None:
        source_of(its, name, catalogue)
    which = "ingen källa" if name is None else f"källan {name}"
    keys = " eller ".join(forms)
    raise click.ClickException(
        f"{which} i {catalogue} säger inte med {keys} vad filens kolumner betyder: skriv det, se "
        f"docs/sources/{next(iter(forms))}.md"
    )


def row_of(
    its: Asked,
    spec: TableFile,
    table: Table,
    columns: Mapping[str, int],
    *,
    now: int,
    durations: tuple[str, ...] = (),
) -> Row:
    """Return what reads the rows of an open file."""
    return Row(
        spec,
        columns,
        len(table.header),
        queues=its.source.queues,
        times=LocalTimes(its.municipality.zone, spec.formats, has_serials=table.has_serials),
        now=now,
        durations=durations,
    )


@contextmanager
def reading(its: Asked, spec: TableFile) -> Iterator[tuple[Table, dict[str, int]]]:
    """Open the file, and give it with where its columns stand.

    What goes wrong inside, and that it is interrupted, is told as the command line tells errors.
    """
    wanted = columns_of(spec)
    try:
        with sigterm_as_ctrl_c(), opened(its.file, spec, wanted) as table:
            yield table, places(str(its.file), table.header, wanted)
    except (KeyFileError, PublishError, SinkError, TableError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("Avbruten: kör igen, så kommer resten; inget räknas två gånger.", err=True)
        raise click.Abort from None


def do_import(
    its: Asked,
    spec: TableFile,
    translator_of: Callable[[Table, dict[str, int], int], Translator],
) -> None:
    """Import a file, and say what came of it. Raises :class:`click.ClickException`.

    ``translator_of`` is given the open file, where its columns stand, and when it is now.
    """
    with reading(its, spec) as (table, columns):
        translator = translator_of(table, columns, micros(datetime.now(UTC)))
        with _report(its.report) as report:
            tally = Tally(Findings(report))
            with _destination(its) as send, _progress(table.size) as show:
                run(table, translator, send, tally, show)
        said = told(str(its.file), table, tally, _where(its))
        for line in (*said, *translator.remarks()):
            click.echo(line, err=True)


@contextmanager
def _destination(its: Asked) -> Iterator[Send]:
    """Give what takes events; leaving it, all of them are safe."""
    if its.is_dry:
        yield len
    elif its.to is None:
        topic = f"{its.topics}.{its.kind}"
        with Publisher(its.kafka, topic, security=security_as_told()) as publisher:
            yield publisher.publish_many
    else:
        sink = (
            LineSink(click.get_binary_stream("stdout"), "standard ut", is_ours=False)
            if its.to == "-"
            else open_lines(Path(its.to), is_continued=False)
        )
        try:
            yield sink.send
            sink.wait(0)
        finally:
            sink.close()


def _where(its: Asked) -> str:
    if its.is_dry:
        return "Skulle spara"
    goal = "standard ut" if its.to == "-" else its.to or f"{its.topics}.{its.kind} i Kafka"
    return f"Sparade till {goal}"


@contextmanager
def _progress(size: int) -> Iterator[Callable[[int], object]]:
    """Give what moves a bar, which is seen on a terminal only."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Läser in", total=size)
        yield lambda place: progress.update(task, completed=place)


class _Report:
    """The file with all rows that are not kept, or mended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            self._file = path.open("w", encoding="utf-8", newline="")
        self.write(BOM)

    def write(self, text: str) -> None:
        with self._told():
            self._file.write(text)

    def close(self) -> None:
        with self._told():
            self._file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TableError(
                f"--report {self._path} går inte att skriva ({reason(error)})."
            ) from None


@contextmanager
def _report(path: Path | None) -> Iterator[_Report | None]:
    """Open the file with all rows that are not kept or mended, if one is asked for."""
    if path is None:
        yield None
        return
    with closing(_Report(path)) as report:
        yield report
