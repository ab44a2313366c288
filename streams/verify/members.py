"""All that answer to one name, each by an address of its own, as pods of a headless service."""

import ipaddress
import socket
from urllib.parse import urlsplit

from streams.addresses import UNRESOLVED


class UnknownNameError(ValueError):
    """A name has no address. The message says why, in a few words."""


def each_address(address: str) -> list[str]:
    """Return an address, ``http://host:port``, once for each that its host's name has, in order.

    With TLS they are names below it, with dashes, as CoreDNS has them: ``https://10-0-0-7.host:port``.
    A certificate for ``*.host`` holds for all of them. Raises :class:`UnknownNameError`.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        number = error.errno if isinstance(error, socket.gaierror) else None
        raise UnknownNameError(UNRESOLVED.get(number, UNRESOLVED[socket.EAI_NONAME])) from None
    numbers = sorted({ipaddress.ip_address(one[4][0]) for one in found}, key=str)
    return [f"{parts.scheme}://{_called(it, host, parts.scheme)}:{port}" for it in numbers]


def _called(number: ipaddress.IPv4Address | ipaddress.IPv6Address, host: str, scheme: str) -> str:
    if scheme == "https":
        return f"{str(number).replace('.', '-').replace(':', '-')}.{host}"
    return f"[{number}]" if number.version == 6 else str(number)
