"""``svarsgrad report week-overdue``: the weekly list of what is overdue, shown or mailed."""

from pathlib import Path
from typing import Final

import click
from sqlalchemy import URL

from reports.lists import mail
from reports.lists.overdue import List, late_of, list_of, week_of
from streams import options
from streams.addresses import read_address
from streams.archive import database
from streams.archive.reading import ITEMS, books_of
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError, Municipality
from streams.domain.catalogue.alerts_form import is_address
from streams.domain.swedish import counted
from streams.domain.windows import day_of
from streams.instants_as_typed import typed_instant
from streams.ledgers import system_clock
from streams.secrets_file import SecretFileError, read_secret

SMTP: Final = "127.0.0.1:25"
NOBODY: Final = "ingen: katalogen har ingen mottagare (overdue_list_to)"


@click.command("week-overdue", options_metavar="[FLAGGOR]")
@options.catalogue
@options.database
@options.database_password
@options.municipality
@click.option("--at", metavar="TIDPUNKT", help="Som det var då, annars nu.")
@click.option("--dry-run", is_flag=True, help="Visa listorna; skicka inget.")
@click.option(
    "--smtp",
    "smtp",
    metavar="VÄRD:PORT",
    default=SMTP,
    show_default=True,
    envvar="SVARSGRAD_SMTP",
    show_envvar=True,
    help="Posten som skickar.",
)
@click.option(
    "--from",
    "sender",
    metavar="ADRESS",
    default="svarsgrad@example.org",
    show_default=True,
    envvar="SVARSGRAD_SMTP_FROM",
    show_envvar=True,
    help="Listornas avsändare.",
)
@click.option(
    "--smtp-user",
    "user",
    metavar="NAMN",
    envvar="SVARSGRAD_SMTP_USER",
    show_envvar=True,
    help="Inloggning till posten.",
)
@click.option(
    "--smtp-password-file",
    "smtp_password",
    metavar="FIL",
    envvar="SVARSGRAD_SMTP_PASSWORD_FILE",
    show_envvar=True,
    help="Filen med dess lösenord.",
)
@click.option(
    "--smtp-ca-file",
    "ca_file",
    metavar="FIL",
    envvar="SVARSGRAD_SMTP_CA_FILE",
    show_envvar=True,
    help="Certifikat (PEM) för den som utfärdat postens certifikat.",
)
@click.option("--smtp-plain", "is_plain", is_flag=True, help="Utan TLS, som på samma maskin.")
def command(  # noqa: PLR0917 - click calls it by name
    catalogue: Path,
    told: str,
    password_file: str | None,
    municipality: str | None,
    at: str | None,
    dry_run: bool,
    smtp: str,
    sender: str,
    user: str | None,
    smtp_password: str | None,
    ca_file: str | None,
    is_plain: bool,
) -> None:
    """Skicka veckolistan över ärenden och frågor som är förfallna.

    Varje förvaltning får sin lista, och kommunen hela: till dem som katalogen säger
    (overdue_list_to).
    """
    try:
        its = one_municipality(read_catalogue(catalogue), municipality, catalogue)
        server = _server(smtp, sender, user, smtp_password, ca_file, is_plain=is_plain)
        now = typed_instant(at, "--at", its.zone) if at else system_clock()
        if now > system_clock():
            raise click.UsageError(f"--at {at} är inte än: ingen vet vad som är förfallet då")
        lists = _lists(its, database.address(told, password_file), now)
        if dry_run:
            for receivers, one in lists:
                click.echo(f"Till: {', '.join(receivers) or NOBODY}")
                click.echo(f"Ämne: {one.subject}\n\n{one.text}")
            return
        sent = [(receivers, one) for receivers, one in lists if receivers]
        if not sent:
            raise click.UsageError(
                f"{catalogue} säger inte vem som får listan: skriv overdue_list_to för kommunen "
                "eller en förvaltning, eller visa den med --dry-run"
            )
        file = f"forfallet-{its.id}-{week_of(day_of(now, its.zone))}.csv"
        mail.send(
            server,
            [
                mail.message(server, receivers, one.subject, one.text, (file, one.rows))
                for receivers, one in sent
            ],
        )
    except (CatalogueError, database.DatabaseError, SecretFileError, mail.MailError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Skickade {counted(len(sent), 'lista', 'listor')}")


def _server(
    smtp: str,
    sender: str,
    user: str | None,
    password_file: str | None,
    ca_file: str | None,
    *,
    is_plain: bool,
) -> mail.Server:
    if not is_address(sender):
        raise click.UsageError(f"--from {sender!r} är ingen e-postadress")
    address = read_address(smtp)
    if address is None:
        raise click.UsageError(f"--smtp {smtp} saknar värd eller port; skriv {SMTP}")
    if (user is None) != (password_file is None):
        raise click.UsageError("--smtp-user och --smtp-password-file hör ihop; ange båda")
    password = None
    if password_file is not None:
        password = read_secret(password_file, f"--smtp-password-file {password_file}")
    if ca_file is not None and not Path(ca_file).is_file():
        raise click.UsageError(f"--smtp-ca-file {ca_file}: filen finns inte")
    host, port = address
    return mail.Server(host, port, sender, user, password, ca_file, is_plain)


def _lists(municipality: Municipality, url: URL, now: int) -> list[tuple[tuple[str, ...], List]]:
    """Return each list with who gets it: the municipality's, then those of administrations."""
    with database.opened_to_read(url) as connection:
        books = books_of(connection, municipality, ITEMS, end=now)
    late = late_of(municipality, books, now)
    return [
        (municipality.overdue_list_to, list_of(municipality, late, now)),
        *(
            (its.overdue_list_to, list_of(municipality, late, now, its.id))
            for its in municipality.administrations.values()
        ),
    ]
