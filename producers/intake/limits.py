"""How much of anything there may be. Tests hold docs/sources/intake.md against these."""

from typing import Final

MAX_EVENTS: Final = 500
"""In one request, as in one message."""
MAX_BODY_BYTES: Final = 900_000
"""What a request may hold. What we write for it may be longer, and fits in 1 MiB all the same: all
that a request says of one kind is one message, since half of what restates a case would be taken
for the whole of it."""
SHARED_BYTES: Final = 200_000
"""Events of several requests go as one message while it is under this."""
MAX_HELD_BYTES: Final = 64 * 1024 * 1024
"""Bodies that are being read, and events that Kafka has not acknowledged."""
MOST_CONNECTIONS: Final = 2_000
BACKLOG: Final = 1024
"""Of new connections that wait to be taken: so many may be taken before any is counted."""
MOST_LINE_BYTES: Final = 8_190
"""Of a request's first line, and of each header."""
MOST_HEADERS: Final = 64
FIRST_SECONDS: Final = 10.0
"""From a connection's beginning to its first whole head of a request."""
IDLE_SECONDS: Final = 75.0
"""From one answer to the next head: longer than most clients and proxies keep a connection."""
REQUEST_SECONDS: Final = 30.0
"""From a request's head to the end of its answer."""
BODY_SECONDS: Final = 15.0
DELIVERY_SECONDS: Final = 10.0
"""How long Kafka has to acknowledge what it is given."""
STALLED_SECONDS: Final = 3.0
"""When the oldest has waited so long for Kafka, new ones are told at once to come back."""
STOP_SECONDS: Final = 15.0
"""How long answers that are being given may take when the process is to end."""
MOST_FAULTS: Final = 20
"""So many of a batch's faults are named."""
