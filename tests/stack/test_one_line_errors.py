"""What is wrong with how a command is started is one clear line, as a user types it."""

import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from kafka import KafkaAdminClient
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType

from stack.broker import Broker
from stack.ports import free_ports
from streams.topics import Topic, connect, create

EXAMPLE = Path(__file__).parents[2] / "examples" / "lulea.yaml"
MENDED = "ange högst dit den går"


@dataclass(frozen=True)
class Site:
    """A directory with good and bad files, a broker, and a port that is taken."""

    directory: Path
    kafka: str
    taken: int
    dead: int

    def run(self, typed: str) -> subprocess.CompletedProcess[str]:
        """Run what is typed: settings first, as in a shell, then the subcommand."""
        words = typed.format(taken=self.taken, dead=self.dead).split()
        given = dict(word.split("=", 1) for word in words if word.startswith("SVARSGRAD_"))
        arguments = [word.replace("·", " ") for word in words if word not in map("=".join, given.items())]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SVARSGRAD_")}
        return subprocess.run(
            [sys.executable, "-m", "streams", *arguments],
            cwd=self.directory,
            env={**clean, "SVARSGRAD_KAFKA": self.kafka, **given},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def site(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    copyfile(EXAMPLE, directory / "k.yaml")
    wrong = EXAMPLE.read_text("utf-8").replace("goal: 0.90", "goal: 90")
    (directory / "fel.yaml").write_text(wrong, "utf-8")
    (directory / "latin.yaml").write_bytes("namn: Luleå".encode("latin-1"))
    (directory / "h.jsonl").write_bytes(b"")
    (directory / "opackad.gz").write_bytes(b"hej\n")
    packed = gzip.compress(b"hej\n" * 10_000)
    (directory / "halv.gz").write_bytes(packed[: len(packed) // 2])
    (directory / "trasig.gz").write_bytes(packed[:20] + b"\xff" * 20 + packed[40:])
    (directory / "mapp").mkdir()
    admin = connect(broker.bootstrap_servers)
    create(
        admin,
        [Topic("två", 2, 1, 30, "delete"), Topic("fem", 5, 1, 30, "delete")]
        if False
        else [Topic("two", 2, 1, 30, "delete"), Topic("five", 5, 1, 30, "delete")],
    )
    admin.close()
    (dead,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        yield Site(directory, broker.bootstrap_servers, port, dead)
