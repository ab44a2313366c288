"""docs/kafka-security.md, typed by somebody who has no users and no rights yet."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from secured import PASSWORDS, connected, secured_broker

from stack.broker import default_lib
from stack.own import Worker
from stack.ports import free_ports
from streams.kafka.security import PREFIX

PAGE = Path(__file__).parents[2] / "docs" / "kafka-security.md"
EXAMPLE = Path(__file__).parents[2] / "examples" / "lulea.yaml"
BLOCK = re.compile(r"```(?:sh|properties)\n(.*?)```", re.DOTALL)
CONFIGS = f"""#!/bin/sh
exec java -cp '{default_lib()}/*' kafka.admin.ConfigCommand "$@"
"""
ACLS = f"""#!{sys.executable}
import argparse
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
)

told = argparse.ArgumentParser()
for name in ("bootstrap-server", "command-config", "allow-principal", "topic", "group"):
    told.add_argument("--" + name)
told.add_argument("--operation", action="append")
told.add_argument("--add", action="store_true", required=True)
its = told.parse_args()
kind, name = ("TOPIC", its.topic) if its.topic else ("GROUP", its.group)
WORDS = {{"DescribeConfigs": "DESCRIBE_CONFIGS"}}
acls = [
    ACL(its.allow_principal, "*", ACLOperation[WORDS.get(one, one.upper())],
        ACLPermissionType.ALLOW, ResourcePattern(ResourceType[kind], name))
    for one in its.operation
]
assert not KafkaAdminClient(bootstrap_servers="PLAIN").create_acls(acls)["failed"]
"""
"""Kafka's own tool is in no jar that a broker needs: this does what the page asks of it."""


@pytest.mark.long
def test_the_page_leads_to_a_worker_that_is_ready(tmp_path: Path) -> None:
    broker, ports, authority = secured_broker(tmp_path / "secured")
    tools, place = tmp_path / "bin", tmp_path / "place"
    tools.mkdir()
    place.mkdir()
    with broker:
        connected(broker, ports, authority).admin.close()
        for name, text in (
            ("kafka-configs.sh", CONFIGS),
            ("kafka-acls.sh", ACLS.replace("PLAIN", broker.bootstrap_servers)),
            ("svarsgrad", f'#!/bin/sh\nexec {sys.executable} -m streams "$@"\n'),
        ):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
        properties, users, rights, start = (
            block.replace("kafka.example.org:9093", f"127.0.0.1:{ports['SECURE']}")
            .replace("/etc/svarsgrad/ca.pem", str(authority.file))
            .replace("/etc/svarsgrad/", f"{place}/")
            .replace('password="…"', f'password="{PASSWORDS["admin"]}"')
            for block in BLOCK.findall(PAGE.read_text("utf-8"))
        )
        (place / "admin.properties").write_text(properties)
        topics, worker = start.split("SVARSGRAD_KAFKA_USER=svarsgrad-worker")
        assert "svarsgrad topics" in topics
        topics = topics.replace("svarsgrad topics\n", "svarsgrad topics --replication 1\n")
        for script in (users, rights, topics):
            done = subprocess.run(
                ["sh", "-euc", script],
                cwd=place,
                env={"PATH": f"{tools}:/usr/bin:/bin"},
                capture_output=True,
                text=True,
                timeout=250,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        assert "svarsgrad.rejected: skapat" in done.stdout
        assert f"PASSWORD_FILE={place}/worker.password" in worker
        environment = {
            f"{PREFIX}PROTOCOL": "SASL_SSL",
            f"{PREFIX}CA_FILE": str(authority.file),
            f"{PREFIX}USER": "svarsgrad-worker",
            f"{PREFIX}PASSWORD_FILE": f"{place}/worker.password",
        }
        (port,) = free_ports(1)
        with Worker(
            place / "worker", port, f"127.0.0.1:{ports['SECURE']}", EXAMPLE, environment
        ) as its:
            assert "Varning" not in its.console.read_text("utf-8")
