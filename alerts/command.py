"""``svarsgrad rules``: renders what Prometheus and Alertmanager read, and checks what is there."""

import datetime
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeVar

import click

from alerts.rendering import HEAD, as_yaml, rules_file
from alerts.routing import TEMPLATES, Mail, Told, alertmanager_config
from alerts.rules import groups_of
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import Catalogue, CatalogueError
from streams.domain.catalogue.alerts_form import is_address, is_link
from streams.domain.swedish import listed
from streams.rendered_files import differing, write_all

RULES: Final = "svarsgrad-rules.yml"
ALERTMANAGER: Final = "alertmanager.yml"

_HOST_AND_PORT: Final = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}")
_F = TypeVar("_F", bound=Callable[..., object])


def _options(command: _F) -> _F:
    """Add what says how messages are sent, in the order that help tells it."""
    for option in (
        click.option(
            "--year",
            type=click.IntRange(2000, 2200),
            help="Första året som stängda dagar skrivs för; annars i år.",
        ),
        click.option(
            "--with-teams",
            is_flag=True,
            help="Skriv Teams-mottagare; kräver Alertmanager 0.28 eller senare.",
        ),
        click.option(
            "--watchdog", metavar="URL", help="Dit skickas var femte minut att larmen fungerar."
        ),
        click.option(
            "--smtp-password-file",
            "password_file",
            metavar="FIL",
            help="Filen med lösenordet, som Alertmanager ser den.",
        ),
        click.option("--smtp-user", "username", metavar="NAMN", help="Inloggning till posten."),
        click.option("--smtp-plain", is_flag=True, help="Skicka utan TLS, som på samma maskin."),
        click.option(
            "--from", "sender", metavar="ADRESS", default="svarsgrad@example.org",
            show_default=True, help="Meddelandenas avsändare.",
        ),
        click.option(
            "--smtp", metavar="VÄRD:PORT", default="127.0.0.1:25", show_default=True,
            help="Posten som skickar.",
        ),
        click.option(
            "--to", metavar="MAPP", required=True, type=click.Path(path_type=Path),
            help="Mappen med filerna.",
        ),
        click.option(
            "--catalogue", metavar="FIL", required=True, type=click.Path(path_type=Path),
            help="Katalogfilen, den som räknarna har.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@click.group("rules", subcommand_metavar="KOMMANDO …")
def command() -> None:
    """Gör larmens regler och mottagare av katalogen."""


@command.command("render", options_metavar="[FLAGGOR]")
@_options
def render(catalogue: Path, to: Path, **stated: object) -> None:
    """Skriv Prometheus regler och Alertmanagers filer."""
    write_all(to, _files(catalogue, **stated))
    click.echo(
        f"Nu: lägg {RULES} bland Prometheus rule_files, de andra två bredvid varandra hos "
        "Alertmanager, och ladda om båda."
    )


@command.command("check", options_metavar="[FLAGGOR]")
@_options
def check(catalogue: Path, to: Path, **stated: object) -> None:
    """Säg om filerna är de som katalogen ger.

    Slutar annars med 1.
    """
    if not to.is_dir():
        raise click.ClickException(f"{to} finns inte; kör svarsgrad rules render --to {to}")
    names = differing(to, _files(catalogue, **stated))
    if names:
        click.echo(f"I {to} stämmer inte {listed(names)}: kör svarsgrad rules render igen")
        raise click.exceptions.Exit(1)
    click.echo(f"{to} stämmer med {catalogue}")


def _files(catalogue: Path, **stated: object) -> dict[str, str]:
    """Return the files by name."""
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None
    if not any(its.alerts for its in loaded.municipalities.values()):
        raise click.ClickException(
            f"{catalogue} säger inte vem som ska larmas; skriv alerts i en kommun"
        )
    if not stated["with_teams"] and (unheard := _by_teams_alone(loaded)):
        raise click.ClickException(
            f"{listed(unheard)} har bara teams; lägg till --with-teams, eller skriv email i "
            "katalogen"
        )
    year = stated.pop("year")
    first = year if isinstance(year, int) else datetime.datetime.now(datetime.UTC).year
    return rendered(loaded, _told(**stated), first)  # type: ignore[arg-type]


def _by_teams_alone(catalogue: Catalogue) -> list[str]:
    """Return the receivers that are told of nothing but by Microsoft Teams."""
    all_told = [its.alerts for its in catalogue.municipalities.values() if its.alerts is not None]
    receivers = [("operations", alerts.operations) for alerts in all_told]
    receivers += [
        (f"{team}.{function}", receiver)
        for alerts in all_told
        for team, its in alerts.teams.items()
        for function, receiver in its.by_function()
    ]
    return [name for name, its in receivers if not its.email and not its.webhook]


def rendered(catalogue: Catalogue, told: Told, first_year: int) -> dict[str, str]:
    """Return the files by name: rules, Alertmanager's, and the words of messages."""
    template = files("alerts").joinpath(TEMPLATES).read_text(encoding="utf-8")
    return {
        RULES: rules_file(groups_of(catalogue)),
        ALERTMANAGER: HEAD + as_yaml(alertmanager_config(catalogue, told, first_year)),
        TEMPLATES: template,
    }


def _told(
    *,
    smtp: str,
    sender: str,
    smtp_plain: bool,
    username: str | None,
    password_file: str | None,
    watchdog: str | None,
    with_teams: bool,
) -> Told:
    if bool(username) != bool(password_file):
        raise click.UsageError("--smtp-user och --smtp-password-file hör ihop; ange båda")
    if not _HOST_AND_PORT.fullmatch(smtp):
        raise click.UsageError(
            f"--smtp {smtp} saknar port; skriv till exempel mejl.example.org:587"
        )
    if not is_address(sender):
        raise click.UsageError(f"--from {sender} är ingen e-postadress")
    if watchdog is not None and not is_link(watchdog):
        raise click.UsageError(f"--watchdog {watchdog} är ingen länk; börja med https://")
    mail = Mail(smtp, sender, username, password_file, require_tls=not smtp_plain)
    return Told(mail, watchdog, with_teams)
