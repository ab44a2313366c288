"""``svarsgrad check-mailbox``: can mailboxes be followed, and which answers would be missed."""

from contextlib import closing
from pathlib import Path

import click

from producers.mailbox.check import Setting, findings, told
from producers.mailbox.chosen import Chosen, choose, remarks, source_option
from producers.mailbox.imap import ImapSource
from producers.mailbox.keyed import random_key
from producers.mailbox.memory import DAY, KEPT_DAYS
from producers.mailbox.source import Folder, Look, SetupError, SourceError
from producers.mailbox.teller import Teller, watched
from streams import options as common
from streams.ledgers import system_clock


@click.command("check-mailbox", short_help="Se om brevlådor går att följa, och vad som missas.")
@common.catalogue
@source_option
@common.municipality
@click.option(
    "--days",
    type=click.IntRange(1, KEPT_DAYS),
    default=30,
    show_default=True,
    metavar="DYGN",
    help="Hur långt tillbaka det läses.",
)
def command(catalogue: Path, source: str, municipality: str | None, days: int) -> None:
    """Läs ett stickprov ur brevlådorna och berätta vad som skulle räknas, och vad som missas.

    Inget sparas, inget skickas och inget märks som läst. Bara antal visas.
    """
    chosen = choose(catalogue, source, municipality)
    for remark in remarks(chosen):
        click.echo(f"{remark}.", err=True)
    now = system_clock()
    teller = Teller(chosen.municipality.id, source, chosen.mailbox, random_key())
    try:
        with closing(chosen.connect()) as mailboxes:
            looks, missing = _looks(mailboxes, watched(chosen.mailbox), now - days * DAY)
            setting = _setting(chosen, mailboxes, missing)
    except SourceError as error:
        raise click.ClickException(str(error)) from None
    teller.take(looks, now)
    for line in told(source, days, findings(teller, looks), setting):
        click.echo(line)


def _looks(
    mailboxes: ImapSource, folders: list[Folder], since: int
) -> tuple[list[Look], list[str]]:
    looks, missing = [], []
    for folder in folders:
        try:
            look = mailboxes.look(folder, None, None, since)
        except SetupError as error:
            missing.append(str(error))
        else:
            looks += [look] if look is not None else []
    return looks, missing


def _setting(chosen: Chosen, mailboxes: ImapSource, missing: list[str]) -> Setting:
    accounts = chosen.mailbox.accounts
    without = []
    for id_, account in accounts.items():
        names = mailboxes.marked_sent(id_) if not account.sent else []
        if names:
            where = f"accounts.{id_}.sent" if id_ else "sent"
            without.append(f"Läs också det som skickas: skriv {where}: [{', '.join(names)}]")
    return Setting(
        folders=len(watched(chosen.mailbox)),
        missing=missing,
        without_sent=without,
        has_sent=any(account.sent for account in accounts.values()),
        without_otherwise=[
            queue
            for queue, its in chosen.mailbox.queues.items()
            if not its.answered_otherwise and not its.answered_otherwise_flags
        ],
        has_case_number=chosen.mailbox.case_number is not None,
    )
