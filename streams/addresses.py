"""Addresses as people type them, ``host:port``: read, and looked up."""

import errno
import ipaddress
import re
import socket
from typing import Final

KAFKA: Final = "127.0.0.1:9092"
"""Where Kafka is, unless something else is said."""
PROMETHEUS: Final = "http://127.0.0.1:9090"
"""Where Prometheus is, unless something else is said."""
UNRESOLVED: Final[dict[int | None, str]] = {
    socket.EAI_NONAME: "namnet är okänt",
    socket.EAI_AGAIN: "namnet kan inte slås upp nu",
}
"""Why a name has no address, in words."""

NOT_SERVED: Final[dict[int | None, str]] = {
    None: "maskinen har ingen sådan adress",  # from Python 3.13 on, without a number
    errno.EADDRINUSE: "porten är upptagen",
    errno.EADDRNOTAVAIL: "maskinen har ingen sådan adress",
    errno.EACCES: "porten kräver högre rättigheter",
    **UNRESOLVED,
}
"""Why an address can't be listened on, in words."""

_ADDRESS: Final = re.compile(r"\[?([^\s\[\],/]+?)\]?:(\d{1,5})", re.ASCII)


def read_address(text: str) -> tuple[str, int] | None:
    """Return host and port of ``host:port`` or ``[host]:port``; None if it is no address."""
    match = _ADDRESS.fullmatch(text.strip())
    if not match or not 0 < int(match[2]) < 65536:
        return None
    return match[1], int(match[2])


def is_loopback(host: str) -> bool:
    """Say whether a host, as it is typed, is this machine and nothing else."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def why_unresolved(host: str, port: int) -> str | None:
    """Return in words why a host's name can't be looked up; None if it can."""
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return UNRESOLVED.get(error.errno, UNRESOLVED[socket.EAI_NONAME])
    except UnicodeError:  # no name of a host at all, like a..b
        return UNRESOLVED[socket.EAI_NONAME]
    return None
