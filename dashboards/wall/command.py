"""``svarsgrad wall``: serves the wall page."""

import asyncio
import logging
from pathlib import Path
from typing import Final

import click
from aiohttp import web

from dashboards.wall.server import KEY, Served, Wall
from streams import asking, options
from streams.addresses import PROMETHEUS, is_loopback, read_address, why_unresolved
from streams.asking import AskingError, asker_as_told, url_as_typed
from streams.catalogue_file import fingerprint, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.endpoints import ListenError
from streams.endpoints.own_tls import certificate_of, require_tls, tls_options
from streams.endpoints.security import ListenSecurity
from streams.endpoints.serving import serving
from streams.logs import e, tell, tell_remark, tell_start
from streams.logs.long_running import LongRunning
from streams.secrets_file import Kind, SecretFileError, read_secret, readable_by_all
from streams.stopping import stop_signal

LISTEN: Final = "127.0.0.1:8080"
STOP_SECONDS: Final = 2.0
_KEY: Final = Kind("nyckeln", "en nyckel")
_HELP: Final = "\b\nMiljövariabler för frågor till Prometheus:\n" + asking.described(
    asking.PROMETHEUS
)
log = logging.getLogger(__name__)


@click.command("wall", cls=LongRunning, options_metavar="[FLAGGOR]", epilog=_HELP)
@options.catalogue
@options.prometheus()
@click.option(
    "--listen",
    metavar="VÄRD:PORT",
    default=LISTEN,
    envvar="SVARSGRAD_WALL_LISTEN",
    show_default=True,
    show_envvar=True,
    help="Var väggen visas.",
)
@tls_options("SVARSGRAD_WALL_")
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
def command(  # noqa: PLR0917 # click calls it by name
    catalogue: Path,
    prometheus: str,
    listen: str,
    cert: Path | None,
    key: Path | None,
    behind_proxy: bool,
    token_file: Path | None,
    **often: float,
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
    url = _prometheus(prometheus)
    asker = asker_as_told(asking.PROMETHEUS, [url], tell_remark)
    served = Served(loaded, url, often["every"], often["stale"], asker, token=_token(token_file))
    names = sorted(loaded.municipalities)
    which = "" if len(names) == 1 else f"?kommun={names[0]}"
    shown = f"[{host}]" if ":" in host else host
    address = f"{'http' if cert is None else 'https'}://{shown}:{port}/{which}"
    remark = "Obs: alla som når den adressen ser väggen; --token-file ger den en nyckel."

    async def serve() -> None:
        stop = stop_signal()
        runner = web.AppRunner(
            Wall(served).application(),
            access_log=None,
            shutdown_timeout=STOP_SECONDS,
            handler_cancellation=True,
        )
        async with serving(runner, (host, port), security):
            tell_start(
                "wall",
                catalogue=catalogue,
                catalogue_sha256=fingerprint(catalogue),
                prometheus=url,
                listen=listen,
            )
            tell(log, e.SERVING, f"Väggen visas på {address}", address=address)
            if served.token is None and not is_loopback(host):
                tell_remark(remark)
            await stop.wait()

    try:
        security = _security(listen, host, cert, key, behind_proxy=behind_proxy)
        asyncio.run(serve())
    except ListenError as error:
        raise click.ClickException(str(error)) from None


def _security(
    listen: str, host: str, cert: Path | None, key: Path | None, *, behind_proxy: bool
) -> ListenSecurity:
    """Return how the wall is shown. Raises :class:`ListenError`."""
    require_tls(listen, host, cert, key, behind_proxy=behind_proxy)
    security = ListenSecurity(certificate_of(cert, key))
    for line in security.remarks():
        tell_remark(f"Obs: {line}")
    return security


def _address(listen: str) -> tuple[str, int]:
    found = read_address(listen)
    if found is None:
        raise click.UsageError(f"--listen {listen} saknar värd eller port; skriv {LISTEN}")
    if (unknown := why_unresolved(*found)) is not None:
        raise click.UsageError(f"--listen {listen}: {unknown}; skriv {LISTEN}")
    return found


def _prometheus(url: str) -> str:
    try:
        parts = url_as_typed(url, asking.PROMETHEUS)
    except AskingError as error:
        raise click.UsageError(f"--prometheus {error}") from None
    if parts is None:
        # It isn't quoted: it may hold a password.
        raise click.UsageError(f"--prometheus är ingen adress; skriv {PROMETHEUS}")
    return url


def _token(file: Path | None) -> str | None:
    if file is None:
        return None
    told = f"--token-file {file}"
    try:
        token = read_secret(str(file), told, _KEY, is_long=True)
    except SecretFileError as error:
        raise click.ClickException(str(error)) from None
    for remark in readable_by_all(str(file), told):
        tell_remark(f"Obs: {remark}")
    return token
