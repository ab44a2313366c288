"""Why Grafana did not do what was asked, in words that say who must act.

Of an answer, its status and its body: Grafana's own are objects with a ``message``. What is no
such object comes from something else: another server, a page to log in on, a proxy.

Source: Grafana's documentation of its HTTP API for dashboards, folders and annotations
(https://grafana.com/docs/grafana/latest/developers/http_api/), and its ``pkg/services/dashboards/
errors.go``, ``pkg/api/apierrors/`` and ``pkg/services/accesscontrol/middleware.go``.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dashboards.grafana.connection import Connection
from streams.domain.swedish import reason

_NEEDED: Final = re.compile(r"Permissions needed: (?:any of |all of )?([a-z.]+:[a-z.]+)")
_MOST_CHARACTERS: Final = 200
_PROVISIONED: Final = "provisioned"
_ROLES: Final = {"read": "Viewer"}
"""What ends the name of a right → the role that has it; else Editor."""
_UNREACHED: Final = {502, 503, 504}
_UNDONE: Final = {429, 503}
"""After these it is known that nothing was done."""
_CERTIFICATES: Final = {
    9: ("gäller inte än", "rätta klockan eller certifikatet"),
    10: ("har gått ut", "förnya det"),
    62: ("gäller inte för den värden", "skriv värden som den står i certifikatet"),
    64: ("gäller inte för den värden", "skriv värden som den står i certifikatet"),
}
"""What is wrong with a certificate, and what to do, by OpenSSL's number."""
_NOT_TRUSTED: Final = (
    "är inte utfärdat av någon vi litar på",
    "ange utfärdarens certifikat med --ca-file",
)


class GrafanaError(Exception):
    """Grafana did not do what was asked. The message is one line and says what to do."""


class StrangerError(GrafanaError):
    """It doesn't know us: a wrong token or password."""


class ForbiddenError(GrafanaError):
    """We lack a right."""


class AbsentError(GrafanaError):
    """What was asked for is not there, if it is Grafana that says so."""


class NotGrafanaError(GrafanaError):
    """Something else answers."""


class NewFormError(GrafanaError):
    """A board is kept in a form that this API can't tell."""


class ChangedError(GrafanaError):
    """A board was saved by somebody after we read it."""


class ProvisionedError(GrafanaError):
    """A board comes from a file of Grafana's, and can't be saved."""


class TakenError(GrafanaError):
    """Another folder has the name or the uid."""


class RefusedError(GrafanaError):
    """It won't do it, for a reason of its own."""


class PassingError(GrafanaError):
    """It may go better in a while."""

    def __init__(self, message: str, *, is_undone: bool) -> None:
        super().__init__(message)
        self.is_undone = is_undone
        """Whether it is known that nothing was done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What we ask of Grafana, ``läsa mappen``, and the right that it takes."""

    what: str
    right: str


def refusal(asked: Asked, status: int, body: object, connection: Connection) -> GrafanaError:
    """Return what an answer that is no success means; ``body`` is its JSON, or None."""
    said = _said(body)
    where = f"Grafana på {connection.address}"
    if status == 429 or status in _UNREACHED:
        return PassingError(
            f"{where} är upptagen eller på väg upp (HTTP {status}): försök igen om en stund",
            is_undone=status in _UNDONE,
        )
    if status >= 500:
        return RefusedError(
            f"{where} kunde inte {asked.what} (HTTP {status}{said and f', {said}'}): "
            "felet är Grafanas; se dess logg"
        )
    if not said:
        return not_grafana(connection, f"HTTP {status}")
    return _refused(asked, status, said, body, connection)


