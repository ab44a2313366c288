"""``svarsgrad worker``: runs one worker until it is told to stop."""

import os
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import click

from streams import options
from streams.catalogue_file import fingerprint, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.endpoints import ListenError
from streams.endpoints import security as listen_security
from streams.kafka import security as kafka_security
from streams.kafka.topics import TopicError
from streams.logs import tell_remark, tell_start
from streams.logs.long_running import LongRunning
from streams.transport.starting import StartError
from streams.worker.admission import admitted
from streams.worker.app import Worker, run_worker
from streams.worker.settings import PREFIX, SettingError, Settings, described

_HELP: Final = "\n\n".join(
    (f"\b\nMiljövariabler:\n{described()}", listen_security.HELP, kafka_security.HELP)
)
_F = TypeVar("_F", bound=Callable[..., object])


def _setting(name: str, metavar: str, text: str) -> Callable[[_F], _F]:
    """Return an option that is the setting of that name, also from the environment."""
    variable = PREFIX + name.upper()
    return click.option(f"--{name}", metavar=metavar, envvar=variable, show_envvar=True, help=text)


@click.command(
    "worker",
    cls=LongRunning,
    short_help="Räkna servicenivåerna löpande, och visa dem.",
    epilog=_HELP,
)
@_setting("catalogue", "FIL", "Katalogfilen.")
@options.kafka
@options.topics_named("topics")
@options.group
@_setting("listen", "VÄRD:PORT", "Adress för /metrics, /ledgers, /healthz och /readyz.")
def command(**told: str | None) -> None:
    """Räkna servicenivåerna löpande och visa dem på /metrics.

    Alla inställningar kan ges i miljön; flaggorna går före.
    """
    given = {PREFIX + name.upper(): value for name, value in told.items() if value}
    try:
        settings = Settings.from_environment({**os.environ, **given})
        its_listen = listen_security.listen_security_as_told(
            f"--listen {settings.listen}", settings.address[0]
        )
        security = kafka_security.security_as_told(tell_remark)
        catalogue = read_catalogue(settings.catalogue)
        admission = admitted(settings, security)
        for line in admission.remarks:
            tell_remark(f"Varning: {line}")
        worker = Worker(
            settings,
            catalogue,
            admission.partitions,
            security,
            its_listen,
            admission.predecessors,
            started=partial(_tell_start, settings, admission.partitions, security.protocol),
        )
        code = run_worker(worker)
    except (SettingError, CatalogueError, ListenError, TopicError, StartError) as error:
        raise click.ClickException(str(error)) from None
    if code:
        raise click.exceptions.Exit(code)


def _tell_start(settings: Settings, partitions: int, protocol: str) -> None:
    tell_start(
        "worker",
        catalogue=settings.catalogue,
        catalogue_sha256=fingerprint(settings.catalogue),
        kafka=settings.kafka,
        kafka_protocol=protocol,
        topics=settings.topics,
        group=settings.group,
        partitions=partitions,
        listen=settings.listen,
        session_seconds=settings.session_seconds,
        stuck_seconds=settings.stuck_seconds,
    )
