"""Certificates for all tests of endpoints, each made once."""

from collections.abc import Callable
from functools import cache

import pytest
from secured import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def issued(authority: Authority) -> Callable[[str], bytes]:
    """Return what is in a file with a key and its certificate, by the file's name."""
    return cache(lambda name: authority.issue(name).read_bytes())
