"""``svarsgrad migrate-archive``: the archive's tables to another version, forwards or back."""

import click
from sqlalchemy import Engine

from streams import options
from streams.archive import database, migrating


@click.command("migrate-archive", short_help="För arkivets tabeller framåt, eller tillbaka.")
@options.database
@options.database_password
@click.option("--to", metavar="VERSION", help="För tillbaka arkivet till en äldre version.")
@click.option(
    "--backup-taken", is_flag=True, help="En säkerhetskopia är tagen (behövs av PostgreSQL)."
)
def command(told: str, password_file: str | None, to: str | None, backup_taken: bool) -> None:
    """För arkivet till den här versionens tabeller, eller tillbaka till en äldres.

    svarsgrad archive gör det förra av sig själv när det startar. Det senare är för den som ska gå
    tillbaka till en äldre svarsgrad: kör det med den nyare, med arkivet stoppat. Av en fil tas
    först en kopia.
    """
    try:
        url = database.address(told, password_file)
        engine = database.engine_of(url)
        try:
            said = _forwards(engine) if to is None else _back(engine, to, backup_taken)
        finally:
            engine.dispose()
    except database.DatabaseError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Arkivet {database.told(url)} {said}")


def _forwards(engine: Engine) -> str:
    database.require_any(engine)
    name = database.told(engine.url)

    def begins(before: str, after: str) -> None:
        click.echo(f"Arkivet {name} förs från version {before} till {after} …", err=True)

    before, after = migrating.upgrade(engine, begins)
    return f"{'är redan' if before == after else 'är nu'} av version {after}."


def _back(engine: Engine, to: str, has_backup: bool) -> str:
    before, copy = migrating.downgrade(engine, to, has_backup=has_backup)
    kept = f" Som det var ligger det kvar i {copy}." if copy else ""
    return (
        f"fördes tillbaka från version {before} till {to}.{kept} Starta nu den äldre svarsgrad: "
        "den här skulle föra det framåt igen."
    )
