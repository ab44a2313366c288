"""A key that stays is made once, kept to oneself, and never written over."""

import errno
import hashlib
import hmac
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.pseudonym import KeyFileError
from producers.stable_key import make_key, read_key, stable_hash

KEY = bytes(range(32))


def test_the_hash_is_hmac_sha_256_of_the_parts_with_their_lengths() -> None:
    expected = hmac.new(KEY, b"5:lulea6:2025-1", hashlib.sha256).hexdigest()[:32]
    assert stable_hash(KEY, "lulea", "2025-1") == expected
    assert stable_hash(bytes(32), "lulea", "2025-1") != expected


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_other_parts_have_another_hash(one: list[str], other: list[str]) -> None:
    assert (stable_hash(KEY, *one) == stable_hash(KEY, *other)) == (one == other)
    assert re.fullmatch(r"[0-9a-f]{32}", stable_hash(KEY, *one))


def test_a_key_is_made_and_read_again_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "nyckel"
    assert read_key(file) is None
    key = make_key(file)
    assert read_key(file) == key
    assert len(key) == 32
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


def test_one_that_another_has_just_made_is_the_one(tmp_path: Path) -> None:
    file = tmp_path / "nyckel"
    assert make_key(file) == make_key(file) == read_key(file)


def test_what_a_crash_left_beside_it_is_never_in_the_way(tmp_path: Path) -> None:
    file = tmp_path / "nyckel"
    file.with_name(f".{file.name}.{os.getpid()}").touch()  # in a container it is always the same
    assert make_key(file) == read_key(file)


@pytest.mark.parametrize(
    "content", ["", "abc", "0" * 63, f"2025-03-10 {'0' * 64}", "0" * 64 + "a"]
)
def test_a_file_with_something_else_is_refused_and_left(tmp_path: Path, content: str) -> None:
    file = tmp_path / "nyckel"
    file.write_text(content, "utf-8")
    with pytest.raises(KeyFileError, match="är inte rätt sorts nyckel"):
        read_key(file)
    assert file.read_text("utf-8") == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_one_that_others_have_a_right_to_is_refused(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(tmp_path / "key")


def test_where_none_can_be_made_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="filen eller mappen finns inte"):
        make_key(tmp_path / "ingen" / "nyckel")
    with pytest.raises(KeyFileError, match="det är en mapp"):
        read_key(tmp_path)


def test_what_one_that_was_killed_left_is_no_key(tmp_path: Path) -> None:
    left = tmp_path / f".nyckel.{os.getpid()}"
    left.touch()
    key = make_key(tmp_path / "nyckel")
    assert read_key(tmp_path / "nyckel") == key


def test_a_key_that_can_not_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("producers.stable_key.os.fsync", full)
    with pytest.raises(KeyFileError, match="disken är full"):
        make_key(tmp_path / "nyckel")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("mode", "is_taken"), [(0o440, True), (0o400, True), (0o444, False)])
def test_one_of_roots_may_be_lent_to_our_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, is_taken: bool
) -> None:
    """As Kubernetes mounts a Secret, and systemd's units find theirs."""
    file = tmp_path / "key"
    made = make_key(file)
    file.chmod(mode)
    of_root = os.stat_result((mode, *file.stat()[1:4], 0, *file.stat()[5:]))
    monkeypatch.setattr("producers.stable_key.os.fstat", lambda _: of_root)
    monkeypatch.setattr("producers.stable_key.os.geteuid", lambda: 10001)
    if is_taken:
        assert read_key(file) == made
    else:
        with pytest.raises(KeyFileError, match="chmod 600"):
            read_key(file)
