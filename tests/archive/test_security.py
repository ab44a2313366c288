"""The archive and what states anew from it, with a broker that lets nobody do more than it may."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archives import Archive, differences, until_all_is_written
from busy import MUNICIPALITIES
from click.testing import CliRunner
from secured import PASSWORDS, Secured, last_words
from strategies_cases import case_event
from workers import Site, wait_until

from stack.broker import Broker
from streams.__main__ import commands
from streams.domain.event_types import TOPICS

pytestmark = pytest.mark.leaves_sockets
NAME = MUNICIPALITIES[0]


@pytest.fixture
def broker(secured: Secured) -> Broker:
    """Return the broker of :func:`site`, whose topics nobody has a right to yet."""
    return secured.broker


@pytest.fixture
def long_open(site: Site) -> Site:
    """Return topics with a case that has been open for more than a year."""
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(days=390)
    site.publish([case_event("opened", "gammalt", old, old, municipality=NAME)])
    return site


@pytest.fixture
def archive(secured: Secured, long_open: Site) -> Iterator[Archive]:
    """Return an archive with the rights that it needs, and no more; not started."""
    site = long_open
    events = [site.topic(kind) for kind in TOPICS]
    secured.allow("archive", "READ DESCRIBE_CONFIGS", "TOPIC", *events)
    secured.allow("archive", "READ", "GROUP", f"{site.topics}-arkiv")
    listener = replace(site, kafka=secured.at("BRIEF"))
    file = str(site.directory / "arkiv.db")
    made = Archive(listener, "arkivet", file, environment=secured.settings("archive"))
    yield made
    made.stop()


def keep_open(secured: Secured, site: Site, **settings: str) -> tuple[int, str]:
    asked = ("keep-open", "--catalogue", str(site.file), "--topics", site.topics)
    file = str(site.directory / "arkiv.db")
    told = secured.settings("restater", **settings)
    done = CliRunner().invoke(commands, [*asked, "--database", file], env=told)
    assert not any(password in done.output for password in PASSWORDS.values())
    return done.exit_code, done.output


def test_with_least_rights_all_is_written_and_what_is_long_open_is_stated_anew(
    secured: Secured, archive: Archive, long_open: Site, tmp_path: Path
) -> None:
    site = long_open
    with archive:
        until_all_is_written(archive)
        assert differences(site, archive)[NAME] == []
        code, said = keep_open(secured, site)
        assert (code, said.count("\n")) == (1, 1)
        assert "Kafka låter inte användaren restater se" in said
        secured.allow("restater", "READ", "TOPIC", site.topic("emails"), site.topic("cases"))
        code, said = keep_open(secured, site)
        assert code == 1
        assert f"skriva i {site.topic('cases')}" in said
        secured.allow("restater", "WRITE", "TOPIC", site.topic("emails"), site.topic("cases"))
        code, said = keep_open(secured, site)
        assert "0 frågor och 1 ärende angavs på nytt" in said
        until_all_is_written(archive)
        other = tmp_path / "annat"
        other.write_text("fel")
        other.chmod(0o440)
        code, said = keep_open(secured, site, KAFKA_PASSWORD_FILE=str(other))
        assert (code, said.count("\n")) == (1, 1)
        assert "godtar inte användaren restater med det lösenordet" in said
    log = archive.console.read_text("utf-8")
    assert not any(password in log for password in PASSWORDS.values())


@pytest.mark.long
@pytest.mark.parametrize("lost", ["password", "READ", "GROUP"])
def test_an_archive_that_kafka_takes_no_more_ends_with_one_line(
    lost: str, secured: Secured, archive: Archive, long_open: Site
) -> None:
    calls, group = long_open.topic("calls"), f"{long_open.topics}-arkiv"
    with archive:
        until_all_is_written(archive)
        if lost == "password":
            secured.set_password("archive", "ett annat")
            said = "godtar inte användaren archive med det lösenordet"
        elif lost == "READ":
            secured.forbid("archive", "READ", "TOPIC", calls)
            said = f"Kafka låter inte användaren archive läsa {calls} (Read): ge den rätten"
        else:
            secured.forbid("archive", "READ", "GROUP", group)
            said = f"användaren archive vara med i gruppen {group} (Read): ge den rätten"
        try:
            wait_until(lambda: archive.pid is None, 60, "the end")
        finally:
            secured.set_password("archive", PASSWORDS["archive"])
    assert said in last_words(archive)
