"""A real Alertmanager, alone: without the gossip it would listen for on every interface."""

from pathlib import Path
from typing import ClassVar

from stack.errors import StackError
from stack.loopback import answers_ok, request
from stack.ports import LOOPBACK
from stack.process import Service
from stack.programs import ALERTMANAGER

# Takes alerts and sends nothing to anybody.
SILENT = """\
route:
  receiver: nobody
receivers:
  - name: nobody
"""


class Alertmanager(Service):
    """An Alertmanager with the configuration it is given."""

    name: ClassVar[str] = "Alertmanager"

    def __init__(self, directory: Path, port: int, config_text: str = SILENT) -> None:
        """`config_text` is its YAML, as Alertmanager documents it."""
        super().__init__(directory, {"--alertmanager-port": port})
        self.port = port
        self.config_text = config_text

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write its configuration."""
        ALERTMANAGER.require()
        self._write()

    def command(self) -> list[str]:
        """Return Alertmanager on loopback, with no cluster."""
        return [
            str(ALERTMANAGER.require()),
            "--config.file=alertmanager.yml",
            "--storage.path=data",
            f"--web.listen-address={LOOPBACK}:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]

    def is_ready(self) -> bool:
        """Say whether it takes alerts."""
        return answers_ok(self.port, "/-/ready")

    def reload(self, config_text: str) -> None:
        """Work by this configuration from now on. StackError when Alertmanager refuses it."""
        self.config_text = config_text
        self._write()
        status, body = request(self.port, "POST", "/-/reload")
        if status != 200:
            reason = " ".join(body.decode(errors="replace").split())
            raise StackError(f"Alertmanager läste inte om sin fil: {reason}")

    def _write(self) -> None:
        (self.directory / "alertmanager.yml").write_text(self.config_text, encoding="utf-8")
