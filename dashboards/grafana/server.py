"""Grafana as we speak with it: folders, dashboards and annotations, by Grafana's own JSON.

The only module that knows the library grafana-api, whose last release this is. What it lacks
stands here:

- It drops an answer's headers, and falls over an answer that is no JSON but has the word
  ``message`` in it, as pages to log in on do. So each answer is kept as it comes.
- It follows redirects, and a POST becomes a GET on the way. Here they are refused.
- It does not quote what it puts into an address, and encodes passwords in Latin-1.
- It tries once. Here all that may pass is tried again, but nothing that would then be there twice.
"""

from collections.abc import Callable, Mapping, Sequence
from time import sleep
from types import TracebackType
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec
import requests
from grafana_api.grafana_api import GrafanaException
from grafana_api.grafana_face import GrafanaFace

from dashboards.grafana.connection import Connection
from dashboards.grafana.refusals import (
    AbsentError,
    Asked,
    GrafanaError,
    PassingError,
    blocked,
    moved,
    not_grafana,
    refusal,
    slow,
    unreached,
)

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20.0
WAITS: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each new attempt, unless Grafana says how long itself."""
MOST_WAIT_SECONDS: Final = 30.0
"""Who is told to wait for longer tells people instead."""
MOST_ANNOTATIONS: Final = 1000
_T = TypeVar("_T")


class Folder(msgspec.Struct, frozen=True):
    """A folder of dashboards."""

    uid: str
    title: str


class _Meta(msgspec.Struct, frozen=True, rename="camel"):
    folder_uid: str = ""
    provisioned: bool = False


class Dashboard(msgspec.Struct, frozen=True):
    """A dashboard as Grafana has it."""

    dashboard: dict[str, Any]
    meta: _Meta

    @property
    def version(self) -> int:
        """Return how many times it has been saved."""
        version = self.dashboard.get("version")
        return version if isinstance(version, int) else 0


class Version(msgspec.Struct, frozen=True):
    """When a dashboard was saved, and what was said of it then."""

    version: int
    created: str = ""
    message: str = ""


class Annotation(msgspec.Struct, frozen=True, rename="camel"):
    """A note at a time, in milliseconds since 1970."""

    id: int
    time: int
    time_end: int = 0
    text: str = ""
    tags: list[str] | None = None
    alert_id: int | None = 0
    dashboard_id: int | None = 0


class _Saved(msgspec.Struct, frozen=True):
    version: int


class _Health(msgspec.Struct, frozen=True):
    database: str


class Server:
    """One Grafana. Each method raises a :class:`GrafanaError`. Not for several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        address, login = connection.address, connection.login
        self._face = GrafanaFace(
            (login.user.encode(), login.secret.encode()) if login.user else login.secret,
            host=address.host,
            port=address.port,
            url_path_prefix=address.path and f"{address.path}/",
            protocol=address.scheme,
            verify=connection.ca_file or True,
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
        )
        session: requests.Session = self._face.api.s
        session.max_redirects = 0
        session.trust_env = not address.is_loopback  # or a proxy is asked for this machine
        session.hooks["response"].append(self._keep)
        self._session = session
        self._answer: requests.Response | None = None

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def folder(self, uid: str) -> Folder | None:
        """Return a folder; None if there is none such."""
        asked = Asked(f"läsa mappen {uid}", "folders:read")
        return self._found(asked, lambda: self._face.folder.get_folder(uid), Folder)

    def create_folder(self, uid: str, title: str) -> Folder:
        """Make a folder, outermost; :class:`TakenError` if its uid or its title is taken."""
        asked = Asked(f"göra mappen {title}", "folders:create")
        return self._ask(asked, lambda: self._face.folder.create_folder(title, uid), Folder)

    def dashboard(self, uid: str) -> Dashboard | None:
        """Return a dashboard; None if there is none such."""
        asked = Asked(f"läsa tavlan {uid}", "dashboards:read")
        return self._found(asked, lambda: self._face.dashboard.get_dashboard(uid), Dashboard)

    def last_version(self, uid: str) -> Version | None:
        """Return how a dashboard was saved last; None if Grafana does not know."""
        asked = Asked(f"läsa när tavlan {uid} sparades", "dashboards:write")
        path = f"/dashboards/uid/{uid}/versions?limit=1"
        found = self._found(asked, lambda: _listed(self._face.api.GET(path)), list[Version])
        return max(found or (), key=lambda one: one.version, default=None)

    def save(self, board: Mapping[str, Any], folder: str, message: str, *, overwrite: bool) -> int:
        """Save a dashboard into the folder of that uid, and return its new version.

        Its ``version`` is the one it is to follow, and none for a new one. :class:`ChangedError`
        for another, unless it may ``overwrite``; :class:`ProvisionedError` for one from a file.
        """
        asked = Asked(f"spara tavlan {board['uid']}", "dashboards:write")
        body = {
            "dashboard": {**board, "id": None},
            "folderUid": folder,
            "message": message,
            "overwrite": overwrite,
        }
        call = self._face.dashboard.update_dashboard
        return self._ask(asked, lambda: call(body), _Saved).version

    def annotations(self, at: int, tags: Sequence[str]) -> list[Annotation]:
        """Return what is noted at an instant with these tags, and maybe others: look again.

        Grafana passes over what it does not know of a question: it answers as if all were asked.
        """
        asked = Asked("läsa anteckningar", "annotations:read")
        found = self._ask(
            asked,
            lambda: self._face.annotations.get_annotation(
                time_from=at,
                time_to=at,
                tags=[quote(tag, safe="") for tag in tags],
                limit=MOST_ANNOTATIONS,
            ),
            list[Annotation],
        )
        if len(found) >= MOST_ANNOTATIONS:
            raise GrafanaError(
                f"Grafana på {self._connection.address} har för många anteckningar den tiden: "
                "ange en egen --tag"
            )
        return found

    def add_annotation(self, at: int, until: int, text: str, tags: Sequence[str]) -> None:
        """Note something from one instant to another. It is not tried again once it was sent.

        A :class:`PassingError` that is not known to be undone may have left it there.
        """
        asked = Asked("skriva en anteckning", "annotations:create")
        call = self._face.annotations.add_annotation
        self._ask(
            asked,
            lambda: call(time_from=at, time_to=until, tags=[*tags], text=text),
            dict[str, Any],
            is_repeatable=False,
        )

    def change_annotation(
        self, id_: int, at: int, until: int, text: str, tags: Sequence[str]
    ) -> None:
        """Change all of what is noted."""
        asked = Asked("ändra en anteckning", "annotations:write")
        call = self._face.annotations.update_annotation
        self._ask(
            asked,
            lambda: call(id_, time_from=at, time_to=until, tags=[*tags], text=text),
            dict[str, Any],
        )

    def _found(self, asked: Asked, call: Callable[[], object], shape: type[_T]) -> _T | None:
        """Return the answer; None for what is not there, once it is known to be Grafana's word."""
        try:
            return self._ask(asked, call, shape)
        except AbsentError:
            self._require_grafana()
            return None

    def _require_grafana(self) -> None:
        """Tell a Grafana that lacks something from another server, or a path left out."""
        try:
            self._ask(Asked("nås", "ingen"), lambda: self._face.api.GET("/health"), _Health)
        except AbsentError:
            raise not_grafana(self._connection, "HTTP 404") from None

    def _ask(
        self,
        asked: Asked,
        call: Callable[[], object],
        shape: type[_T],
        *,
        is_repeatable: bool = True,
    ) -> _T:
        """Return the answer in its shape. What may pass is tried again, if it does no harm."""
        waits = iter(WAITS)
        while True:
            try:
                return self._once(asked, call, shape)
            except PassingError as error:
                wait = max(next(waits, MOST_WAIT_SECONDS + 1), self._told_to_wait())
                if wait > MOST_WAIT_SECONDS or not (is_repeatable or error.is_undone):
                    raise
            sleep(wait)

    def _once(self, asked: Asked, call: Callable[[], object], shape: type[_T]) -> _T:
        self._answer = None
        try:
            return msgspec.convert(call(), shape)
        except requests.TooManyRedirects as error:
            to = "" if error.response is None else error.response.headers.get("Location", "")
            raise moved(self._connection, to) from None
        except requests.Timeout as error:
            is_undone = isinstance(error, requests.ConnectTimeout)
            seconds = CONNECT_SECONDS if is_undone else ANSWER_SECONDS
            raise slow(self._connection, seconds, is_undone=is_undone) from None
        except (GrafanaException, requests.JSONDecodeError, msgspec.ValidationError, TypeError):
            if self._answer is None:
                raise
            raise self._refusal(asked, self._answer) from None
        except requests.exceptions.ProxyError:
            raise blocked(self._connection) from None
        except requests.RequestException as error:
            raise unreached(self._connection, error) from None

    def _refusal(self, asked: Asked, answer: requests.Response) -> GrafanaError:
        """Return what an answer means that the library made an error of, or that has no shape."""
        try:
            body = answer.json()
        except ValueError:
            body = None
        return refusal(asked, answer.status_code, body, self._connection)

    def _keep(self, answer: requests.Response, **_options: object) -> None:
        self._answer = answer

    def _told_to_wait(self) -> float:
        """Return how many seconds Grafana, or what stands before it, asks us to wait."""
        told = "" if self._answer is None else self._answer.headers.get("Retry-After", "")
        return float(told) if told.isdecimal() else 0.0


def _listed(answer: object) -> object:
    """Return versions as a list, which they were before Grafana 11.5."""
    return answer.get("versions") if isinstance(answer, dict) else answer
