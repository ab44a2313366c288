"""``svarsgrad migrate-archive``: the archive's tables to another version, forwards or back."""

import click

from streams import options
from streams.archive import database
from streams.archive.command import tell_of_upgrade


@click.command("migrate-archive")
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
        if to is None:
            database.require_any(engine)
            before, after = database.upgrade(engine, lambda *its: tell_of_upgrade(url, *its))
            done = "är redan" if before == after else "är nu"
            click.echo(f"Arkivet {database.told(url)} {done} av version {after}.")
        else:
            before, copy = database.downgrade(engine, to, has_backup=backup_taken)
            kept = f" Som det var ligger det kvar i {copy}." if copy else ""
            click.echo(
                f"Arkivet {database.told(url)} fördes tillbaka från version {before} till {to}."
                f"{kept} Starta nu den äldre svarsgrad: den här skulle föra det framåt igen."
            )
    except database.DatabaseError as error:
        raise click.ClickException(str(error)) from None
