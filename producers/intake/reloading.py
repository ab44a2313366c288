"""Files that are read again when they change; a mistake in one changes nothing of what runs."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from streams.domain.swedish import reason

Stamp = tuple[int, int, int]


class CertificateError(ValueError):
    """The certificate can't be used; the text is one Swedish line that says what to do."""


@dataclass(slots=True)
class Watched:
    """Some files, and what is done when one of them has changed."""

    files: tuple[Path, ...]
    reload: Callable[[], None]
    _seen: list[Stamp | None] = field(init=False)

    def __post_init__(self) -> None:
        self._seen = self._stamps()

    def look(self, *, must: bool = False) -> bool:
        """Reload if a file has changed, or it ``must`` be; return whether. Raises what it does."""
        stamps = self._stamps()
        if stamps == self._seen and not must:
            return False
        self._seen = stamps
        self.reload()
        return True

    def _stamps(self) -> list[Stamp | None]:
        return [_stamp(file) for file in self.files]


def _stamp(file: Path) -> Stamp | None:
    try:
        its = file.stat()
    except OSError:
        return None
    return its.st_mtime_ns, its.st_size, its.st_ino


def tls(cert: Path, key: Path) -> ssl.SSLContext:
    """Return a context that serves a certificate. Raises :class:`CertificateError`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    renew(context, cert, key)
    return context


def renew(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    """Let new connections have a certificate anew. Raises :class:`CertificateError`, as it was."""
    try:
        for file in (cert, key):
            with file.open("rb"):
                pass
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert, key, password="")
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError:
        raise CertificateError(
            f"{cert} och {key} är inte ett certifikat (PEM) med sin nyckel (PEM, utan lösenord)"
        ) from None
    except OSError as error:
        raise CertificateError(
            f"{error.filename} går inte att läsa ({reason(error)}): rätta sökvägen eller rätten"
        ) from None
