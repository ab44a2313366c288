"""A real Prometheus that scrapes our workers, and answers queries."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, NamedTuple
from urllib.parse import urlencode, urlsplit

import yaml

from stack.errors import StackError
from stack.loopback import answers_ok, request
from stack.ports import LOOPBACK
from stack.process import Service
from stack.programs import PROMETHEUS

JOB = "svarsgrad"


class Sample(NamedTuple):
    """One series of an answer: its labels, and its value at the instant asked for."""

    labels: dict[str, str]
    value: float


class Prometheus(Service):
    """A Prometheus with one job, whose targets can be changed while it runs."""

    name: ClassVar[str] = "Prometheus"

    def __init__(
        self,
        directory: Path,
        port: int,
        targets: Sequence[str] = (),
        *,
        scrape_interval_seconds: float = 1.0,
        rule_files: Sequence[Path] = (),
        alertmanager_url: str | None = None,
        honor_timestamps: bool = True,
        resend_delay_seconds: int = 60,
        scrape: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """`targets` are `host:port`; rules are evaluated as often as targets are scraped.

        ``scrape`` is how they are asked, as in ``scrape_configs``: over TLS, with a token.
        """
        super().__init__(directory, {"--prometheus-port": port})
        self.port = port
        self.targets = list(targets)
        self.scrape_interval_seconds = scrape_interval_seconds
        self.rule_files = [path.absolute() for path in rule_files]
        self.alertmanager_url = alertmanager_url
        self.honor_timestamps = honor_timestamps
        self.resend_delay_seconds = resend_delay_seconds
        self.scrape = dict(scrape)

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    def prepare(self) -> None:
        """Write its configuration and its targets."""
        PROMETHEUS.require()
        self._write()

    def command(self) -> list[str]:
        """Return Prometheus on loopback, with bounded storage."""
        return [
            str(PROMETHEUS.require()),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--storage.tsdb.retention.time=30d",
            "--storage.tsdb.retention.size=1GB",
            f"--web.listen-address={LOOPBACK}:{self.port}",
            "--web.enable-lifecycle",  # reload() hears of a mistake; after SIGHUP it would not
            f"--rules.alert.resend-delay={self.resend_delay_seconds}s",
            "--log.level=warn",
        ]

    def is_ready(self) -> bool:
        """Say whether it has read its storage and answers queries."""
        return answers_ok(self.port, "/-/ready")

    def set_targets(self, targets: Sequence[str]) -> None:
        """Scrape these from now on. Prometheus acts on a change of targets every five seconds."""
        self.targets = list(targets)
        self._write_targets()

    def reload(self) -> None:
        """Read configuration and rules again. StackError when Prometheus refuses them."""
        self._write()
        status, body = request(self.port, "POST", "/-/reload")
        if status != 200:
            raise StackError(f"Prometheus läste inte om sina filer: {_one_line(body)}")

    def query(self, expression: str, at: datetime | None = None) -> list[Sample]:
        """Return the series of an instant vector, or a scalar's one value, at an instant or now.

        `at` has a zone. StackError when Prometheus refuses the expression or does not answer.
        """
        asked = {"query": expression}
        if at is not None:
            if at.tzinfo is None:
                raise ValueError("the instant of a query has a zone")
            asked["time"] = f"{at.timestamp():.3f}"
        try:
            _, body = request(self.port, "POST", "/api/v1/query", urlencode(asked))
            answer = json.loads(body)
        except (OSError, ValueError) as error:
            raise StackError(f"Prometheus svarar inte på {self.url}: {error}") from error
        if answer.get("status") != "success":
            raise StackError(f"Prometheus avvisade frågan: {answer.get('error', 'okänt fel')}")
        kind, result = answer["data"]["resultType"], answer["data"]["result"]
        if kind == "scalar":
            return [Sample({}, float(result[1]))]
        if kind != "vector":
            raise StackError(f"Frågan gav {kind}, inte värden i ett ögonblick: {expression}")
        return [Sample(series["metric"], float(series["value"][1])) for series in result]

    def _write(self) -> None:
        interval = f"{round(self.scrape_interval_seconds * 1000)}ms"
        configuration: dict[str, object] = {
            "global": {"scrape_interval": interval, "evaluation_interval": interval},
            "scrape_configs": [
                {
                    "job_name": JOB,
                    **self.scrape,
                    "honor_timestamps": self.honor_timestamps,
                    "file_sd_configs": [{"files": ["targets.json"], "refresh_interval": "1s"}],
                }
            ],
            "rule_files": [str(path) for path in self.rule_files],
        }
        if self.alertmanager_url is not None:
            url = urlsplit(self.alertmanager_url)
            receivers = {"scheme": url.scheme, "static_configs": [{"targets": [url.netloc]}]}
            configuration["alerting"] = {"alertmanagers": [receivers]}
        text = yaml.safe_dump(configuration, sort_keys=False, allow_unicode=True)
        (self.directory / "prometheus.yml").write_text(text, encoding="utf-8")
        self._write_targets()

    def _write_targets(self) -> None:
        # Renamed into place: Prometheus watches the file, and would read half of it.
        half = self.directory / "targets.json.new"
        half.write_text(json.dumps([{"targets": self.targets}]), encoding="utf-8")
        half.rename(self.directory / "targets.json")


def _one_line(body: bytes) -> str:
    return " ".join(body.decode(errors="replace").split())
