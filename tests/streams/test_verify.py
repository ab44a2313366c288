"""What svarsgrad verify says of a comparison."""

from collections import Counter

import pytest
from catalogues import catalogue
from exported import series

from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.domain.instants import moment
from streams.exposition.ledgers import Held, Holding, Statement
from streams.verify import Answers, Comparison, Difference, reach, unread
from streams.verify.scrape import Scrape
from streams.verify.telling import grouped, obstacles, summary, told

WORKER = "http://10.0.0.1:9101"
HELD = Held(519, "0" * 32)
LOADED = load_catalogue(catalogue(["lulea", "boden"], "Europe/Stockholm"), "k.yaml")


def answers(figures: list[str], books: list[str], offset: float = 7, stated: int = 9) -> Answers:
    """A worker that shows the figures of some municipalities, and the books of some."""
    samples = {series(m.EVALUATED_AT, municipality=name): 1.0 for name in figures}
    samples[series(m.NEXT_OFFSET, topic="s.calls", partition="0")] = offset
    its = Holding({"s.calls": stated}, {name: {"calls": HELD} for name in books})
    return Answers(WORKER, Scrape(samples), Statement(moment(0), {0: its}))


@pytest.mark.parametrize(
    ("what", "found", "expected", "line"),
    [
        (
            series(m.WAITING, municipality="lulea", queue="vaxel"),
            1234.0,
            0.5,
            f'lulea: svarsgrad_waiting{{queue="vaxel"}} är 1\xa0234 hos {WORKER}, '
            "0,5 enligt ämnet",
        ),
        (
            series(m.KKIK_UNDECIDED, municipality="lulea"),
            None,
            3.0,
            f"lulea: svarsgrad_kkik_contacts_undecided är borta hos {WORKER}, 3 enligt ämnet",
        ),
        (
            "calls",
            HELD,
            Held(1520, "1" * 32),
            f"lulea: samtal hos {WORKER} är inte de som finns i ämnet (519 mot 1\xa0520)",
        ),
        (
            "cases",
            None,
            HELD,
            f"lulea: ärenden hos {WORKER} är inte de som finns i ämnet (inga mot 519)",
        ),
    ],
)
def test_a_difference_is_a_line_with_both_values(
    what: object, found: object, expected: object, line: str
) -> None:
    assert told(Difference(WORKER, "lulea", what, found, expected)) == line  # type: ignore[arg-type]


def test_the_last_line_says_how_it_went_and_how_much_was_compared() -> None:
    found = Comparison(2, 12_345, 6, Counter(calls=40_212, cases=1), {"lulea", "boden"})
    much = ": 2 räknare, 2 kommuner, 12\xa0345 siffror, 40\xa0212 samtal, 1 ärende jämfördes."
    assert summary(found, is_whole=True) == f"Allt stämmer{much}"
    assert summary(found, is_whole=False) == f"Inget skiljer, men allt kunde inte jämföras{much}"
    found.differences.append(Difference(WORKER, "lulea", "calls", None, HELD))
    assert summary(found, is_whole=True) == f"1 skillnad mot ämnena{much}"
    assert summary(found, is_whole=False) == (
        f"1 skillnad mot ämnena, och allt kunde inte jämföras{much}"
    )


def test_municipalities_that_lack_the_same_stand_on_one_line_and_not_all_of_very_many() -> None:
    assert list(grouped({"a": "1", "b": "2", "c": "1"})) == ["a och c 1", "b 2"]
    (line,) = grouped({f"k{n}": "visas ej" for n in range(290)})
    assert line.startswith("k0, k1, ")
    assert line.endswith(", k19 och 270 till visas ej")


def test_a_municipality_is_compared_for_certain_if_one_worker_shows_all_of_it() -> None:
    whole = answers(["lulea", "boden"], ["lulea", "boden"])
    assert obstacles(LOADED, [whole]) == {}
    assert obstacles(LOADED, []).keys() == {"lulea", "boden"}
    assert obstacles(LOADED, [answers(["lulea"], ["lulea", "boden"])]).keys() == {"boden"}
    assert obstacles(LOADED, [answers(["lulea", "boden"], ["boden"])]).keys() == {"lulea"}
    assert obstacles(LOADED, [whole, answers(["lulea"], [])]).keys() == {"lulea"}
    assert obstacles(LOADED, [whole, answers(["pitea"], ["pitea"])]).keys() == {"pitea"}


def test_topics_are_read_as_far_as_the_later_answer_and_only_of_what_is_shown() -> None:
    topics = ["s.calls", "s.emails"]
    assert reach([answers(["lulea"], ["lulea"])], topics, 1) == {"s.calls": {0: 9}, "s.emails": {}}
    later = answers(["lulea"], ["lulea"], offset=11)
    assert reach([later], topics, 1)["s.calls"] == {0: 11}
    assert reach([answers([], [])], topics, 1)["s.calls"] == {}


def test_a_worker_that_shows_what_it_does_not_read_by_these_names_is_known() -> None:
    its = answers(["lulea"], ["lulea"])
    assert unread(its, ["s.calls"], 1) == []
    assert unread(its, ["s.calls", "t.calls"], 1) == ["t.calls"]
