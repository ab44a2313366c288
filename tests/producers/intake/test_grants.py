"""The file of tokens: who may push what."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from pushing import DUMMY, TWO, catalogue, grant, token_line, tokens_file

from producers.intake.grants import GrantsError, granted, new_token, read_grants
from producers.intake.token_command import command


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_token_opens_what_its_line_says_and_no_other_does(tmp_path: Path) -> None:
    one, other = new_token(), new_token()
    lines = [token_line(one, types=["call.*"], queues=["vaxel"]), token_line(other, "arenden")]
    grants = read_grants(tokens_file(tmp_path / "t.yaml", lines), catalogue())
    found = granted(one, grants, 0.0)
    assert found is not None
    assert found.key == ("lulea", "ace")
    assert found.queues == {"vaxel"}
    assert len(found.types) == 10
    assert granted(other, grants, 0.0) == grants[1]
    assert grants[1].queues == {"epost", "arenden"}
    for wrong in ("", one[:-1], one + "x", one.upper(), "\udcff"):
        assert granted(wrong, grants, 0.0) is None


def test_two_tokens_of_a_source_are_both_in_use_while_one_replaces_the_other(
    tmp_path: Path,
) -> None:
    old, new = new_token(), new_token()
    file = tokens_file(tmp_path / "t.yaml", [token_line(old), token_line(new)])
    grants = read_grants(file, catalogue())
    assert granted(old, grants, 0.0) is not None
    assert granted(new, grants, 0.0) is not None
    grants = read_grants(tokens_file(file, [token_line(new)]), catalogue())
    assert granted(old, grants, 0.0) is None


def test_a_token_ends_when_its_last_day_does_where_the_municipality_is(tmp_path: Path) -> None:
    token = new_token()
    line = token_line(token, expires="2026-03-28")
    grants = read_grants(tokens_file(tmp_path / "t.yaml", [line]), catalogue())
    assert granted(token, grants, at("2026-03-28T23:59:59+01:00")) is not None
    assert granted(token, grants, at("2026-03-29T00:00:00+01:00")) is None


def test_measures_can_not_be_pushed(tmp_path: Path) -> None:
    (its,) = read_grants(tokens_file(tmp_path / "t.yaml", [token_line("x")]), catalogue())
    assert not any("measure" in type_ for type_ in its.types)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602, 0o660, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    file = tokens_file(tmp_path / "t.yaml", [token_line("x")])
    file.chmod(mode)
    with pytest.raises(GrantsError, match="chmod 640"):
        read_grants(file, catalogue())


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o440])
def test_a_file_that_its_group_may_read_is_taken(tmp_path: Path, mode: int) -> None:
    file = tokens_file(tmp_path / "t.yaml", [token_line("x")])
    file.chmod(mode)
    assert read_grants(file, catalogue())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (token_line("x", "acce"), "rad 2, tokens[0].source: källan acce finns inte i katalogen; "
         "menade du ace?"),
        (token_line("x", types=["call.offred"]), "menade du call.offered?"),
        (token_line("x", types=["measure.*"]), "typen measure.* finns inte"),
        (token_line("x", queues=["arenden"]), "kön arenden finns inte i katalogen; välj bland "
         "vaxel, teknik"),
        (token_line("x", municipality="boden"), "kommunen boden finns inte"),
        (token_line("x", expires='"i morgon"'), "ska vara en dag"),
        (token_line("x", events_per_second=0), "tokens[0].events_per_second: passar inte"),
        (token_line("x", alive="ja"), "kan bara vara asks"),
        (token_line("x", colour="blue"), "tokens[0].colour: okänd nyckel"),
        ("  - {sha256: abc, source: ace, types: ['*']}", "ska vara 64 hexsiffror"),
        ("  - {source: ace, types: ['*']}", "tokens[0].sha256: saknas"),
        ("  - [", "rad 3: här går filen inte att läsa som YAML; jämför med docs/sources/"),
        ("", "rad 1, tokens: är tom: lägg in en rad som svarsgrad intake-token skriver ut"),
        ("  []", "rad 1, tokens: är tom: lägg in en rad"),
        ("  ja", "passar inte här"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(GrantsError) as raised:
        read_grants(tokens_file(tmp_path / "t.yaml", [line]), catalogue())
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_where_there_are_several_municipalities_the_line_says_which(tmp_path: Path) -> None:
    file = tokens_file(tmp_path / "t.yaml", [token_line("x")])
    with pytest.raises(GrantsError, match="municipality saknas"):
        read_grants(file, catalogue(TWO))
    tokens_file(file, [token_line("x", municipality="boden")])
    assert read_grants(file, catalogue(TWO))[0].key == ("boden", "ace")


def test_what_the_command_prints_is_a_line_that_can_be_read_and_has_no_token(
    tmp_path: Path,
) -> None:
    (tmp_path / "k.yaml").write_text(TWO, encoding="utf-8")
    arguments = ["--catalogue", str(tmp_path / "k.yaml"), "--municipality", "boden"]
    more = ["--source", "arenden", "--expires", "2099-01-31", "--alive"]
    said = CliRunner().invoke(command, arguments + more, catch_exceptions=False)
    (token,) = re.findall(r"svg_\S{43}", said.output)
    line = said.output.strip().splitlines()[-1]
    assert token not in line
    (its,) = read_grants(tokens_file(tmp_path / "t.yaml", [line]), catalogue(TWO))
    assert granted(token, [its], datetime.now(UTC).timestamp()) == its
    assert its.key == ("boden", "arenden")
    assert its.is_watched
    assert {type_.split(".")[2] for type_ in its.types} == {"email", "case"}


def test_a_last_day_that_has_been_is_refused(tmp_path: Path) -> None:
    (tmp_path / "k.yaml").write_text(TWO, encoding="utf-8")
    arguments = ["--catalogue", str(tmp_path / "k.yaml"), "--municipality", "boden"]
    said = CliRunner().invoke(
        command, [*arguments, "--source", "arenden", "--expires", "2020-01-31"]
    )
    assert said.exit_code == 2
    assert "--expires: 2020-01-31 har varit; skriv en dag som kommer" in said.output
    assert "svg_" not in said.output


def test_no_two_tokens_are_alike() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000


def test_a_grant_has_its_token_nowhere() -> None:
    assert DUMMY not in repr(grant(token=DUMMY))
