"""YAML's own traps, each with its line, and that no input is too odd."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.catalogue.marked_yaml import MAX_BYTES, read


def told(source):
    return [mistake.told("f") for mistake in read(source).mistakes]


def test_plain_values_are_read_as_they_look_and_their_lines_are_kept():
    document = read('a: 15\nb: [0.90, x, "15"]\nc:\n  d: 2014-01-01\n')
    assert document.mistakes == []
    assert document.data["a"] == 15
    assert document.data["b"] == [0.9, "x", "15"]
    assert document.data["c"]["d"].isoformat() == "2014-01-01"
    assert [document.line(path) for path in [("a",), ("b", 1), ("c",), ("c", "d")]] == [1, 2, 3, 4]
    assert document.line(("c", "e")) == 3


@pytest.mark.parametrize("word", ["yes", "No", "on", "OFF", "true"])
def test_a_word_that_yaml_reads_as_yes_or_no_is_refused_unless_quoted(word):
    expected = f'f rad 1, a: YAML läser {word} som ja eller nej; är det ett ord, skriv "{word}"'
    assert told(f"a: {word}") == [expected]
    assert read(f'a: "{word}"').data == {"a": word}


@pytest.mark.parametrize(
    "number", ["015", "0x1f", "0b1", "1_000", "1:30", "-.inf", ".nan", "9" * 30]
)
def test_a_number_that_yaml_reads_otherwise_than_people_is_refused(number):
    assert len(told(f"a: {number}")) == 1


@pytest.mark.parametrize("number", ["0", "15", "-1", "0.90", ".5", "1.", "+3"])
def test_a_plain_number_is_read(number):
    assert read(f"a: {number}").data == {"a": float(number)}


def test_a_comma_in_a_flow_list_of_keys_is_recognised_as_a_decimal_comma():
    assert told("a: {goal: 0,90}") == [
        "f rad 1, a.90: ett tal efter ett komma; skriv decimaltal med punkt, som 0.90"
    ]


def test_a_key_twice_names_both_lines_and_the_first_counts():
    document = read("a: 1\nb: 2\na: 3\n")
    assert [m.told("f") for m in document.mistakes] == [
        "f rad 3, a: nyckeln står redan på rad 1; ta bort den ena"
    ]
    assert document.data == {"a": 1, "b": 2}


def test_tabs_are_named_line_by_line_before_anything_else():
    assert told("a:\n\tb: 1\n\tc: 2\n") == [
        "f rad 2: raden är indragen med tabb; använd mellanslag",
        "f rad 3: raden är indragen med tabb; använd mellanslag",
    ]
    assert told("a:\tb: c") == ["f rad 1: en tabb; använd mellanslag"]


@pytest.mark.parametrize(
    ("source", "line", "part"),
    [
        ("a: 1\n b: 2\n", 2, "fel indrag"),
        ("a:\n  b: 1\n c: 2\n", 3, "fel indrag"),
        ("a: b: c\n", 1, "kolon i en text"),
        ("a: 1\nb\n", 2, "kolon saknas"),
        ('a: "b\n\n', 1, "citattecken saknar sitt slut"),
        ("a: [b\n\n", 1, "]"),
        ("a: {b: c\n\n", 1, "}"),
        ("a: @b\n", 1, 'skriv "…" runt'),
        ("a: *b\n", 1, "inget ankare"),
        ("a: 1\n---\nb: 2\n", 2, "dokument till"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "taggen !!python/object/apply:os.system"),
        ("a: 1\nb: \x00\n", 2, "U+0000"),
    ],
)
def test_what_is_not_yaml_is_said_in_swedish_with_its_line(source, line, part):
    (mistake,) = read(source).mistakes
    assert mistake.line == line
    assert part in mistake.message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: 1\nb: Växel\n".encode("latin-1"), "f rad 2: filen är inte UTF-8 (byte 0xE4)"),
        ("a: Växel\n".encode("utf-16"), "f rad 1: filen är sparad som UTF-16"),
    ],
)
def test_another_encoding_is_named(source, expected):
    (message,) = told(source)
    assert message == f"{expected}; spara den som UTF-8"


def test_a_byte_order_mark_and_windows_line_ends_are_fine():
    assert read(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").data == {"a": 1, "b": 2}


def test_a_file_larger_than_the_limit_is_not_read_and_one_at_the_limit_is():
    assert told(b"#" * (MAX_BYTES + 1)) == told("#" * (MAX_BYTES + 1)) != []
    assert told(b"#" * MAX_BYTES) == []


@pytest.mark.parametrize(("first", "next_one"), [("[x]", "[{}]"), ("{x: 1}", "{{<<: [{}]}}")])
def test_a_billion_laughs_are_refused(first, next_one):
    # b is ten times a, c ten times b: a hundred million at i.
    lines = [f"a: &a {first}"]
    for one, ten in pairwise("abcdefghi"):
        lines.append(f"{ten}: &{ten} {next_one.format(', '.join([f'*{one}'] * 10))}")
    (message,) = told("\n".join(lines))
    assert "fler än 100000 värden" in message


@pytest.mark.parametrize("source", [r'a: "\ud800"', r'"\ud800": 1'])
def test_half_a_sign_is_refused_since_nothing_could_print_it(source):
    (message,) = told(source)
    assert "halv tecken-kod" in message


def test_what_a_terminal_would_obey_is_not_repeated_to_it():
    (message,) = told(r'"\e[2J": 015')
    assert message.startswith("f rad 1, \N{REPLACEMENT CHARACTER}[2J: ")


@pytest.mark.parametrize("source", ["a: &a [*a]", "&a {b: *a}", "&a {<<: *a}"])
def test_an_anchor_within_itself_is_refused(source):
    (message,) = told(source)
    assert "inte innehålla sitt eget alias" in message


@pytest.mark.parametrize("source", ["[" * 600, "{a: " * 600])
def test_deep_nesting_is_refused(source):
    assert told(source) == ["f rad 1: filen är nästlad i för många nivåer; en katalog har sju"]


def test_aliases_are_written_out_and_own_keys_win_over_merged_ones():
    document = read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\nd: {<<: [{x: 5}, *a]}\n")
    assert document.data["b"] == {"x": 1, "y": 3}
    assert document.data["c"] == {"x": 1, "y": 2}
    assert document.data["d"] == {"x": 5, "y": 2}


SIGNS = [*"ab01:-,.?*&!|>%@`'\"#{}[]<=~ \n\t", "<<", "!!", "\ud800", r"\ud800", r"\e"]


@given(st.text() | st.lists(st.sampled_from(SIGNS), max_size=40).map("".join) | st.binary())
def test_no_input_raises_and_none_without_data_or_a_reason(source):
    document = read(source)
    assert document.mistakes or document.data is None or document.places
    for mistake in document.mistakes:
        assert mistake.line >= 1
        assert mistake.told("f").isprintable()


@pytest.mark.parametrize(
    "source",
    ['name: "\\UFFFFFFFF"', 'name: "\\U00110000"', "%YAML 1." + "9" * 5_000 + "\n---\na: 1\n"],
)
def test_numbers_that_pyyaml_chokes_on_are_told(source):
    (mistake,) = read(source).mistakes
    assert "orimligt tal" in mistake.message
