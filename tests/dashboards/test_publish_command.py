"""``svarsgrad dashboards publish``, as whoever publishes meets it."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from grafana_stub import READS, Fault, Grafana

from streams.__main__ import commands

PANELS = [{"id": 1, "type": "stat", "targets": [{"expr": "up"}]}]


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    folder = tmp_path / "tavlor"
    folder.mkdir()
    for uid, title in (("dag", "Dagen"), ("vagg", "Väggen")):
        write(folder, uid, title=title)
    return folder


def write(folder: Path, uid: str, **content: Any) -> None:
    board = {"uid": uid, "schemaVersion": 41, "panels": PANELS, **content}
    (folder / f"{uid}.json").write_text(json.dumps(board), encoding="utf-8")


def run(grafana: Grafana, token: str, boards: Path, *more: str) -> Result:
    told = ["--url", grafana.url, "--token-file", token, "--from", str(boards), *more]
    return CliRunner().invoke(commands, ["dashboards", "publish", *told])


def test_publishing_twice_is_publishing_once(grafana: Grafana, token: str, boards: Path) -> None:
    first = run(grafana, token, boards)
    assert first.output.splitlines() == [
        "Dagen (dag): ny",
        "Väggen (vagg): ny",
        "2 tavlor i mappen Svarsgrad: 2 nya",
    ]
    assert first.exit_code == 0
    assert grafana.folders == {"svarsgrad": "Svarsgrad"}
    assert grafana.boards["dag"].content["panels"] == PANELS
    assert {kept.folder for kept in grafana.boards.values()} == {"svarsgrad"}
    grafana.asked.clear()
    second = run(grafana, token, boards)
    assert second.output.splitlines()[-1] == "2 tavlor i mappen Svarsgrad: 2 oförändrade"
    assert [one.partition("/api/")[2] for one in grafana.asked] == [
        "folders/svarsgrad",
        "dashboards/uid/dag",
        "dashboards/uid/vagg",
    ]
    assert {kept.version for kept in grafana.boards.values()} == {1}


@pytest.mark.parametrize("release", ["11.2.0", "12.4.0"])
def test_what_changed_here_is_saved_as_the_next_version_each_time(
    release: str, grafana: Grafana, token: str, boards: Path
) -> None:
    grafana.release = release
    run(grafana, token, boards)
    for version, title in ((2, "I dag"), (3, "Dagens läge")):
        write(boards, "dag", title=title)
        done = run(grafana, token, boards)
        assert done.output.splitlines()[0] == f"{title} (dag): ändrad"
        assert "1 ändrad, 1 oförändrad" in done.output
        assert grafana.boards["dag"].version == version
        assert grafana.boards["dag"].content["title"] == title


def test_what_somebody_changed_in_grafana_is_left_and_said_until_it_may_be_overwritten(
    grafana: Grafana, token: str, boards: Path
) -> None:
    run(grafana, token, boards)
    grafana.saves("dag", title="Min dag")
    write(boards, "vagg", title="Nya väggen")
    done = run(grafana, token, boards)
    assert done.exit_code == 1
    assert "Dagen (dag): redigerad i Grafana\nNya väggen (vagg): ändrad\n" in done.output
    assert "Fel: Dagen har sparats i Grafana av någon annan: för över ändringen" in done.output
    assert grafana.boards["dag"].content["title"] == "Min dag"
    assert grafana.boards["vagg"].content["title"] == "Nya väggen"
    forced = run(grafana, token, boards, "--overwrite")
    assert forced.exit_code == 0
    assert grafana.boards["dag"].content["title"] == "Dagen"
    grafana.asked.clear()
    assert "2 oförändrade" in run(grafana, token, boards, "--overwrite").output
    assert grafana.written == []


def test_a_change_that_was_brought_here_is_no_longer_somebody_elses(
    grafana: Grafana, token: str, boards: Path
) -> None:
    run(grafana, token, boards)
    grafana.saves("dag", title="Min dag")
    write(boards, "dag", title="Min dag")
    done = run(grafana, token, boards)
    assert "Min dag (dag): oförändrad" in done.output
    assert done.exit_code == 0


def test_a_dry_run_shows_what_would_change_and_changes_nothing(
    grafana: Grafana, token: str, boards: Path
) -> None:
    empty = run(grafana, token, boards, "--dry-run")
    assert empty.output.startswith("Mappen Svarsgrad (svarsgrad): ny\nDagen (dag): ny\n")
    assert '  +  "title": "Dagen",' in empty.output
    assert empty.output.endswith("2 tavlor i mappen Svarsgrad: 2 nya. Inget är sparat.\n")
    assert grafana.written == []
    run(grafana, token, boards)
    write(boards, "dag", title="I dag")
    grafana.asked.clear()
    changed = run(grafana, token, boards, "--dry-run")
    shown = [line for line in changed.output.splitlines() if line[:3] in ("  +", "  -")]
    assert shown[2:] == ['  -  "title": "Dagen",', '  +  "title": "I dag",']
    assert grafana.written == []


def test_a_board_that_grafana_writes_anew_is_the_one_that_was_saved(
    grafana: Grafana, token: str, boards: Path
) -> None:
    run(grafana, token, boards)
    write(boards, "dag", title="I dag")
    write(boards, "vagg", title="På väggen")
    run(grafana, token, boards)
    grafana.writes_anew = True
    done = run(grafana, token, boards)
    assert "2 oförändrade" in done.output
    assert {kept.version for kept in grafana.boards.values()} == {2}


def test_folder_uid_and_title_are_told_and_a_new_title_of_somebodys_stays(
    grafana: Grafana, token: str, boards: Path
) -> None:
    named = ("--folder", "Medborgarservice", "--folder-uid", "mbs")
    run(grafana, token, boards, *named)
    assert grafana.folders == {"mbs": "Medborgarservice"}
    grafana.folders["mbs"] = "Kontaktcenter"
    done = run(grafana, token, boards, *named)
    assert (
        "Varning: mappen mbs heter 'Kontaktcenter' i Grafana och får behålla sitt" in done.output
    )
    assert grafana.folders == {"mbs": "Kontaktcenter"}
    moved = run(grafana, token, boards, "--folder-uid", "annan")
    assert moved.exit_code == 0
    assert {kept.folder for kept in grafana.boards.values()} == {"annan"}
    wrong = run(grafana, token, boards, "--folder-uid", "../admin")
    assert "--folder-uid ../admin går inte: skriv högst 40 tecken" in wrong.output


def test_boards_that_come_from_files_are_left_and_it_is_said_where_to_change_them(
    grafana: Grafana, token: str, boards: Path
) -> None:
    run(grafana, token, boards)
    grafana.boards["dag"].is_provisioned = True
    assert run(grafana, token, boards).exit_code == 0, "they are as they should be"
    write(boards, "dag", title="I dag")
    for flag in ((), ("--overwrite",), ("--dry-run",)):
        done = run(grafana, token, boards, *flag)
        assert "I dag (dag): från fil i Grafana" in done.output
        assert "Fel: I dag kommer från filer hos Grafana: byt filerna där" in done.output
        assert done.exit_code == 1
    assert grafana.boards["dag"].content["title"] == "Dagen"


def test_a_board_that_says_only_when_it_is_saved_that_it_comes_from_a_file_is_left_too(
    grafana: Grafana, token: str, boards: Path
) -> None:
    body = json.dumps({"message": "Cannot save provisioned dashboard"}).encode()
    grafana.faults.append(Fault("POST", "/dashboards/db", 400, body))
    done = run(grafana, token, boards)
    assert "Dagen (dag): från fil i Grafana\nVäggen (vagg): ny\n" in done.output
    assert done.exit_code == 1


def test_a_board_saved_by_somebody_while_we_save_is_not_overwritten(
    grafana: Grafana, token: str, boards: Path
) -> None:
    run(grafana, token, boards)
    write(boards, "dag", title="I dag")
    somebody = partial(grafana.saves, "dag", title="Min dag")
    grafana.faults.append(Fault("POST", "/dashboards/db", None, first=somebody))
    done = run(grafana, token, boards)
    assert "I dag (dag): redigerad i Grafana" in done.output
    assert done.exit_code == 1
    assert grafana.boards["dag"].content["title"] == "Min dag"


def test_a_board_that_was_saved_though_the_answer_was_lost_is_saved(
    grafana: Grafana, token: str, boards: Path, waited: list[float]
) -> None:
    run(grafana, token, boards)
    write(boards, "dag", title="I dag")
    grafana.faults.append(Fault("POST", "/dashboards/db", 504, is_done=True))
    done = run(grafana, token, boards)
    assert "I dag (dag): ändrad" in done.output
    assert done.exit_code == 0
    assert grafana.boards["dag"].version == 2
    assert waited == [0.5]


@pytest.mark.parametrize("status", [409, 412])
def test_a_folder_that_somebody_makes_meanwhile_is_used(
    status: int, grafana: Grafana, token: str, boards: Path
) -> None:
    said = "the folder has been changed by someone else"
    body = json.dumps({"message": said, "status": "version-mismatch"}).encode()
    grafana.faults.append(Fault("POST", "/folders", status, body, is_done=True))
    assert run(grafana, token, boards).exit_code == 0


def test_a_folder_whose_name_another_has_is_told(
    grafana: Grafana, token: str, boards: Path
) -> None:
    grafana.release = "10.4.0"
    grafana.folders["annan"] = "Svarsgrad"
    done = run(grafana, token, boards)
    assert done.exit_code == 1
    assert "kan inte göra mappen Svarsgrad: namnet är upptaget (a folder with the" in done.output


def test_a_board_in_grafanas_new_form_is_somebodys_until_it_may_be_overwritten(
    grafana: Grafana, token: str, boards: Path
) -> None:
    run(grafana, token, boards)
    grafana.boards["dag"].is_in_new_form = True
    done = run(grafana, token, boards)
    assert "Dagen (dag): redigerad i Grafana" in done.output
    assert done.exit_code == 1
    assert run(grafana, token, boards, "--overwrite").exit_code == 0
    assert not grafana.boards["dag"].is_in_new_form


def test_what_is_lacking_is_named(grafana: Grafana, token: str, boards: Path) -> None:
    grafana.rights = READS
    folder = run(grafana, token, boards)
    assert (
        f"Fel: Grafana på {grafana.url} låter inte tjänstekontot göra mappen Svarsgrad: "
        "ge rättigheten folders:create, som rollen Editor har\n"
    ) in folder.output
    grafana.folders["svarsgrad"] = "Svarsgrad"
    board = run(grafana, token, boards)
    assert "spara tavlan dag: ge rättigheten dashboards:write, som rollen Editor" in board.output
    grafana.rights = frozenset()
    assert "folders:read, som rollen Viewer har" in run(grafana, token, boards).output
    assert {folder.exit_code, board.exit_code} == {1}


def test_an_empty_folder_of_boards_is_told_before_grafana_is_asked(
    grafana: Grafana, token: str, tmp_path: Path
) -> None:
    done = run(grafana, token, tmp_path)
    assert f"Fel: {tmp_path} har inga tavlor: ange mappen" in done.output
    assert grafana.asked == []


def test_grafanas_address_may_come_from_the_environment(
    grafana: Grafana, token: str, boards: Path
) -> None:
    told = ["dashboards", "publish", "--token-file", token, "--from", str(boards)]
    done = CliRunner().invoke(commands, told, env={"GRAFANA_URL": grafana.url})
    assert done.exit_code == 0
    lacking = CliRunner().invoke(commands, told, env={"GRAFANA_URL": ""})
    assert "Flagga saknas: '--url'" in lacking.output


def test_a_mistake_in_what_is_told_is_one_line(grafana: Grafana, boards: Path) -> None:
    told = ["dashboards", "publish", "--url", grafana.url, "--from", str(boards)]
    done = CliRunner().invoke(commands, told)
    assert "Fel: ange antingen --token-file, eller --user och --password-file" in done.output
    assert done.exit_code == 2


def test_a_token_that_all_can_read_is_used_with_a_warning(
    grafana: Grafana, token: str, boards: Path
) -> None:
    Path(token).chmod(0o444)
    done = run(grafana, token, boards)
    assert f"Varning: --token-file {token} kan läsas av alla på maskinen: chmod" in done.stderr
    assert done.exit_code == 0
