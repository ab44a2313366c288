"""Ports on loopback: which are free, and who is told when one is not."""

import random
import socket
from collections.abc import Collection

from stack.errors import StackError

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes ports of outgoing connections (32768 on Linux), so
# that a port that was free is not taken by somebody's connection before it is listened on.
_CHOICES = range(20_000, 32_000)
_given: set[int] = set()


def is_free(port: int) -> bool:
    """Say whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int, but_not: Collection[int] = ()) -> list[int]:
    """Return different free ports of loopback, none of them given out before by this process."""
    chosen: list[int] = []
    for port in random.SystemRandom().sample(_CHOICES, len(_CHOICES)):
        if len(chosen) == count:
            break
        if port not in _given and port not in but_not and is_free(port):
            chosen.append(port)
            _given.add(port)
    if len(chosen) < count:
        raise StackError(f"Det finns inte {count} lediga portar på {LOOPBACK}.")
    return chosen


def require_free(port: int, name: str, setting: str) -> None:
    """Raise StackError when `port`, meant for `name` and set by `setting`, is taken."""
    if not is_free(port):
        raise StackError(
            f"Port {port} för {name} är upptagen: stoppa det som lyssnar där, "
            f"eller välj en annan port med {setting}."
        )