def _refused(
    asked: Asked, status: int, said: str, body: object, connection: Connection
) -> GrafanaError:
    """Return what Grafana means that says itself what it won't."""
    login, where = connection.login, f"Grafana på {connection.address}"
    cannot = f"{where} kan inte {asked.what}"
    kind: type[GrafanaError] = RefusedError
    text = f"{cannot} (HTTP {status}, {said})"
    match status:
        case 400 if _PROVISIONED in said.casefold():
            kind, text = ProvisionedError, f"{cannot}: den kommer från en fil hos Grafana"
        case 401:
            kind = StrangerError
            text = f"{where} känner inte igen {login.who} ({said}): {login.correction}"
        case 403:
            needed = _NEEDED.search(said)
            right = needed[1] if needed else asked.right
            role = _ROLES.get(right.partition(":")[2], "Editor")
            kind = ForbiddenError
            text = (
                f"{where} låter inte {login.who} {asked.what}: ge rättigheten {right}, som rollen "
                f"{role} har"
            )
        case 404:
            kind, text = AbsentError, f"{cannot} ({said}): se efter i Grafana om det finns"
        case 406:
            kind, text = NewFormError, f"{cannot}: det är sparat i Grafanas nya form ({said})"
        case 412 if _status(body) == "version-mismatch":
            kind, text = ChangedError, f"{cannot}: någon annan har sparat; kör igen"
        case 409 | 412:
            kind, text = TakenError, f"{cannot}: namnet är upptaget ({said})"
    return kind(text)


def not_grafana(connection: Connection, answer: str) -> NotGrafanaError:
    """Return that something else answers, which is all that is known of it."""
    return NotGrafanaError(
        f"{connection.address} svarar inte som Grafana ({answer}): rätta --url, med sökväg om "
        "Grafana har en (https://example.org/grafana), eller se vad som står framför"
    )


def moved(connection: Connection, to: str) -> NotGrafanaError:
    """Return that we are sent elsewhere, where we don't go: a secret would go there too."""
    there = f" till {_shown(to)}" if to else ""
    return NotGrafanaError(
        f"{connection.address} hänvisar vidare{there}: rätta --url, så att den är Grafanas egen"
    )


def slow(connection: Connection, seconds: float, *, is_undone: bool) -> PassingError:
    """Return that no answer came in time; what was asked may be done all the same."""
    return PassingError(
        f"Grafana på {connection.address} svarade inte inom {seconds:.0f} s: försök igen, eller "
        "se om den är belastad",
        is_undone=is_undone,
    )


def blocked(connection: Connection) -> RefusedError:
    """Return that a proxy does not let us through."""
    return RefusedError(
        f"Proxyn släpper inte fram till {connection.address}: rätta HTTPS_PROXY, eller skriv "
        "värden i NO_PROXY"
    )


def unreached(connection: Connection, error: Exception) -> GrafanaError:
    """Return why there is no connection, or why it ended, of an error with its causes."""
    where = f"Grafana på {connection.address}"
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why, what_to_do = _CERTIFICATES.get(cause.verify_code, _NOT_TRUSTED)
            return RefusedError(f"Certifikatet för {where} {why}: {what_to_do}")
        if isinstance(cause, ssl.SSLError):
            return RefusedError(
                f"{where} kan inte nås med TLS ({cause.reason or 'okänt fel'}): rätta porten i "
                "--url, eller låt Grafana använda TLS 1.2 eller senare"
            )
        if isinstance(cause, socket.gaierror):
            return RefusedError(f"{where} hittas inte: rätta värden i --url, eller DNS")
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno is not None:
            return PassingError(
                f"{where} nås inte ({reason(cause)}): rätta --url, eller starta Grafana",
                is_undone=isinstance(cause, ConnectionRefusedError),
            )
    return PassingError(
        f"{where} bröt förbindelsen: försök igen, eller rätta --url", is_undone=False
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all it comes of: libraries wrap them."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _said(body: object) -> str:
    """Return Grafana's own words; empty if they are not Grafana's."""
    said = body.get("message") if isinstance(body, dict) else None
    return _shown(said) if isinstance(said, str) else ""


def _status(body: object) -> object:
    return body.get("status") if isinstance(body, dict) else None


def _shown(text: str) -> str:
    """Return a text from without on one line, which is not long."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    return shown if len(shown) <= _MOST_CHARACTERS else f"{shown[:_MOST_CHARACTERS]}…"
