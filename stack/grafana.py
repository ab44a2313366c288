"""A Grafana, where this machine has one: with our boards from files, and Prometheus to ask.

No package that we install brings it. It is for looking at, so whoever can reach it may look.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

from stack.errors import StackError
from stack.loopback import answers_ok
from stack.own import ENV
from stack.ports import LOOPBACK
from stack.process import Service
from stack.programs import GRAFANA

RENDER_SECONDS = 60
HOMES = (Path("/usr/share/grafana"), Path("/usr/local/share/grafana"))
"""Where packages put what Grafana reads, if not beside the program."""


class Grafana(Service):
    """A Grafana with our boards."""

    name: ClassVar[str] = "Grafana"

    def __init__(self, directory: Path, port: int, prometheus: str) -> None:
        """`prometheus` is where its figures come from."""
        super().__init__(directory, {"--grafana-port": port})
        self.port = port
        self.prometheus = prometheus

    @property
    def url(self) -> str:
        """Return where its boards are."""
        return f"http://{LOOPBACK}:{self.port}/dashboards"

    def prepare(self) -> None:
        """Write the boards, and what tells Grafana of them and of Prometheus."""
        made = subprocess.run(  # noqa: S603 # our own command
            [sys.executable, "-m", "streams", "dashboards", "render", "--to", self._boards],
            capture_output=True,
            text=True,
            timeout=RENDER_SECONDS,
            check=False,
        )
        if made.returncode != 0:
            raise StackError(f"Tavlorna gick inte att skriva. {made.stderr.strip()}")
        source = {
            "name": "Prometheus", "uid": "svarsgrad-prometheus", "type": "prometheus",
            "access": "proxy", "url": self.prometheus, "isDefault": True,
        }  # fmt: skip
        provider = {
            "name": "svarsgrad", "type": "file", "folder": "Svarsgrad", "folderUid": "svarsgrad",
            "options": {"path": str(self._boards)},
        }  # fmt: skip
        for kind, key, told in (
            ("datasources", "datasources", source),
            ("dashboards", "providers", provider),
        ):
            place = self.directory / "provisioning" / kind
            place.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"apiVersion": 1, key: [told]}, indent=2)  # which is YAML too
            (place / "svarsgrad.yaml").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        """Return Grafana on loopback, where all may look and nobody calls home."""
        program = GRAFANA.require()
        told = {
            "PATHS_DATA": "data",
            "PATHS_LOGS": "log",
            "PATHS_PLUGINS": "plugins",
            "PATHS_PROVISIONING": str(self.directory / "provisioning"),
            "SERVER_HTTP_ADDR": LOOPBACK,
            "SERVER_HTTP_PORT": str(self.port),
            "AUTH_ANONYMOUS_ENABLED": "true",
            "AUTH_DISABLE_LOGIN_FORM": "true",
            "ANALYTICS_REPORTING_ENABLED": "false",
            "ANALYTICS_CHECK_FOR_UPDATES": "false",
            "ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "PLUGINS_PREINSTALL_DISABLED": "true",
            "NEWS_NEWS_FEED_ENABLED": "false",
            "SECURITY_DISABLE_GRAVATAR": "true",
            "SNAPSHOTS_EXTERNAL_ENABLED": "false",
            "USERS_DEFAULT_LANGUAGE": "sv-SE",
        }
        settings = [f"GF_{name}={value}" for name, value in told.items()]
        server = [] if program.name == "grafana-server" else ["server"]
        return [ENV, *settings, str(program), *server, "--homepath", str(_home(program))]

    def is_ready(self) -> bool:
        """Say whether it answers."""
        return answers_ok(self.port, "/api/health")

    @property
    def _boards(self) -> Path:
        return self.directory / "boards"


def _home(program: Path) -> Path:
    """Return what has `conf/defaults.ini`, which Grafana does not start without."""
    for home in (program.resolve().parent.parent, *HOMES):
        if (home / "conf" / "defaults.ini").is_file():
            return home
    raise StackError(f"Grafana ({program}) saknar conf/defaults.ini; installera om Grafana.")
