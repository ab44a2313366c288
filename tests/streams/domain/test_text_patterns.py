"""A catalogue's expression finds what it says, in any text, in time that grows with the text."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.domain.text_patterns import PatternError, finder


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("KC-([0-9]+)", "Sv: kc-4711 och KC-4712", "4711"),
        ("KC-[0-9]+", "Sv: kc-4711", "kc-4711"),
        ("ärende ?([0-9]+)?", "ÄRENDE", "ÄRENDE"),
        ("KC-([0-9]+)", "inget", None),
        ("KC-([0-9]+)", "\ud800 KC-1", "1"),
    ],
)
def test_the_first_group_is_found_or_else_the_whole(
    pattern: str, text: str, found: str | None
) -> None:
    assert finder(pattern)(text) == found


@pytest.mark.parametrize(
    "pattern", ["(", r"(a)\1", "(?=a)a", "a{2000}", "((a{100}){100}){100}", "[0-9]*", "\ud800"]
)
def test_what_is_no_expression_or_fits_where_there_is_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        finder(pattern)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("pattern", [r"(\d+\s*)+#", "(a|a|a)+#", "(a*)*#", ".*.*.*.*.*.*#"])
def test_no_text_makes_an_expression_take_for_ever(pattern: str) -> None:
    assert finder(pattern)("1" * 1_000 + "a" * 1_000) is None


@given(st.text(max_size=200))
@example("KC-１２")
def test_it_finds_what_pythons_own_does(text: str) -> None:
    expected = re.search("KC-([0-9]{1,9})", text, re.IGNORECASE)
    assert finder("KC-([0-9]{1,9})")(text) == (expected[1] if expected else None)
