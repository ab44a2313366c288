"""The options that commands have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from streams.addresses import KAFKA, PROMETHEUS
from streams.domain.swedish import reason

_F = TypeVar("_F", bound=Callable[..., Any])
Check = Callable[[click.Context, click.Parameter, Any], Any]
"""What looks at what was typed, and returns what it means."""

catalogue: Final = click.option(
    "--catalogue",
    metavar="FIL",
    required=True,
    type=click.Path(path_type=Path),
    help="Katalogfilen, den som räknarna har.",
)
kafka: Final = click.option(
    "--kafka",
    metavar="VÄRD:PORT",
    envvar="SVARSGRAD_KAFKA",
    default=KAFKA,
    show_default=True,
    show_envvar=True,
    help="Kafkas adress.",
)
files: Final = click.argument(
    "files", metavar="[FIL …]", nargs=-1, type=click.Path(path_type=Path)
)
TOPICS: Final = "svarsgrad"
"""How the names of topics begin, unless it is said otherwise."""


def topics_named(name: str, goes_to: str = "") -> Callable[[_F], _F]:
    """Return the option of how the topics' names begin; its help ends with what goes where."""
    return click.option(
        "--topics",
        name,
        metavar="NAMN",
        default=TOPICS,
        envvar="SVARSGRAD_TOPICS",
        show_default=True,
        show_envvar=True,
        help="Början på ämnenas namn" + (f": {goes_to}" if goes_to else "."),
    )


topics: Final = topics_named("prefix")
replication: Final = click.option(
    "--replication",
    metavar="N",
    default=3,
    show_default=True,
    type=click.IntRange(1, 9),
    help="Antal kopior av varje ämne; 1 räcker bara för prov på en egen maskin.",
)
group: Final = click.option(
    "--group",
    metavar="NAMN",
    default="svarsgrad",
    envvar="SVARSGRAD_GROUP",
    show_default=True,
    show_envvar=True,
    help="Räknarnas konsumentgrupp.",
)


def archive_group(option: str) -> Callable[[_F], _F]:
    """Return the option of the archive's group, called as told: beside the workers' group too."""
    return click.option(
        option,
        metavar="NAMN",
        default="svarsgrad-arkiv",
        envvar="SVARSGRAD_ARCHIVE_GROUP",
        show_default=True,
        show_envvar=True,
        help="Arkivets konsumentgrupp: dess egen, inte räknarnas.",
    )


def workers(check: Check | None = None, **more: Any) -> Callable[[_F], _F]:
    """Return the option of where all workers answer; ``more`` is a default, or that it must be."""
    return click.option(
        "--worker",
        "workers",
        metavar="ADRESS",
        multiple=True,
        callback=check,
        help="En räknares adress, http://värd:port eller https://värd:port. Ange alla, med en "
        "flagga för var och en.",
        **more,
    )


def prometheus(check: Check | None = None) -> Callable[[_F], _F]:
    """Return the option of where Prometheus answers."""
    return click.option(
        "--prometheus",
        metavar="ADRESS",
        default=PROMETHEUS,
        envvar="SVARSGRAD_PROMETHEUS",
        show_default=True,
        show_envvar=True,
        callback=check,
        help="Var Prometheus svarar.",
    )


municipality: Final = click.option(
    "--municipality", metavar="KOMMUN", help="Vems; behövs där katalogen har flera."
)
database: Final = click.option(
    "--database",
    "told",
    metavar="DATABAS",
    default="arkiv.db",
    envvar="SVARSGRAD_DATABASE",
    show_default=True,
    show_envvar=True,
    help="Arkivet: en fil (SQLite), eller postgresql://användare@värd/databas.",
)
database_password: Final = click.option(
    "--database-password-file",
    "password_file",
    metavar="FIL",
    envvar="SVARSGRAD_DATABASE_PASSWORD_FILE",
    show_envvar=True,
    help="Fil med databasens lösenord.",
)


def folder(what: str) -> Callable[[_F], _F]:
    """Return the option of the folder in which ``what`` is saved: this one, unless told."""
    return click.option(
        "--to",
        "folder",
        metavar="MAPP",
        type=click.Path(path_type=Path),
        default=Path(),
        help=f"Mappen som {what} sparas i, annars den här.",
    )


def make_folder(folder: Path) -> None:
    """Make the folder of ``--to``, if the one it is in is there.

    Raises :class:`click.UsageError` if that can't be.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise click.UsageError(
            f"--to {folder}: mappen går inte att göra: {reason(error)}"
        ) from None
