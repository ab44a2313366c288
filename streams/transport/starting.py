"""What a process of ours needs before it reads: its libraries."""

from streams.transport import pins


class StartError(RuntimeError):
    """The process can't start; the operator must act. The message is one line."""


def require_libraries() -> None:
    """Raise :class:`StartError` unless the libraries are those that the transport is made for."""
    if faults := pins.faults():
        raise StartError(
            f"fel bibliotek ({'; '.join(faults)}): installera det som "
            "requirements.txt pekar ut (pip install --require-hashes -r requirements.txt)"
        )
