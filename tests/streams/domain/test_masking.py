"""What is shown of a rejected message: its shape, and nothing of what it says."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from streams.domain.masking import KNOWN, SHOWN_BYTES, mask

PLAIN = set(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\t\n\r\N{REPLACEMENT CHARACTER}")
EVENT = b'{"specversion":"1.0","subject":"08-465 004 17","data":{"queue":"Kalasta \xc3\xa5"}}'


@given(st.binary(max_size=600) | st.text(max_size=400).map(str.encode))
@example(EVENT)
@example(b"test@example.org")
@example(b"_id data.id id.data id_1 type9 nullx")
@example("½ Ⅷ ② ٣ नाम e\u0301 \U000f0041 🙂".encode())
def test_no_letter_or_digit_survives_but_in_the_words_of_the_format(raw: bytes) -> None:
    shown = mask(raw)
    for word in re.findall(r"\w[\w.]*", shown):
        assert word in KNOWN or set(word) <= set("x9_.")
    assert set(re.sub(r"\w[\w.]*", "", shown)) <= PLAIN


@given(st.binary(max_size=2_000))
def test_any_bytes_can_be_masked_and_the_result_is_bounded(raw: bytes) -> None:
    assert len(mask(raw)) <= min(len(raw), SHOWN_BYTES)


@given(st.text(max_size=200))
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    once = mask(text.encode())
    assert mask(once.encode()[:SHOWN_BYTES]) == once[: len(mask(once.encode()))]


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60), st.sampled_from('":, ')
)
def test_a_word_is_hidden_whatever_stands_around_it(word: str, around: str) -> None:
    shown = mask(f"{around}{word}{around}".encode())
    assert word in KNOWN or set(shown[1:-1]) <= set("x9")


def test_the_sender_can_see_what_is_wrong_where() -> None:
    assert mask(EVENT) == (
        '{"specversion":"9.9","subject":"99-999 999 99","data":{"queue":"xxxxxxx x"}}'
    )


def test_a_known_word_inside_a_longer_one_is_hidden() -> None:
    assert mask(b"id data.id idtype id_1") == "id xxxx.xx xxxxxx xx_9"


def test_a_character_that_is_cut_in_two_is_not_guessed() -> None:
    raw = b"x" * (SHOWN_BYTES - 1) + "å".encode()
    assert mask(raw) == "x" * (SHOWN_BYTES - 1) + "\N{REPLACEMENT CHARACTER}"


def test_a_word_of_the_format_in_capitals_is_somebodys_name() -> None:
    assert mask(b"SUBJECT Data Id id") == "xxxxxxx xxxx xx id"


def test_no_more_is_shown_than_a_few_lines() -> None:
    assert len(mask(b"a" * 5_000)) == SHOWN_BYTES == 300
