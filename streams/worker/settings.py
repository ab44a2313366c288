"""Settings of a worker: from the environment, checked once, each with what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, get_type_hints

from streams import addresses, asking, variables
from streams.endpoints import security as listen_security
from streams.kafka import security as kafka_security
from streams.kafka import topics as kafka_topics

PREFIX: Final = "SVARSGRAD_"
ELSEWHERE: Final = (
    kafka_security.PREFIX,
    listen_security.PREFIX,
    asking.WORKER,
    *(
        PREFIX + its
        for its in (
            *("STACK_", "ARCHIVE_", "DATABASE", "PROMETHEUS", "ALERTMANAGER", "WALL_"),
            *("INTAKE_", "LOG_", "MAILBOX_", "SMTP"),
        )
    ),
)
"""What begins so is read by all that do the same, or is for others on the same machine."""
SESSION_SECONDS: Final = (6, 1800)
"""What brokers take (``group.min.session.timeout.ms`` and ``max``, Kafka's defaults): a worker
whose session is refused can't become a member."""


STUCK_SECONDS: Final = 20
"""A worker that is well may be silent for this long: a question to its consumer's thread takes up
to 15 seconds."""


class SettingError(ValueError):
    """A setting can't be used; whoever starts the process must act. The message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a worker is told. Each field is the variable ``SVARSGRAD_<FIELD>``."""

    catalogue: Annotated[Path, "Katalogfilen"]
    kafka: Annotated[str, "Kafka-noder att fråga först, värd:port, flera med komma"] = (
        addresses.KAFKA
    )
    group: Annotated[str, "Konsumentgrupp; dess räknare delar på kommunerna"] = "svarsgrad"
    topics: Annotated[str, "Början på ämnenas namn: svarsgrad ger svarsgrad.calls med flera"] = (
        "svarsgrad"
    )
    rejected_topic: Annotated[
        str, "Ämnet för det som inte kan användas", kafka_topics.rejected_topic(f"{PREFIX}TOPICS")
    ] = ""
    listen: Annotated[str, "Adress för /metrics, /ledgers, /healthz och /readyz"] = (
        "127.0.0.1:9101"
    )
    session_seconds: Annotated[float, "Så länge behåller en tyst räknare sina kommuner"] = 6.0
    stuck_seconds: Annotated[float, "Så länge får en räknare stå still innan den avslutas"] = 60.0

    @property
    def rejected(self) -> str:
        """Return the name of the topic for what can't be used."""
        return self.rejected_topic or kafka_topics.rejected_topic(self.topics)

    @property
    def address(self) -> tuple[str, int]:
        """Return ``listen`` as host and port."""
        return host_and_port(self.listen, "LISTEN")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings in ``environ``; :class:`SettingError` on the first mistake."""
        known = variables.variables(cls, PREFIX)
        for name in sorted(environ):
            if name.startswith(PREFIX) and name not in known and not name.startswith(ELSEWHERE):
                raise SettingError(
                    f"{name} är ingen inställning; de som finns: {', '.join(known)}"
                )
        if not environ.get(PREFIX + "CATALOGUE", "").strip():
            raise SettingError(f"{PREFIX}CATALOGUE saknas: ange katalogfilen (eller --catalogue)")
        kinds = get_type_hints(cls)
        values: dict[str, object] = {}
        for name, one in known.items():
            text = environ.get(name, "").strip()
            if text:
                values[one.name] = _value(name, text, kinds[one.name])
        settings = cls(**values)  # type: ignore[arg-type] # each as its field says
        for address in settings.kafka.split(","):
            host_and_port(address, "KAFKA")
        host_and_port(settings.listen, "LISTEN")
        if settings.rejected in kafka_topics.event_topics(settings.topics):
            raise SettingError(
                f"{PREFIX}REJECTED_TOPIC={settings.rejected_topic} är ett ämne med händelser: det "
                "som avvisas skulle läsas om för alltid; ange ett eget ämne"
            )
        if settings.stuck_seconds < STUCK_SECONDS:
            raise SettingError(
                f"{PREFIX}STUCK_SECONDS={settings.stuck_seconds:g} är för kort, en frisk räknare "
                f"skulle avslutas; skriv minst {STUCK_SECONDS}"
            )
        low, high = SESSION_SECONDS
        if not low <= settings.session_seconds <= high:
            raise SettingError(
                f"{PREFIX}SESSION_SECONDS={settings.session_seconds:g} tar Kafka inte emot; "
                f"skriv {low}–{high}"
            )
        return settings


def described() -> str:
    """Return every variable with its meaning and its default, a line each."""
    return variables.described(Settings, PREFIX)


_EXAMPLES: Final = {"KAFKA": addresses.KAFKA, "LISTEN": "127.0.0.1:9101"}


def host_and_port(text: str, name: str) -> tuple[str, int]:
    """Return host and port of ``host:port``. Raises :class:`SettingError`."""
    address = addresses.read_address(text)
    if address is None:
        raise SettingError(
            f"{PREFIX}{name}={text!r} är ingen adress; skriv till exempel {_EXAMPLES[name]}"
        )
    return address


def _value(name: str, text: str, kind: type) -> object:
    if kind is Path:
        return Path(text)
    if kind is float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 < number < 86_400:
            raise SettingError(f"{name}={text!r} är inget antal sekunder; skriv till exempel 6")
        return number
    return text
