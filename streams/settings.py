"""Settings of a worker: from the environment, checked once, each with what it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

PREFIX: Final = "SVARSGRAD_"
STACK: Final = PREFIX + "STACK_"
"""What begins so is for the local stack, not for a worker."""


class SettingError(ValueError):
    """A setting can't be used; whoever starts the process must act. The message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a worker is told. Each field is the variable ``SVARSGRAD_<FIELD>``."""

    catalogue: Path
    """The catalogue file."""
    kafka: str = "127.0.0.1:9092"
    """Brokers to ask first, ``host:port``, several with commas."""
    group: str = "svarsgrad"
    """Consumer group: workers of one group share the partitions."""
    calls_topic: str = "svarsgrad.calls"
    rejected_topic: str = "svarsgrad.rejected"
    listen: str = "127.0.0.1:9101"
    """Where /metrics, /healthz and /readyz are served, ``host:port``."""
    session_seconds: float = 6.0
    """How long a silent worker keeps its partitions."""
    stuck_seconds: float = 60.0
    """How long a worker may stand still before it ends itself."""

    @property
    def address(self) -> tuple[str, int]:
        """Return ``listen`` as host and port."""
        return host_and_port(self.listen, "LISTEN")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings in ``environ``; :class:`SettingError` on the first mistake."""
        known = {PREFIX + field.name.upper(): field for field in fields(cls)}
        for name in sorted(environ):
            if name.startswith(PREFIX) and name not in known and not name.startswith(STACK):
                raise SettingError(
                    f"{name} är ingen inställning; de som finns: {', '.join(known)}"
                )
        if not environ.get(PREFIX + "CATALOGUE"):
            raise SettingError(f"{PREFIX}CATALOGUE saknas: ange katalogfilen (eller --catalogue)")
        values: dict[str, object] = {}
        for name, field in known.items():
            text = environ.get(name, "").strip()
            if text:
                values[field.name] = _value(name, text, str(field.type))
        settings = cls(**values)  # type: ignore[arg-type]
        for address in settings.kafka.split(","):
            host_and_port(address, "KAFKA")
        host_and_port(settings.listen, "LISTEN")
        return settings


def host_and_port(text: str, name: str) -> tuple[str, int]:
    """Return host and port of ``host:port``. Raises :class:`SettingError`."""
    match = re.fullmatch(r"\[?([^\s\[\],/]+?)\]?:(\d{1,5})", text.strip())
    if not match or not 0 < int(match[2]) < 65536:
        raise SettingError(
            f"{PREFIX}{name}={text!r} är ingen adress; skriv till exempel 127.0.0.1:9092"
        )
    return match[1], int(match[2])


def _value(name: str, text: str, kind: str) -> object:
    if "Path" in kind:
        return Path(text)
    if "float" in kind:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 < number < 86_400:
            raise SettingError(f"{name}={text!r} är inget antal sekunder; skriv till exempel 6")
        return number
    return text
