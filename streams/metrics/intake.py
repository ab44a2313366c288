"""Metrics of the process that sources push to, beside those of each source."""

from typing import Final

from streams.metrics.kinds import counter, gauge

INTAKE_ANSWERS = counter(
    "intake_answers", ("status",), "Requests that `svarsgrad intake` has answered, by status."
)
INTAKE_CONNECTIONS = gauge("intake_connections", (), "Connections that it has now.")
INTAKE_HELD = gauge(
    "intake_held_bytes", (), "Bodies that it reads and events that Kafka has not acknowledged."
)

INTAKE: Final = (INTAKE_ANSWERS, INTAKE_CONNECTIONS, INTAKE_HELD)
"""About the process that sources push to, beside those."""
