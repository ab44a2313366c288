"""``svarsgrad intake``: an HTTP endpoint for systems that push."""

import asyncio
import logging
import resource
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from producers import options
from producers.intake.callers import CallerHash, hashed_callers, no_caller
from producers.intake.grants import GrantsError
from producers.intake.limits import BACKLOG, MOST_CONNECTIONS
from producers.intake.running import Address, IntakeError, Settings, run
from producers.pseudonym import KeyFileError, Keys
from producers.publisher import Publisher, PublishError
from producers.stable_key import read_key
from streams.addresses import read_address
from streams.catalogue_file import fingerprint, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.endpoints import ListenError, door
from streams.endpoints import security as listen_security
from streams.endpoints.certificate import Certificate
from streams.endpoints.own_tls import certificate_of, require_tls, tls_options
from streams.endpoints.security import OPEN
from streams.kafka.security import HELP, security_as_told
from streams.logs import tell_remark, tell_start
from streams.logs.long_running import LongRunning
from streams.options import catalogue as catalogue_option

LISTEN: Final = "127.0.0.1:8443"
METRICS: Final = "127.0.0.1:9109"
KINDS: Final = ("calls", "emails", "cases", "presence")
_HELP: Final = f"{listen_security.HELP}\n\n{HELP}"
_FILES: Final = MOST_CONNECTIONS + BACKLOG + door.MOST_CONNECTIONS + 400
"""Files that the process may have open: connections, and all else."""


@click.command(
    "intake",
    cls=LongRunning,
    short_help="Ta emot händelser över HTTP från andra system.",
    epilog=_HELP,
)
@catalogue_option
@click.option(
    "--tokens",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Vem som får skicka vad (rader från svarsgrad intake-token); läses om när den ändras.",
)
@click.option(
    "--identity-key",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Nyckeln som samtals, frågors och ärendens id göms med: samma så länge något är öppet.",
)
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    metavar="FIL",
    help="Kommunens nycklar för pseudonymer; skapas om den saknas. Utan den lämnas numren bort.",
)
@click.option(
    "--listen",
    metavar="VÄRD:PORT",
    default=LISTEN,
    envvar="SVARSGRAD_INTAKE_LISTEN",
    show_default=True,
    show_envvar=True,
    help="Var händelser tas emot.",
)
@tls_options()
@click.option(
    "--metrics",
    metavar="VÄRD:PORT",
    envvar="SVARSGRAD_INTAKE_METRICS",
    show_envvar=True,
    help="Var /metrics visas, med /healthz och /readyz; utan den ingenstans.",
)
@options.kafka
@options.topics("samtalen går till NAMN.calls, frågorna till NAMN.emails och så vidare.")
def command(  # noqa: PLR0917 # click calls it by name
    catalogue: Path,
    tokens: Path,
    identity_key: Path,
    key_file: Path | None,
    listen: str,
    cert: Path | None,
    key: Path | None,
    behind_proxy: bool,
    metrics: str | None,
    kafka: str,
    topics: str,
) -> None:
    """Ta emot händelser över HTTP från system som skickar själva, och lägg dem i Kafka.

    Den som skickar får 202 först när Kafka har kvitterat. Nummer och ärendens id lämnar aldrig
    datorn: bara pseudonymer gör det. GET /openapi.json beskriver allt som kan skickas.
    """
    address = _address("--listen", listen, LISTEN)
    own_address = _address("--metrics", metrics, METRICS) if metrics else None
    try:
        require_tls(listen, address[0], cert, key, behind_proxy=behind_proxy)
        metrics_security = OPEN
        if own_address is not None:
            its = f"--metrics {metrics}", own_address[0]
            metrics_security = listen_security.listen_security_as_told(*its)
        settings = Settings(
            catalogue=read_catalogue(catalogue, with_profiles=False),
            tokens=tokens,
            identity_key=_identity(identity_key),
            caller=_caller(key_file),
            kafka=kafka,
            topics={kind: f"{topics}.{kind}" for kind in KINDS},
            security=security_as_told(tell_remark),
            listen=address,
            certificate=_certificate(cert, key),
            metrics=own_address,
            metrics_security=metrics_security,
        )
        _require_kafka(settings)
        _allow_many_files()
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # we say it once
        started = partial(
            tell_start,
            "intake",
            catalogue=catalogue,
            catalogue_sha256=fingerprint(catalogue),
            kafka=kafka,
            kafka_protocol=settings.security.protocol,
            topics=topics,
            listen=listen,
            metrics=metrics,
        )
        asyncio.run(run(settings, started))
    except (
        CatalogueError, GrantsError, IntakeError, KeyFileError, ListenError, PublishError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None


def _address(option: str, text: str, example: str) -> Address:
    found = read_address(text)
    if found is None:
        raise click.UsageError(f"{option} {text} saknar värd eller port; skriv {example}")
    return found


def _certificate(cert: Path | None, key: Path | None) -> Certificate | None:
    found = certificate_of(cert, key)
    for remark in found.remarks() if found is not None else ():
        tell_remark(f"Varning: {remark}")
    return found


def _identity(file: Path) -> bytes:
    """Return the key in a file, which is never made here: with another, what is open is others."""
    key = read_key(file)
    if key is None:
        raise KeyFileError(
            f"{file} finns inte: gör en med (umask 077; openssl rand -hex 32 > {file}), och spara "
            "en kopia, för med en annan nyckel blir det som är öppet nu andra ärenden"
        )
    return key


def _caller(key_file: Path | None) -> CallerHash:
    if key_file is None:
        tell_remark(
            "Ingen nyckelfil (--key-file): numren lämnas bort, så återuppringningar syns inte."
        )
        return no_caller
    keys = Keys(key_file)
    today = datetime.now(UTC).date()
    keys.key(today, today)  # a file that can't be used is said at once
    return hashed_callers(keys, lambda: datetime.now(UTC))


def _require_kafka(settings: Settings) -> None:
    """Raise PublishError, which says why, if Kafka or a topic is not there or refuses us."""
    topics = dict(settings.topics)
    Publisher(settings.kafka, topics["calls"], topics=topics, security=settings.security).close()


def _allow_many_files() -> None:
    """Let the process have as many connections as it means to have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
