"""The options that commands have in common."""

from pathlib import Path
from typing import Final

import click

from streams.addresses import KAFKA
from streams.domain.swedish import reason

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
topics: Final = click.option(
    "--topics",
    "prefix",
    metavar="NAMN",
    default="svarsgrad",
    envvar="SVARSGRAD_TOPICS",
    show_default=True,
    show_envvar=True,
    help="Början på ämnenas namn.",
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
