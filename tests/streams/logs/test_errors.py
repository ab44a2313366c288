"""An error is told with its place, and with nothing of what was read."""

import json
import unicodedata
from pathlib import Path

import msgspec
import pytest
from aiokafka.errors import KafkaConnectionError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from streams.domain.catalogue import CatalogueError, load_catalogue
from streams.logs.errors import MOST_ERRORS, MOST_FRAMES, described, traced

NUMBER = "0846500461"
NAME = "hemligsson"
KINDS = (ValueError, LookupError, RuntimeError, msgspec.MsgspecError, DBAPIError)


def of_int() -> None:
    int(f"{NUMBER} {NAME}")


def of_key() -> None:
    {}[NAME]


def of_json() -> None:
    json.loads(f'{{"{NAME}')


def of_bytes() -> None:
    f"{NAME}å".encode().decode("ascii")


def of_msgspec() -> None:
    msgspec.json.decode(f'"{NAME}"', type=int)


def of_unicode() -> None:
    unicodedata.lookup(NAME)


def of_sql() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT * FROM leg WHERE caller = :its"), {"its": NUMBER})


def of_chain() -> None:
    try:
        of_int()
    except ValueError as error:
        raise RuntimeError("a row could not be read") from error


@pytest.mark.parametrize(
    "fails", [of_int, of_key, of_json, of_bytes, of_msgspec, of_unicode, of_sql, of_chain]
)
def test_what_was_read_is_never_told(fails: object) -> None:
    with pytest.raises(KINDS) as it:
        fails()  # type: ignore[operator]
    for told in (described(it.value), traced(it.value)):
        assert NAME not in told
        assert NUMBER not in told
        assert type(it.value).__name__ in told
    assert f"in {fails.__name__}" in traced(it.value)  # type: ignore[attr-defined]


def test_what_tells_of_the_system_or_in_our_own_words_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file") as missing:
        (tmp_path / "fil").read_text()
    assert described(missing.value) == (
        f"FileNotFoundError: [Errno 2] No such file or directory: '{tmp_path}/fil'"
    )
    assert described(KafkaConnectionError("127.0.0.1:9092")).endswith("127.0.0.1:9092")
    with pytest.raises(CatalogueError) as mistake:
        load_catalogue(b"[]", "k.yaml")
    assert described(mistake.value) == f"CatalogueError: {mistake.value}"


def test_how_one_came_of_another_is_told_in_the_order_in_which_they_came() -> None:
    with pytest.raises(RuntimeError) as it:
        of_chain()
    told = traced(it.value)
    first, cause, last = (
        told.index(its) for its in ("ValueError", "the direct cause", "RuntimeError: a row")
    )
    assert first < cause < last


def test_a_deep_stack_and_a_long_chain_are_bounded() -> None:
    def deep(number: int) -> None:
        if number:
            deeper(number - 1)
        else:
            chained(20)

    def deeper(number: int) -> None:  # so that no two lines are the same
        deep(number - 1)

    def chained(number: int) -> None:
        try:
            if number:
                chained(number - 1)
        finally:
            raise RuntimeError(f"number {number}")

    with pytest.raises(RuntimeError) as it:
        deep(200)
    told = traced(it.value)
    assert told.count("RuntimeError: number") == MOST_ERRORS
    assert told.count("in deep") <= MOST_FRAMES
    assert told.endswith("RuntimeError: number 20")


def test_an_error_that_came_of_itself_is_told_once() -> None:
    error = RuntimeError("x")
    error.__cause__ = error
    assert traced(error).count("RuntimeError: x") == 1
