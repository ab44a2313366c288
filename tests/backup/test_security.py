"""A backup with a broker that lets nobody do more than it may: the rights of docs/backup.md."""

from itertools import islice
from pathlib import Path
from random import Random

import pytest
from busy import happenings
from click.testing import CliRunner, Result
from secured import Secured
from workers import Site

from stack.broker import Broker
from streams.__main__ import commands
from streams.domain.event_types import TOPICS
from streams.kafka.topics import wanted
from streams.replay.topic_log import read_topic

pytestmark = pytest.mark.leaves_sockets


@pytest.fixture
def broker(secured: Secured) -> Broker:
    """Return the broker of :func:`site`, whose topics nobody has a right to yet."""
    return secured.broker


def run(secured: Secured, user: str, *arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, env=secured.settings(user))


def test_with_least_rights_a_backup_is_made_and_put_back(
    secured: Secured, site: Site, tmp_path: Path
) -> None:
    site.publish(list(islice(happenings(Random(4)), 200)))
    (tmp_path / "arkiv.db").touch()
    database = ("--database", str(tmp_path / "arkiv.db"))
    save = ("backup", "--to", str(tmp_path / "kopior"), "--topics", site.topics, *database)
    refused = run(secured, "keeper", *save)
    assert (refused.exit_code, refused.output.count("\n")) == (1, 1)
    assert "Kafka låter inte användaren keeper" in refused.output
    secured.allow("keeper", "READ", "TOPIC", *(site.topic(kind) for kind in TOPICS))
    saved = run(secured, "keeper", *save)
    assert saved.exit_code == 0, saved.output

    (copy,) = (tmp_path / "kopior").iterdir()
    back = f"{site.topics}igen"
    restore = ("restore", str(copy), "--replication", "1", "--topics", back, *database)
    *events, rejected = (topic.name for topic in wanted(back))
    lacked = run(secured, "restater", *restore)
    assert (lacked.exit_code, lacked.output.count("\n")) == (1, 1)
    secured.allow("restater", "CREATE DESCRIBE DESCRIBE_CONFIGS WRITE", "TOPIC", *events)
    secured.allow("restater", "CREATE DESCRIBE", "TOPIC", rejected)
    lacked = run(secured, "restater", *restore)
    assert (lacked.exit_code, lacked.output.count("\n")) == (1, 1)
    assert "(AlterConfigs)" in lacked.output
    secured.allow("restater", "ALTER_CONFIGS", "TOPIC", *events)
    restored = run(secured, "restater", *restore)
    assert restored.exit_code == 0, restored.output
    for kind in TOPICS:
        had, has = (
            [
                (r.key, r.value, r.timestamp)
                for log in read_topic(site.kafka, name)
                for r in log.records
            ]
            for name in (site.topic(kind), f"{back}.{kind}")
        )
        assert has == had
