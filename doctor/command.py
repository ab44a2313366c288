"""``svarsgrad doctor``: looks at everything, and says what to do."""

import os
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from doctor.examination import examine
from doctor.probing import Told
from doctor.telling import as_json, as_text, has_faults
from streams import asking, options
from streams.addresses import PROMETHEUS
from streams.kafka import security as kafka_security

WORKER: Final = "http://127.0.0.1:9101"
STATE: Final = Path("/var/lib/svarsgrad")
COPIES: Final = STATE / "kopior"
PREFIXES: Final = {
    "workers": asking.WORKER,
    "prometheus": asking.PROMETHEUS,
    "alertmanager": asking.ALERTMANAGER,
}
"""How the variables begin that say how those are asked whose addresses an option has."""
HELP: Final = "\b\nMiljövariabler för frågor till räknarna:\n" + asking.described(asking.WORKER)
LIKEWISE: Final = (
    f"Likaså {asking.PROMETHEUS}… och {asking.ALERTMANAGER}… för frågor till Prometheus och "
    "Alertmanager."
)


def _address(
    _ctx: click.Context, param: click.Parameter, given: str | tuple[str, ...] | None
) -> Any:
    """Return addresses without what they may end with; a usage error for what is none."""
    for text in (given,) if isinstance(given, str) else given or ():
        try:
            parts = asking.url_as_typed(text, PREFIXES[str(param.name)])
        except asking.AskingError as error:
            raise click.UsageError(f"{param.opts[0]} {error}") from None
        if parts is None or parts.port == 0 or parts.query:
            raise click.UsageError(
                f"{param.opts[0]} {text}: skriv http://värd:port, till exempel {PROMETHEUS}"
            )
    if isinstance(given, tuple):
        return tuple(dict.fromkeys(text.rstrip("/") for text in given))
    return given and given.rstrip("/")


def _copies(_ctx: click.Context, _param: click.Parameter, given: Path | None) -> Path | None:
    """Return where backups are kept; None where nobody said, and a host has none."""
    return given or (COPIES if COPIES.is_dir() else None)


@click.command(
    "doctor",
    short_help="Undersök allt, och säg vad som ska göras.",
    epilog=f"{HELP}\n\n{LIKEWISE}\n\n{kafka_security.HELP}",
)
@options.catalogue
@options.kafka
@options.topics
@options.group
@options.archive_group("--archive-group")
@options.workers(_address, default=(WORKER,), show_default=True)
@options.prometheus(_address)
@click.option(
    "--alertmanager",
    metavar="ADRESS",
    envvar="SVARSGRAD_ALERTMANAGER",
    show_envvar=True,
    callback=_address,
    help="Var Alertmanager svarar; annars frågas den inte.",
)
@options.database
@options.database_password
@click.option(
    "--state",
    "folders",
    metavar="MAPP",
    multiple=True,
    type=click.Path(path_type=Path),
    help=f"En mapp där något sparas, vars disk ses efter; annars {STATE}, om den finns.",
)
@click.option(
    "--copies",
    metavar="MAPP",
    type=click.Path(path_type=Path),
    callback=_copies,
    help=f"Mappen med säkerhetskopior; annars {COPIES}, om den finns.",
)
@click.option("--json", "is_for_machines", is_flag=True, help="Skriv det som hittas som JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    prefix: str,
    told: str,
    folders: tuple[Path, ...],
    is_for_machines: bool,
    **others: Any,
) -> None:
    """Undersök allt som svarsgrad står på, och säg vad som ska göras.

    Läser bara, och ändrar inget. ✓ är som det ska, ✗ är fel, ! behöver ses till snart, och – gick
    inte att prova. Slutar med 1 om något är fel, och annars med 0.
    """
    findings = examine(
        Told(
            topics=prefix,
            database=told,
            is_database_named=_is_named(ctx, "told"),
            are_workers_named=_is_named(ctx, "workers"),
            folders=folders or tuple(its for its in (STATE,) if its.is_dir()),
            **others,
        ),
        os.environ,
    )
    if is_for_machines:
        click.echo(as_json(findings))
    else:
        for line in as_text(findings):
            click.echo(line)
    if has_faults(findings):
        raise click.exceptions.Exit(1)


def _is_named(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
