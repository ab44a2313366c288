"""Answers as Grafana 11 to 13 does, on loopback, for folders, dashboards and annotations.

As strict as the real one: who asks and what they may, which version a board is to follow, what
comes from files. It passes over parameters that it does not know, as the real one does.

Sources, as read in 2026: the documentation of the HTTP API (https://grafana.com/docs/grafana/
latest/developers/http_api/, pages dashboard, dashboard_versions, folder, annotations, other), and
in github.com/grafana/grafana ``pkg/api/dashboard.go`` (what a board and its versions are told as,
also "Initial save" and 406 for the new form), ``pkg/api/folder.go`` with ``pkg/api/apierrors``,
``pkg/services/dashboards/errors.go`` (every message below), ``pkg/services/accesscontrol/
middleware.go`` (403), ``pkg/api/annotations.go`` with ``pkg/services/annotations`` (how tags are
kept, and in which order notes come).
"""

import base64
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stack.ports import LOOPBACK, free_ports

TOKEN = "glsa_0123456789_abcdef"  # noqa: S105 - of nothing
USER, PASSWORD = "driften", "snö på Ängsön"
NUMBER = 7
"""What Grafana numbers a board by."""
READS = frozenset({"folders:read", "dashboards:read", "annotations:read"})
ALL = READS | {
    *("folders:create", "dashboards:create", "dashboards:write"),
    *("annotations:create", "annotations:write"),
}
LOGIN_PAGE = b"<!DOCTYPE html><title>Logga in</title><p class=message>Ange din kod</p>"
"""Not Grafana's. It has the word that grafana-api looks for."""


