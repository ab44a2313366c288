"""``svarsgrad worker``: runs one worker until it is told to stop."""

import os
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from streams.addresses import KAFKA
from streams.catalogue_file import read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.endpoints import ListenError
from streams.endpoints import security as listen_security
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError
from streams.logs import log_to_stderr
from streams.transport.starting import StartError
from streams.worker.admission import admitted
from streams.worker.app import run_worker
from streams.worker.settings import PREFIX, SettingError, Settings, described

_HELP: Final = "\n\n".join(
    (f"\b\nMiljövariabler:\n{described()}", listen_security.HELP, kafka_security.HELP)
)
_F = TypeVar("_F", bound=Callable[..., object])


def _setting(name: str, metavar: str, text: str, **more: Any) -> Callable[[_F], _F]:
    """Return an option that is the setting of that name, also from the environment."""
    variable = PREFIX + name.upper()
    return click.option(
        f"--{name}", metavar=metavar, envvar=variable, show_envvar=True, help=text, **more
    )


@click.command("worker", epilog=_HELP)
@_setting("catalogue", "FIL", "Katalogfilen.")
@_setting("kafka", "VÄRD:PORT", "Kafkas adress.", default=KAFKA, show_default=True)
@_setting("group", "NAMN", "Konsumentgrupp.")
@_setting("listen", "VÄRD:PORT", "Adress för /metrics, /ledgers, /healthz och /readyz.")
def command(**options: str | None) -> None:
    """Räkna servicenivåerna löpande och visa dem på /metrics.

    Alla inställningar kan ges i miljön; flaggorna går före.
    """
    given = {PREFIX + name.upper(): value for name, value in options.items() if value}
    try:
        settings = Settings.from_environment({**os.environ, **given})
        its_listen = listen_security.listen_security_as_told(
            f"--listen {settings.listen}", settings.address[0]
        )
        security = kafka_security.security_as_told()
        catalogue = read_catalogue(settings.catalogue)
        partitions, remarks = admitted(settings, security)
        for line in remarks:
            click.echo(f"Varning: {line}", err=True)
        log_to_stderr()  # not before: what is wrong with the start is said in one line
        code = run_worker(settings, catalogue, partitions, security, its_listen)
    except (SettingError, CatalogueError, ListenError, TopicError, StartError) as error:
        raise click.ClickException(str(error)) from None
    if code:
        raise click.exceptions.Exit(code)
