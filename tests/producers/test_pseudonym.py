"""A caller is the same all day to those who count, and nobody to those who read."""

import os
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.pseudonym import KeyFileError, Keys, normalised, pseudonym

TODAY = date(2026, 3, 10)
KEY = bytes(32)


@pytest.mark.parametrize(
    "number",
    ["0846500401", "08-465 004 01", "+46 8 465 004 01", "0046846500401", "+46 (0)8-465 004 01"],
)
def test_one_number_written_in_any_way_is_one_caller(number: str) -> None:
    assert normalised(number) == "0846500401"


@pytest.mark.parametrize(
    "number", ["", " ", "anonymous", "unknown", "+", "s", "12", "08465x", "٠٨٤٦٥"]
)
def test_what_is_no_number_is_nobody(number: str) -> None:
    assert pseudonym(number, KEY) is None


def test_a_pseudonym_is_16_hex_digits_of_a_keyed_hash() -> None:
    # printf 0846500401 | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…
    assert pseudonym("08-465 004 01", KEY) == "45c19cef21852636"
    assert pseudonym("0846500401", bytes([1]) * 32) != pseudonym("0846500401", KEY)


@given(st.text(max_size=30))
def test_no_text_raises_or_shows_through(text: str) -> None:
    hashed = pseudonym(text, KEY)
    assert hashed is None or (len(hashed) == 16 and text not in hashed)


def test_producers_that_share_a_file_have_the_same_key_of_a_day(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    found: list[bytes | None] = []
    days = [TODAY - timedelta(days=n % 10) for n in range(80)]
    threads = [
        threading.Thread(target=lambda d=day: found.append(Keys(path).key(d, TODAY)))
        for day in days
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 10
    assert len(path.read_text().splitlines()) == 10


def test_a_key_is_another_each_day_and_the_same_after_a_restart(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    today, yesterday = keys.key(TODAY, TODAY), keys.key(TODAY - timedelta(days=1), TODAY)
    assert today != yesterday
    again = Keys(tmp_path / "keys")
    assert (again.key(TODAY, TODAY), again.key(TODAY - timedelta(days=1), TODAY)) == (
        today,
        yesterday,
    )


def test_keys_are_kept_14_days_and_then_the_day_has_no_callers(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    first = keys.key(TODAY, TODAY)
    later = TODAY + timedelta(days=14)
    assert keys.key(TODAY, later) == first
    assert keys.key(TODAY, later + timedelta(days=1)) is None
    keys.key(later + timedelta(days=1), later + timedelta(days=1))
    assert str(TODAY) not in (tmp_path / "keys").read_text()
    assert Keys(tmp_path / "keys").key(TODAY, TODAY) != first  # gone for good


def test_a_day_far_ahead_gets_no_key(tmp_path: Path) -> None:
    assert Keys(tmp_path / "keys").key(TODAY + timedelta(days=2), TODAY) is None
    assert not (tmp_path / "keys").exists()


def test_what_a_crash_left_of_the_keys_goes_with_the_next_writing(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    (tmp_path / ".keys.tmp").write_text("2026-03-10 " + "0" * 64 + "\n")
    Keys(path).key(date(2026, 3, 10), date(2026, 3, 10))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys", "keys.lock"]


def test_only_the_owner_may_read_the_keys(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        Keys(tmp_path / "keys").key(TODAY, TODAY)
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("text", ["nonsense", "2026-03-10 abc", "2026-13-40 " + "0" * 64, "\xff"])
def test_a_broken_key_file_is_one_line_that_names_the_row(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys").write_text(f"2026-03-09 {'0' * 64}\n{text}\n", "latin-1")
    with pytest.raises(KeyFileError, match="rad 2") as caught:
        Keys(tmp_path / "keys").key(TODAY, TODAY)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_keys_that_others_have_a_right_to_are_refused(tmp_path: Path, mode: int) -> None:
    Keys(tmp_path / "keys").key(TODAY, TODAY)
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        Keys(tmp_path / "keys").key(TODAY, TODAY)


def test_a_key_file_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="--key-file") as caught:
        Keys(tmp_path / "no" / "keys").key(TODAY, TODAY)
    assert "\n" not in str(caught.value)