class Answered(Exception):  # noqa: N818 - it is no error of ours
    """An answer that is no success, and its body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass(slots=True)
class Fault:
    """What happens to a request in the place of its answer."""

    method: str
    path: str
    """What its path holds."""
    status: int | None = 0
    """0: the connection is cut. None: the answer is the true one."""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    is_done: bool = False
    """Whether what was asked is done all the same."""
    first: Callable[[], None] = lambda: None
    """What somebody does before it."""
    seconds: float = 0.0
    """How long it takes."""
    times: int = 1


@dataclass(slots=True)
class Kept:
    """A board as it is kept."""

    content: dict[str, Any]
    folder: str
    messages: list[str]
    is_provisioned: bool = False
    is_in_new_form: bool = False

    @property
    def version(self) -> int:
        return len(self.messages)


class Grafana:
    """One Grafana, and what it has."""

    def __init__(self, *, release: str = "12.4.0", path: str = "") -> None:
        self.release = release
        self.path = path
        """Where it is on its host, as ``/grafana``."""
        self.rights = ALL
        """What whoever has the token or the password may."""
        self.is_open = False
        """Whether whoever it doesn't know may read (anonymous access)."""
        self.writes_anew = False
        """Whether it tells boards in a later form than they were saved in."""
        self.folders: dict[str, str] = {}
        self.boards: dict[str, Kept] = {}
        self.annotations: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self.asked: list[str] = []
        """Methods and paths, in order."""
        self.url = ""
        self._lock = threading.Lock()
        self._ended = threading.Event()

    @contextmanager
    def running(self, certificate: Path | None = None) -> Iterator["Grafana"]:
        """Answer until the end of the block; over TLS with a certificate (and its key)."""
        (port,) = free_ports(1)
        server = ThreadingHTTPServer((LOOPBACK, port), self._handler())
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://{LOOPBACK}:{port}{self.path}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def saves(self, uid: str, **changes: Any) -> None:
        """Save a board as somebody who edits it in the browser does."""
        kept = self.boards[uid]
        kept.content |= changes
        kept.messages.append("")

    @property
    def written(self) -> list[str]:
        """What was asked that changes something."""
        return [one for one in self.asked if not one.startswith("GET")]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        grafana = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body leave together, or each answer takes 40 ms more

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with grafana._lock:
                    grafana.asked.append(f"{self.command} {self.path}")
                    fault = grafana._fault(self.command, self.path)
                    fault.first()
                    if fault.status is None or fault.is_done:
                        answer = grafana._answer(
                            self.command, self.path, self.headers.get("Authorization", ""), body
                        )
                if fault.seconds:
                    grafana._ended.wait(fault.seconds)
                if fault.status is not None:
                    answer = (fault.status, fault.body, fault.headers)
                self._send(*answer)

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                if not status:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in ({"Content-Type": "application/json"} | headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _fault(self, method: str, path: str) -> Fault:
        for fault in self.faults:
            if fault.times and method == fault.method and fault.path in path:
                fault.times -= 1
                return fault
        return Fault(method, path, None)

    def _answer(
        self, method: str, target: str, authorization: str, body: bytes
    ) -> tuple[int, bytes, dict[str, str]]:
        parts = urlsplit(target)
        if not parts.path.startswith(f"{self.path}/api/"):
            return 404, b"<html>404 page not found</html>", {"Content-Type": "text/html"}
        path = parts.path.removeprefix(f"{self.path}/api/")
        try:
            asked = json.loads(body) if body else {}
            told = self._told(method, path, parse_qs(parts.query), asked, authorization)
        except Answered as answered:
            return answered.status, json.dumps(answered.body).encode(), {}
        return 200, json.dumps(told).encode(), {}

    def _told(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, who: str
    ) -> object:
        if (method, path) == ("GET", "health"):
            return {"database": "ok", "version": self.release, "commit": "0123abcd"}
        rights = self._rights(who)
        for its_method, pattern, right, answer in ROUTES:
            found = re.fullmatch(pattern, path)
            if its_method == method and found:
                if right and right not in rights:
                    raise Answered(403, _lacking(right))
                return answer(self, Question(found.groups(), query, body, rights))
        raise Answered(404, {"message": "Not found", "traceID": ""})

    def _rights(self, authorization: str) -> frozenset[str]:
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if authorization in {f"Bearer {TOKEN}", f"Basic {basic}"}:
            return self.rights
        if self.is_open:
            return READS
        is_token = authorization.startswith("Bearer ")
        said = "Invalid API key" if is_token else "Invalid username or password"
        number = "api-key.invalid" if is_token else "password-auth.failed"
        body = {"message": said, "messageId": number, "statusCode": 401, "traceID": ""}
        raise Answered(401, body)

    def folder(self, question: "Question") -> object:
        return self._folder(*question.steps)

    def _folder(self, uid: str) -> object:
        if uid not in self.folders:
            raise Answered(404, {"message": "folder not found", "status": "not-found"})
        return {"id": 1, "uid": uid, "title": self.folders[uid], "version": 1, "hasAcl": False}

    def make_folder(self, question: "Question") -> object:
        uid, title = question.body["uid"], question.body["title"]
        if not title:
            raise Answered(400, {"message": "folder title cannot be empty"})
        if uid in self.folders:
            said = "the folder has been changed by someone else"
            raise Answered(412, {"message": said, "status": "version-mismatch"})
        if self.release.startswith("10.") and title in self.folders.values():
            said = "a folder with the same name already exists in the current location"
            raise Answered(409, {"message": said})
        self.folders[uid] = title
        return self._folder(uid)

    def board(self, question: "Question") -> object:
        (uid,) = question.steps
        if uid not in self.boards:
            raise Answered(404, {"message": "Dashboard not found", "traceID": ""})
        kept = self.boards[uid]
        if kept.is_in_new_form:
            to = f"/apis/dashboard.grafana.app/v2/namespaces/default/dashboards/{uid}"
            said = f"dashboard api version not supported, use {to} instead"
            raise Answered(406, {"message": said})
        told = {**kept.content, "id": NUMBER, "version": kept.version}
        if self.writes_anew:
            told |= {"schemaVersion": 42}
        meta = {
            "type": "db",
            "slug": "en-tavla",
            "version": kept.version,
            "folderUid": kept.folder,
            "folderTitle": self.folders.get(kept.folder, "General"),
            "provisioned": kept.is_provisioned,
            "updatedBy": "sa-1-svarsgrad",
        }
        return {"dashboard": told, "meta": meta}

    def versions(self, question: "Question") -> object:
        (uid,) = question.steps
        if uid not in self.boards:
            raise Answered(404, {"message": "Dashboard not found", "traceID": ""})
        told = [
            {
                "id": number,
                "uid": uid,
                "version": number,
                "parentVersion": number - 1,
                "created": "2026-03-10T10:15:00Z",
                "createdBy": "sa-1-svarsgrad",
                "message": message if number > 1 else "Initial save",
            }
            for number, message in enumerate(self.boards[uid].messages, 1)
        ]
        newest = told[::-1][: question.number("limit", 1000)]
        is_old = tuple(map(int, self.release.split(".")[:2])) < (11, 5)
        return newest if is_old else {"continueToken": "", "versions": newest}

    def save(self, question: "Question") -> object:
        body = question.body
        board = dict(body["dashboard"])
        uid, folder = board["uid"], body.get("folderUid", "")
        version = board.pop("version", 0) or 0
        if not board.get("title", "").strip():
            said = "Dashboard title cannot be empty"
            raise Answered(400, {"message": said, "status": "empty-name"})
        if folder and folder not in self.folders:
            raise Answered(400, {"message": "folder not found"})
        kept = self.boards.get(uid)
        if board.pop("id", None) not in ({None} if kept is None else {None, NUMBER}):
            raise Answered(404, {"message": "Dashboard not found", "status": "not-found"})
        if kept is not None and version != kept.version and not body.get("overwrite"):
            said = "The dashboard has been changed by someone else"
            raise Answered(412, {"message": said, "status": "version-mismatch"})
        if ("dashboards:create" if kept is None else "dashboards:write") not in question.rights:
            raise Answered(403, {"message": "Access denied to save dashboard"})
        if kept is not None and kept.is_provisioned:
            raise Answered(400, {"message": "Cannot save provisioned dashboard"})
        messages = [*(kept.messages if kept else ()), body.get("message", "")]
        self.boards[uid] = Kept(board, folder, messages)
        return {
            "status": "success",
            "slug": "en-tavla",
            "version": len(messages),
            "id": NUMBER,
            "uid": uid,
            "url": f"/d/{uid}/en-tavla",
            "folderUid": folder,
        }

    def noted(self, question: "Question") -> object:
        first, last = question.number("from", 0), question.number("to", 0)
        tags = set(_tags(question.query.get("tags", [])))
        found = [
            one
            for one in self.annotations
            if not (first and last) or (one["time"] <= last and one["timeEnd"] >= first)
            if tags <= set(one["tags"])
        ]
        found.sort(key=lambda one: (one["timeEnd"], one["time"]), reverse=True)
        return found[: question.number("limit", 100)]

    def annotate(self, question: "Question") -> object:
        body = question.body
        if not body.get("text"):
            raise Answered(400, {"message": "Failed to save annotation"})
        at = body.get("time") or time.time_ns() // 1_000_000
        start, end = sorted((at, body.get("timeEnd") or at))
        self.annotations.append(
            {
                "id": len(self.annotations) + 1,
                "alertId": 0,
                "dashboardId": body.get("dashboardId") or 0,
                "dashboardUID": None,
                "panelId": 0,
                "time": start,
                "timeEnd": end,
                "text": body["text"],
                "tags": _tags(body.get("tags") or []),
                "data": {},
            }
        )
        return {"message": "Annotation added", "id": len(self.annotations)}

    def change(self, question: "Question") -> object:
        number, body = int(question.steps[0]), question.body
        for one in self.annotations:
            if one["id"] == number:
                one |= {"text": body["text"], "tags": _tags(body.get("tags") or [])}
                one |= {"time": body["time"] or one["time"]}
                one |= {"timeEnd": body["timeEnd"] or one["timeEnd"]}
                return {"message": "Annotation updated"}
        raise Answered(404, {"message": "Annotation not found"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: what varies in the path, the query, the body, and what the asker may."""

    steps: tuple[str, ...]
    query: dict[str, list[str]]
    body: Any
    rights: frozenset[str]

    def number(self, name: str, default: int) -> int:
        return int(self.query.get(name, [str(default)])[0])


ROUTES = (
    ("GET", "folders/([^/]+)", "folders:read", Grafana.folder),
    ("POST", "folders", "folders:create", Grafana.make_folder),
    ("GET", "dashboards/uid/([^/]+)", "dashboards:read", Grafana.board),
    ("GET", "dashboards/uid/([^/]+)/versions", "dashboards:write", Grafana.versions),
    ("POST", "dashboards/db", "", Grafana.save),
    ("GET", "annotations", "annotations:read", Grafana.noted),
    ("POST", "annotations", "annotations:create", Grafana.annotate),
    ("PUT", "annotations/([0-9]+)", "annotations:write", Grafana.change),
)
"""Method, path, the right that it takes (what saves looks itself), and what answers."""


def _lacking(right: str) -> dict[str, str]:
    said = "You'll need additional permissions to perform this action."
    return {
        "accessErrorId": "ACE0123456789",
        "message": f"{said} Permissions needed: {right}",
        "title": "Access denied",
    }


def _tags(texts: list[str]) -> list[str]:
    """Tags as they are kept: ``ParseTagPairs`` and ``JoinTagPairs`` in ``pkg/services/tag``."""
    kept = []
    for text in texts:
        key, _, rest = text.partition(":")
        pair = [key.strip(" "), rest.split(":")[0].strip(" ")]
        if pair[0] and (joined := ":".join(filter(None, pair))) not in kept:
            kept.append(joined)
    return kept
