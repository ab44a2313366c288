"""Servers of mail for the tests of what reads mailboxes."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from dovecot import Dovecot
from mail_sites import Site
from secured import Authority

from stack.ports import free_ports

_numbers = itertools.count()
OLD: Final = "IMAP4rev1"
"""What a server can that can neither idle nor tell of changes and of when messages were saved."""


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("utfardare"))


def _server(directory: Path, authority: Authority, can: str = "") -> Iterator[Dovecot]:
    tls, starttls = free_ports(2)
    server = Dovecot(directory, tls, starttls, authority.issue("imap"), can)
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Dovecot]:
    """One server for all tests; each has an account of its own."""
    yield from _server(tmp_path_factory.mktemp("dovecot"), authority)


@pytest.fixture(scope="session")
def old_dovecot(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Dovecot]:
    """One that can no more than IMAP4rev1 says."""
    yield from _server(tmp_path_factory.mktemp("dovecot"), authority, OLD)


@pytest.fixture
def own_dovecot(tmp_path: Path, authority: Authority) -> Iterator[Dovecot]:
    """A server for a test that does bad things to it."""
    yield from _server(tmp_path / "dovecot", authority)


def _site(server: Dovecot, authority: Authority, tmp_path: Path) -> Iterator[Site]:
    site = Site(server, authority, tmp_path, f"user{next(_numbers)}")
    yield site
    site.close()


@pytest.fixture
def mail(dovecot: Dovecot, authority: Authority, tmp_path: Path) -> Iterator[Site]:
    yield from _site(dovecot, authority, tmp_path)


@pytest.fixture
def old_mail(old_dovecot: Dovecot, authority: Authority, tmp_path: Path) -> Iterator[Site]:
    yield from _site(old_dovecot, authority, tmp_path)


@pytest.fixture
def own_mail(own_dovecot: Dovecot, authority: Authority, tmp_path: Path) -> Iterator[Site]:
    yield from _site(own_dovecot, authority, tmp_path)
