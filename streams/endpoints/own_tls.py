"""TLS of an address that a command has beside that of its metrics: options, and what they mean."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from streams.endpoints.certificate import Certificate
from streams.endpoints.security import require_covered

_F = TypeVar("_F", bound=Callable[..., Any])


def tls_options(prefix: str | None = None) -> Callable[[_F], _F]:
    """Return what adds the options; with a ``prefix`` also from PREFIXCERT_FILE and …KEY_FILE."""

    def adding(command: _F) -> _F:
        for option in reversed(_options(prefix)):
            command = option(command)
        return command

    return adding


def _options(prefix: str | None) -> tuple[Callable[[_F], _F], ...]:
    return (
        click.option(
            "--cert",
            metavar="FIL",
            envvar=prefix and f"{prefix}CERT_FILE",
            show_envvar=True,
            type=click.Path(path_type=Path),
            help="Certifikat (PEM, med sin kedja): allt på --listen går över TLS.",
        ),
        click.option(
            "--key",
            metavar="FIL",
            envvar=prefix and f"{prefix}KEY_FILE",
            show_envvar=True,
            type=click.Path(path_type=Path),
            help="Dess nyckel (PEM).",
        ),
        click.option(
            "--behind-proxy",
            is_flag=True,
            help="En proxy på en annan maskin sköter TLS: lyssna i klartext också utanför "
            "maskinen.",
        ),
    )


def require_tls(
    listen: str, host: str, cert: Path | None, key: Path | None, *, behind_proxy: bool
) -> None:
    """Raise :class:`ListenError` if others could listen to what is said on ``--listen``.

    Raises :class:`click.UsageError` for half of a certificate.
    """
    if (cert is None) != (key is None):
        raise click.UsageError("--cert och --key hör ihop: ange båda")
    require_covered(
        f"--listen {listen}",
        host,
        is_covered=cert is not None or behind_proxy,
        remedy="ange --cert och --key, eller --behind-proxy om en proxy sköter TLS",
    )


def certificate_of(cert: Path | None, key: Path | None) -> Certificate | None:
    """Return the certificate in the files that were told; None without.

    Raises :class:`ListenError` if they can't be used.
    """
    if cert is None or key is None:
        return None
    return Certificate(cert, key, f"--cert {cert}", f"--key {key}")
