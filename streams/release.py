"""Which release of svarsgrad this is."""

from functools import cache
from importlib.metadata import version


@cache
def release() -> str:
    """Return the version, as ``0.1.0``."""
    return version("svarsgrad")
