"""A broker that asks who comes and lets nobody do more than it may, and its certificates."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from workers import wait_until

from stack.broker import Broker
from stack.ports import free_ports
from stack.process import Service
from streams.kafka.administration import connect
from streams.kafka.security import MECHANISMS, KafkaSecurity

LISTENERS: Final = {
    "SECURE": "SASL_SSL",
    "EXPIRED": "SASL_SSL",
    "OTHER": "SASL_SSL",
    "CLEAR": "SASL_PLAINTEXT",
    "BRIEF": "SASL_SSL",
    "MUTUAL": "SSL",
    "MOVED": "SASL_SSL",
    "GONE": "SASL_SSL",
}
"""Ways in, beside a plaintext one for whoever runs the broker: what each is like."""
ELSEWHERE: Final = {"MOVED": "MOVED://localhost:{port}", "GONE": "GONE://127.0.0.1:1"}
"""Where a client is sent by listeners that are set up wrong: a host that no certificate names, and
a port where nobody is."""
LOGIN: Final = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
PASSWORDS: Final = {
    "worker": "sol över Lule älv",
    "producer": "is på Bottenviken",
    "analyst": "snö på Storgatan",
    "keeper": "ljus i Kiruna",
    "stranger": "regn i Haparanda",
    "admin": "skymning over Boden",
    "archive": "dimma i Råneå",
    "restater": "regnbåge över Gammelstad",
}
"""The users that the broker knows, and their passwords."""


class Authority:
    """Issues certificates, as files in a directory."""

    def __init__(self, directory: Path, name: str = "ca") -> None:
        self.directory = directory
        self.file = directory / f"{name}.pem"
        self._key = directory / f"{name}.key"
        openssl(
            *(
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "3",
                "-subj",
                f"/CN={name}",
            ),
            *("-addext", "keyUsage=critical,keyCertSign"),
            *("-keyout", self._key, "-out", self.file),
        )

    def issue(self, name: str, host: str = "IP:127.0.0.1", days: int = 2) -> Path:
        """Return a file with a key and its certificate; one of fewer days than 0 has expired."""
        key, asked, made, both = (
            self.directory / f"{name}.{suffix}" for suffix in ("key", "csr", "crt", "both")
        )
        openssl(
            *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName={host}", "-keyout", key, "-out", asked),
        )
        openssl(
            *("x509", "-req", "-in", asked, "-copy_extensions", "copy", "-days", str(days)),
            *("-CA", self.file, "-CAkey", self._key, "-CAcreateserial", "-out", made),
        )
        both.write_bytes(key.read_bytes() + made.read_bytes())
        return both


def openssl(*arguments: object) -> None:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@dataclass(slots=True)
class Secured:
    """The broker, what trusts it, and the way in for whoever runs it."""

    broker: Broker
    ports: Mapping[str, int]
    authority: Authority
    admin: KafkaAdminClient

    def at(self, listener: str) -> str:
        return f"127.0.0.1:{self.ports[listener]}"

    def set_password(self, user: str, password: str, mechanism: str = "SCRAM_SHA_512") -> None:
        credential = UserScramCredentialUpsertion(user, ScramMechanism[mechanism], password)
        assert self.admin.alter_user_scram_credentials([credential]) == {user: None}

    def allow(self, user: str, operations: str, resource: str, *names: str) -> None:
        """Allow a user operations on topics, or other resources, and return when it may."""
        acls = [
            ACL(
                f"User:{user}",
                "*",
                ACLOperation[operation],
                ACLPermissionType.ALLOW,
                ResourcePattern(ResourceType[resource], name),
            )
            for name in names
            for operation in operations.split()
        ]
        assert not self.admin.create_acls(acls)["failed"]
        wait_until(lambda: all(self.admin.describe_acls(acl)[0] for acl in acls), 10, "rights")

    def forbid(self, user: str, operation: str, resource: str, name: str) -> None:
        """Allow a user an operation no more."""
        pattern = ResourcePatternFilter(
            ResourceType[resource], name, ACLResourcePatternType.LITERAL
        )
        acl = ACLFilter(
            f"User:{user}", "*", ACLOperation[operation], ACLPermissionType.ALLOW, pattern
        )
        self.admin.delete_acls([acl])
        wait_until(lambda: not self.admin.describe_acls(acl)[0], 10, "no right")

    def settings(self, user: str, **others: str) -> dict[str, str]:
        """Return how a user is told of to a command; others win, and empty ones are not told."""
        password = self.authority.directory / f"{user}.password"
        password.write_text(f"{PASSWORDS[user]}\n", encoding="utf-8")
        password.chmod(0o440)
        told = {
            "KAFKA": self.at("SECURE"),
            "KAFKA_PROTOCOL": "SASL_SSL",
            "KAFKA_CA_FILE": str(self.authority.file),
            "KAFKA_USER": user,
            "KAFKA_PASSWORD_FILE": str(password),
            **others,
        }
        return {f"SVARSGRAD_{name}": value for name, value in told.items() if value}

    def security(self, user: str) -> KafkaSecurity:
        return KafkaSecurity.from_environment(self.settings(user))


def secured_broker(directory: Path) -> tuple[Broker, dict[str, int], Authority]:
    """Return a broker, not started, its ports by listener, and who issued its certificates."""
    directory.mkdir(exist_ok=True)
    authority = Authority(directory)
    port, controller, *others = free_ports(2 + len(LISTENERS))
    ports = dict(zip(LISTENERS, others, strict=True))
    own = {"PLAINTEXT": port, **ports}
    told = {name: f"{name}://127.0.0.1:{at}" for name, at in own.items()}
    sent = {name: where.format(port=own[name]) for name, where in ELSEWHERE.items()}
    kinds = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", **LISTENERS}
    properties = {
        "listeners": ",".join([*told.values(), f"CONTROLLER://127.0.0.1:{controller}"]),
        "advertised.listeners": ",".join((told | sent).values()),
        "listener.security.protocol.map": ",".join(f"{n}:{kind}" for n, kind in kinds.items()),
        "sasl.enabled.mechanisms": ",".join(MECHANISMS),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(authority.issue("broker")),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.file),
        "listener.name.expired.ssl.keystore.location": str(authority.issue("expired", days=-1)),
        "listener.name.other.ssl.keystore.location": str(
            authority.issue("other", host="DNS:kafka.example.org")
        ),
        "listener.name.mutual.ssl.client.auth": "required",
        # Whoever does not say again who it is, as aiokafka, is put out.
        "listener.name.brief.connections.max.reauth.ms": "3000",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:admin",
        **{
            f"listener.name.{name.lower()}.{mechanism.lower()}.sasl.jaas.config": LOGIN
            for name, kind in LISTENERS.items()
            for mechanism in MECHANISMS
            if kind.startswith("SASL")
        },
    }
    return Broker(directory / "kafka", port, controller, properties=properties), ports, authority


def connected(broker: Broker, ports: dict[str, int], authority: Authority) -> Secured:
    """Return what is asked of a running broker, with the users it knows."""
    made = Secured(broker, ports, authority, connect(broker.bootstrap_servers))
    for user, password in PASSWORDS.items():
        made.set_password(user, password)
    return made


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Return a broker that asks who comes, for all tests of a file."""
    broker, ports, authority = secured_broker(tmp_path_factory.mktemp("secured"))
    with broker:
        made = connected(broker, ports, authority)
        yield made
        made.admin.close()


def last_words(service: Service) -> str:
    """Return the one critical line of a process of ours that has ended, and not well."""
    log = service.console.read_text("utf-8")
    assert service._process is not None
    assert service._process.returncode == 1
    assert "ett annat" not in log, "a password"
    critical = [json.loads(line)["message"] for line in log.splitlines() if '"critical"' in line]
    assert len(critical) == 1
    return str(critical[0])
