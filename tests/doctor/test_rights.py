"""The doctor at a broker that lets nobody do more than they may: its rights, and without one."""

import json
from pathlib import Path
from typing import Any

import pytest
from busy import busy_catalogue
from click.testing import CliRunner
from secured import PASSWORDS, Secured

from streams.__main__ import commands
from streams.domain.event_types import TOPICS
from streams.kafka.administration import create
from streams.kafka.topics import wanted

pytestmark = pytest.mark.leaves_sockets

ALL = tuple(f"sett.{kind}" for kind in (*TOPICS, "rejected"))
GROUPS = ("sett", "sett-arkiv")


@pytest.fixture(scope="module")
def broker(secured: Secured) -> Secured:
    """Return a broker with topics that the analyst may see, and where its groups may be seen."""
    create(secured.admin, wanted("sett", 2, 1))
    secured.allow("analyst", "DESCRIBE DESCRIBE_CONFIGS", "TOPIC", *ALL)
    secured.allow("analyst", "DESCRIBE", "GROUP", *GROUPS)
    return secured


def examined(
    broker: Secured, directory: Path, user: str = "analyst", **changed: str
) -> list[dict[str, Any]]:
    """What is found of Kafka."""
    catalogue = directory / "k.yaml"
    catalogue.write_text(busy_catalogue())
    told = ["--catalogue", str(catalogue), "--topics", "sett", "--group", "sett", "--json"]
    done = CliRunner().invoke(
        commands,
        ["doctor", *told, "--archive-group", "sett-arkiv"],
        env=broker.settings(user, **changed),
    )
    assert done.exit_code == 1, "there are no workers"
    assert not any(password in done.output for password in PASSWORDS.values())
    ours = {"kafka", "topics", "events", "group", "archive-group"}
    return [its for its in json.loads(done.output)["findings"] if its["check"] in ours]


def lines(findings: list[dict[str, Any]]) -> list[str]:
    return [f"{its['check']} {its['verdict']} {its['seen']}" for its in findings]


def test_with_the_rights_of_the_page_and_no_other_it_sees_all(
    broker: Secured, tmp_path: Path
) -> None:
    found = lines(examined(broker, tmp_path))
    assert "topics ok 6 ämnen som de ska vara: 2 partitioner, 1 kopia" in found
    assert "events soon inget har kommit till något ämne" in found
    assert "group wrong ingen är med i gruppen sett" in found


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        # A right to settings contains Describe: without both nothing is left.
        (
            ("DESCRIBE DESCRIBE_CONFIGS", "TOPIC", "sett.cases"),
            "topics wrong Kafka låter inte användaren analyst se sett.cases (Describe)",
        ),
        (
            ("DESCRIBE_CONFIGS", "TOPIC", "sett.calls"),
            "topics wrong Kafka låter inte användaren analyst läsa inställningarna för "
            "sett.calls (DescribeConfigs)",
        ),
        (
            ("DESCRIBE", "GROUP", "sett"),
            "group wrong Kafka låter inte användaren analyst se gruppen sett (Describe)",
        ),
    ],
)
def test_a_right_that_is_missing_is_a_finding_and_the_rest_is_seen(
    broker: Secured, tmp_path: Path, taken: tuple[str, str, str], said: str
) -> None:
    operations, *where = taken
    for operation in operations.split():
        broker.forbid("analyst", operation, *where)
    found = examined(broker, tmp_path)
    broker.allow("analyst", *taken)
    (do,) = (its["do"] for its, line in zip(found, lines(found), strict=True) if line == said)
    assert do == ["ge den rätten (se docs/kafka-security.md)"]
    assert any(its["check"] == "kafka" and its["verdict"] == "soon" for its in found)


def test_who_is_not_taken_is_told_in_the_words_of_every_command(
    broker: Secured, tmp_path: Path
) -> None:
    first, *others = examined(broker, tmp_path, KAFKA_USER="ingen")
    assert first["verdict"] == "wrong"
    assert "godtar inte användaren ingen med det lösenordet" in first["seen"]
    assert {its["verdict"] for its in others} == {"untried"}
    (cleartext,) = (
        its
        for its in examined(broker, tmp_path, KAFKA_PROTOCOL="SASL_PLAINTEXT", KAFKA_CA_FILE="")
        if its["check"] == "kafka"
    )
    assert "SASL_PLAINTEXT går att avlyssna" in cleartext["seen"]
