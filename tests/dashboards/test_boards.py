"""Files of boards: what is one, and what is said of what is none."""

import json
from pathlib import Path

import pytest

from dashboards.grafana import board
from dashboards.grafana.board import BoardError, read_boards

BOARD = {"uid": "vagg", "title": "Väggen", "id": 4, "version": 9, "panels": []}


def test_boards_come_in_order_of_their_files_without_what_grafana_sets(tmp_path: Path) -> None:
    for name, uid in (("b.json", "b"), ("a.json", "a")):
        (tmp_path / name).write_text(json.dumps(BOARD | {"uid": uid}))
    (tmp_path / "README.md").write_text("inget")
    boards = read_boards(tmp_path)
    assert [one.uid for one in boards] == ["a", "b"]
    assert boards[0].content == {"uid": "a", "title": "Väggen", "panels": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "a.json är inte JSON: gör den på nytt"),
        ('{"a": NaN}', "a.json är inte JSON"),
        ("[" * 100_000, "a.json är inte JSON"),
        ("[]", "a.json är ingen tavla: den ska vara ett JSON-objekt"),
        ('{"title": "V"}', "a.json saknar uid: skriv högst 40 tecken av A–Z, a–z"),
        ('{"uid": "../admin", "title": "V"}', "a.json saknar uid"),
        (json.dumps({"uid": "a" * 41, "title": "V"}), "a.json saknar uid"),
        ('{"uid": "a", "title": " "}', "a.json saknar title: skriv tavlans rubrik"),
        ('{"uid": "a", "title": "a\\u009b"}', "a.json saknar title"),
        (json.dumps({"dashboard": BOARD, "meta": {}}), "a.json har en annan form: exportera"),
        ('{"apiVersion": "v2", "kind": "Dashboard", "spec": {}}', "a.json har en annan form"),
        (json.dumps(BOARD | {"__inputs": []}), "a.json är exporterad för andra: exportera utan"),
        (None, "har inga tavlor: ange mappen med deras JSON-filer med --from"),
    ],
)
def test_what_is_no_board_is_told_in_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "a.json").write_text(text)
    with pytest.raises(BoardError) as error:
        read_boards(tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_uid_stands_in_one_file(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(BOARD))
    with pytest.raises(BoardError, match=r"b\.json har samma uid som .*a\.json: ge den en egen"):
        read_boards(tmp_path)


def test_what_cannot_be_read_or_is_too_much_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BoardError, match="finns inte: ange mappen med tavlornas filer med --from"):
        read_boards(tmp_path / "ingen")
    (tmp_path / "a.json").mkdir()
    with pytest.raises(BoardError, match=r"a\.json kan inte läsas \(det är en mapp\)"):
        read_boards(tmp_path)
    (tmp_path / "a.json").rmdir()
    (tmp_path / "a.json").write_text(json.dumps(BOARD))
    monkeypatch.setattr(board, "MOST_BYTES", 10)
    with pytest.raises(BoardError, match=r"a\.json är för stor för att vara en tavla"):
        read_boards(tmp_path)
