"""The certificate that a server shows, of files that are read again when they change."""

import contextlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from streams.endpoints import ListenError
from streams.endpoints.watched import Watched
from streams.secrets_file import readable_by_all, unreadable

UNTIMELY: Final = {9: "gäller inte än: rätta klockan", 10: "har gått ut: förnya det"}
"""What is wrong with when a certificate is valid, by OpenSSL's number."""
_FLIGHTS: Final = 4
"""As often as each end may have to speak until both know."""


@dataclass(slots=True)
class Certificate:
    """A certificate with its key, and the context that shows it to those who connect now.

    Raises :class:`ListenError` if they can't be used.
    """

    cert: Path
    key: Path
    told_cert: str
    """How the file was named: ``--cert FILE``."""
    told_key: str
    context: ssl.SSLContext = field(init=False)
    watched: Watched = field(init=False)

    def __post_init__(self) -> None:
        self.watched = Watched((self.cert, self.key), self.renew)  # from before they are read
        self.renew()

    def renew(self) -> None:
        """Read the files again. Raises :class:`ListenError`; then all is as it was."""
        # A new one: the old one would go on showing the old certificate beside another kind's.
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _require_readable(self.cert, self.told_cert)
        _require_readable(self.key, self.told_key)
        try:
            # An empty password is none; without it, OpenSSL would ask for one on the terminal.
            context.load_cert_chain(self.cert, self.key, password="")
        except ssl.SSLError:
            raise ListenError(
                f"{self.told_cert} är inte ett certifikat (PEM) med sin nyckel (PEM, utan "
                f"lösenord) i {self.told_key}: rätta filerna, eller vilka de är"
            ) from None
        except OSError as error:  # gone since
            raise ListenError(unreadable(self.told_cert, error)) from None
        self.context = context

    def remarks(self) -> tuple[str, ...]:
        """Return what whoever told of it should know, a line each."""
        untimely = UNTIMELY.get(_fault_of(self.context, self.cert))
        found = () if untimely is None else (f"{self.told_cert} {untimely}",)
        return (*found, *readable_by_all(str(self.key), self.told_key))


def _require_readable(file: Path, told: str) -> None:
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise ListenError(unreadable(told, error)) from None


def _fault_of(context: ssl.SSLContext, cert: Path) -> int:
    """Return OpenSSL's number of what a client finds who trusts this very certificate; 0: none."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(cert)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(back, there, server_hostname=None),
        context.wrap_bio(there, back, server_side=True),
    )
    try:
        for end in ends * _FLIGHTS:
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
    except ssl.SSLCertVerificationError as error:
        return error.verify_code
    return 0
