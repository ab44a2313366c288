"""``svarsgrad wall``: serves the wall page."""

import contextlib
import logging
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
from aiohttp import web
from yarl import URL

from dashboards.wall.server import KEY, Served, Wall
from streams.addresses import NOT_SERVED, is_loopback, read_address, why_unresolved
from streams.catalogue_file import fingerprint, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.domain.swedish import reason
from streams.logs import e, tell, tell_remark, tell_start
from streams.logs.long_running import LongRunning
from streams.secrets_file import Kind, SecretFileError, read_secret, readable_by_all

LISTEN: Final = "127.0.0.1:8080"
PROMETHEUS: Final = "http://127.0.0.1:9090"
STOP_SECONDS: Final = 2.0
_KEY: Final = Kind("nyckeln", "en nyckel")
SHORTEST: Final = 16
"""A token with fewer characters can be guessed."""
log = logging.getLogger(__name__)


@click.command("wall", cls=LongRunning, options_metavar="[FLAGGOR]")
@click.option(
    "--catalogue",
    metavar="FIL",
    required=True,
    type=click.Path(path_type=Path),
    help="Katalogfilen, den som räknarna har.",
)
@click.option(
    "--prometheus",
    metavar="ADRESS",
    default=PROMETHEUS,
    envvar="SVARSGRAD_PROMETHEUS",
    show_default=True,
    show_envvar=True,
    help="Var Prometheus svarar.",
)
@click.option(
    "--listen",
    metavar="VÄRD:PORT",
    default=LISTEN,
    envvar="SVARSGRAD_WALL_LISTEN",
    show_default=True,
    show_envvar=True,
    help="Var väggen visas.",
)
@click.option(
    "--token-file",
    metavar="FIL",
    envvar="SVARSGRAD_WALL_TOKEN_FILE",
    show_envvar=True,
    type=click.Path(path_type=Path),
    help=f"Fil med en nyckel som en skärm måste känna till: öppna väggen med ?{KEY}=… en gång.",
)
@click.option(
    "--every",
    metavar="SEKUNDER",
    type=click.FloatRange(1, 60),
    default=5.0,
    show_default=True,
    help="Hur ofta Prometheus tillfrågas.",
)
@click.option(
    "--stale",
    metavar="SEKUNDER",
    type=click.FloatRange(10, 600),
    default=90.0,
    show_default=True,
    help="Äldre siffror visas inte: då står det Data saknas.",
)
def command(
    catalogue: Path, prometheus: str, listen: str, token_file: Path | None, **often: float
) -> None:
    """Visa väggen: hur varje kö går, på en skärm i rummet.

    Allt väljs i adressen: ?ko=vaxel,kundtjanst visar de köerna, ?team=kundcenter teamets,
    &per=4 så många åt gången, &byt=20 byter efter så många sekunder, &ordning=samst visar de
    sämsta först, &tema=ljus eller mork. Läser bara; Ctrl-C avslutar.
    """
    try:
        loaded = read_catalogue(catalogue, with_profiles=False)
    except CatalogueError as error:
        raise click.ClickException(str(error)) from None
    host, port = _address(listen)
    if often["stale"] < 2 * often["every"]:
        raise click.UsageError("--stale ska vara minst dubbelt så långt som --every")
    served = Served(
        loaded, _prometheus(prometheus), often["every"], often["stale"], _token(token_file)
    )
    names = sorted(loaded.municipalities)
    which = "" if len(names) == 1 else f"?kommun={names[0]}"
    shown = f"[{host}]" if ":" in host else host

    def opened(*_: object) -> None:
        tell_start(
            "wall",
            catalogue=catalogue,
            catalogue_sha256=fingerprint(catalogue),
            prometheus=str(URL(served.prometheus).with_user(None).with_query(None)),
            listen=listen,
        )
        address = f"http://{shown}:{port}/{which}"
        tell(log, e.SERVING, f"Väggen visas på {address}", address=address)
        if served.token is None and not is_loopback(host):
            remark = "Obs: alla som når den adressen ser väggen; --token-file ger den en nyckel."
            tell_remark(remark)

    try:
        web.run_app(
            Wall(served).application(),
            host=host,
            port=port,
            access_log=None,
            print=opened,
            shutdown_timeout=STOP_SECONDS,
            handler_cancellation=True,
        )
    except OSError as error:
        why = NOT_SERVED.get(error.errno) or reason(error)
        raise click.ClickException(
            f"--listen {listen} går inte att använda ({why}); välj en annan"
        ) from None


def _address(listen: str) -> tuple[str, int]:
    found = read_address(listen)
    if found is None:
        raise click.UsageError(f"--listen {listen} saknar värd eller port; skriv {LISTEN}")
    if (unknown := why_unresolved(*found)) is not None:
        raise click.UsageError(f"--listen {listen}: {unknown}; skriv {LISTEN}")
    return found


def _prometheus(url: str) -> str:
    parts = None
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        # It isn't quoted: it may hold a password.
        raise click.UsageError(f"--prometheus är ingen adress; skriv {PROMETHEUS}")
    return url


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    told = f"--token-file {file}"
    try:
        token = read_secret(str(file), told, _KEY)
    except SecretFileError as error:
        raise click.ClickException(str(error)) from None
    if len(token) < SHORTEST:
        raise click.ClickException(
            f"{told} har en nyckel under {SHORTEST} tecken; gör en längre, "
            "till exempel med: openssl rand -hex 16"
        )
    for remark in readable_by_all(str(file), told):
        tell_remark(f"Obs: {remark}")
    return token
