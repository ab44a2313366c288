"""What a follower keeps between starts: read by later versions, refused in one line by older."""

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from producers.mailbox import remembered
from producers.mailbox.memory import Memory
from producers.pseudonym import Keys, pseudonym
from producers.queue_log import bookmark
from producers.stable_key import read_key, stable_hash
from producers.state_file import StateError
from streams.domain.outlook.profiles_file import ProfilesFileError, load_profiles

KEPT = Path(__file__).parent / "kept"
"""Files as 0.1 wrote them: each later version must read them."""
SOURCE = "/asterisk/lulea/vaxel"
FORMS = {"bookmark-1.json": bookmark.Bookmark, "mailbox-1.json": remembered.State}


def test_a_bookmark_of_each_version_is_read() -> None:
    for file in sorted(KEPT.glob("bookmark-*.json")):
        found = bookmark.load(file, SOURCE)
        assert found is not None
        assert found.position.offset > 0
        assert [leg.queue for leg in found.legs] == ["vaxel"]


def test_a_mailbox_of_each_version_is_read() -> None:
    for file in sorted(KEPT.glob("mailbox-*.json")):
        found = remembered.load(file, "lulea", "epost", "5f1c")
        assert isinstance(found, Memory)
        assert len(found.threads) == len(found.messages) == 1
        assert found.folders["INBOX"].messages == {7: "m1"}


def test_profiles_of_each_version_are_read() -> None:
    for file in sorted(KEPT.glob("profiles-*.json")):
        found = load_profiles(file.read_bytes(), file.name)
        assert found["lulea"]["vaxel"].days == 48


def test_keys_are_read_and_hash_as_they_did(tmp_path: Path) -> None:
    stable, daily = tmp_path / "stable", tmp_path / "daily"
    stable.write_bytes((KEPT / "stable.key").read_bytes())
    daily.write_bytes((KEPT / "daily.keys").read_bytes())
    for file in (stable, daily):
        file.chmod(0o600)
    key = read_key(stable)
    assert key is not None
    assert stable_hash(key, "A-1") == "6198ad77c2ef25c44da842f2b1d741e2"
    of_day = Keys(daily).key(date(2026, 3, 10), date(2026, 3, 10))
    assert of_day is not None
    assert pseudonym("08-465 004 17", of_day) == "e452caa780f1a6f9"


def load(name: str, file: Path) -> object:
    if name.startswith("bookmark"):
        return bookmark.load(file, SOURCE)
    return remembered.load(file, "lulea", "epost", "5f1c")


@pytest.mark.parametrize("name", FORMS)
def test_the_form_of_a_version_does_not_change(name: str) -> None:
    """Who changes it gives it another version: an older svarsgrad must know that it can't."""
    schema = json.dumps(msgspec.json.schema(FORMS[name]), indent=1, sort_keys=True) + "\n"
    assert (KEPT / f"{name}.schema").read_text() == schema, (
        "raise its version, keep reading the one before, and add a file of the new one here "
        "(docs/upgrade.md)"
    )


@pytest.mark.parametrize("name", FORMS)
def test_a_newer_one_is_refused_and_not_said_to_be_broken(name: str, tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text(json.dumps({"version": 2, "nobody": ["knows", 1]}))
    with pytest.raises(StateError) as error:
        load(name, file)
    assert str(error.value) == (
        f"Läget i {file} är av en nyare version (2) än den här svarsgrad (1): uppgradera "
        "svarsgrad, eller lägg tillbaka filen som den var före uppgraderingen."
    )


@pytest.mark.parametrize("text", ["{}", '{"version": "två"}', '{"version": 1}', "nej", "[2]"])
def test_what_makes_no_sense_is_said_to_make_none(text: str, tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.write_text(text)
    with pytest.raises(StateError, match="går inte att tyda"):
        bookmark.load(file, SOURCE)


def test_newer_profiles_are_refused() -> None:
    with pytest.raises(ProfilesFileError) as error:
        load_profiles(b'{"version": 2, "towns": []}', "profiler.json")
    assert str(error.value) == (
        "profiler.json är av en nyare version (2) än den här svarsgrad (1): uppgradera svarsgrad, "
        "eller gör om filen med svarsgrad learn-profile"
    )
