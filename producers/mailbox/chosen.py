"""Which source of which municipality a command is about, and how its mailboxes are reached."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from producers.mailbox.imap import ImapSource
from producers.mailbox.logins import secret_of, tls
from producers.mailbox.source import SourceError
from producers.mailbox.teller import watched
from streams.catalogue_file import one_municipality, read_catalogue, source_of
from streams.domain.catalogue import CatalogueError, Mailbox, Municipality
from streams.secrets_file import readable_by_all

source_option: Final = click.option(
    "--source", required=True, metavar="ID", help="Källans id i katalogen; den ska ha mailbox."
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A source that has mailboxes."""

    municipality: Municipality
    source: str
    mailbox: Mailbox

    def connect(self) -> ImapSource:
        """Return how its mailboxes are looked at; nothing is connected yet."""
        folders = watched(self.mailbox)
        first = next(folder for folder in folders if folder.holds == "questions")
        return ImapSource(self.mailbox.accounts, first)


def choose(catalogue: Path, source: str, municipality: str | None) -> Chosen:
    """Return a source by its id. Raises ``click.ClickException``, in one line."""
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None
    its = one_municipality(loaded, municipality, catalogue)
    found = source_of(its, source, catalogue)
    if found.mailbox is None:
        raise click.ClickException(
            f"Källan {source} har inget mailbox i {catalogue}: skriv där var dess brevlådor finns "
            "(docs/sources/mailbox.md)."
        )
    return Chosen(its, source, found.mailbox)


def remarks(chosen: Chosen) -> list[str]:
    """Return what is to be remarked of the files with secrets.

    Raises ``click.ClickException`` for a file that can't be used: it is said before anything else.
    """
    found: list[str] = []
    for account in chosen.mailbox.accounts.values():
        try:
            secret_of(account)
            tls(account)
        except SourceError as error:
            raise click.ClickException(str(error)) from None
        for name, path in (
            ("token_file", account.token_file),
            ("password_file", account.password_file),
        ):
            if path and os.access(path, os.R_OK):
                found += readable_by_all(path, f"{name}: {path}")
    return list(dict.fromkeys(found))
