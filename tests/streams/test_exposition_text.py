"""The text of a scrape is what Prometheus' own client writes of the same samples."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest

from streams import metrics as m
from streams.exposition.sheet import Sheet
from streams.exposition.text import Writer

NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(2**53), 2**53).map(float),
    st.integers(0, 50),
    st.booleans(),
    st.sampled_from([1e6, 1234567.0, 1e16, 1e-7, math.inf, -math.inf, math.nan]),
)
TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(['a"b', "a\\b", "a\nb", "växel", "", "%s"]))
METRICS = st.sampled_from([*m.BUSINESS, *m.PROCESS]).filter(
    lambda its: its.kind in ("gauge", "counter")
)


Said = list[tuple[m.Metric, float, tuple[str, ...]]]


@given(
    samples=st.lists(
        METRICS.flatmap(
            lambda metric: st.tuples(
                st.just(metric), NUMBERS, st.tuples(*(TEXTS for _ in metric.labels))
            )
        ),
        max_size=20,
    ),
    each=st.lists(
        METRICS.filter(lambda its: bool(its.labels)).flatmap(
            lambda metric: st.tuples(
                st.just(metric),
                st.dictionaries(TEXTS, st.none() | NUMBERS, max_size=4),
                st.tuples(*(TEXTS for _ in metric.labels[1:])),
            )
        ),
        max_size=5,
    ),
)
def test_it_is_what_the_client_writes(
    samples: Said, each: list[tuple[m.Metric, dict[str, float | None], tuple[str, ...]]]
) -> None:
    sheet = Sheet()
    for metric, value, labels in samples:
        sheet.add(metric, value, *labels)
    for metric, values, labels in each:
        sheet.add_each(metric, values, *labels)
    sheet.add_histogram(m.WAIT_TODAY, [15, 20], ([1, 2, 4], 61.0), "lulea", "vaxel")
    expected = without_sign_of_zero(generate_latest(sheet))
    assert without_sign_of_zero(sheet.text()) == expected
    assert without_sign_of_zero(sheet.text(USED)) == expected, "by one that has written others"


USED = Writer()


def test_what_has_no_value_has_no_heading() -> None:
    sheet = Sheet()
    sheet.add_each(m.CALLS, {"answered": None}, "lulea", "vaxel", "1h")
    sheet.add_each(m.CALLS, {}, "lulea", "vaxel", "1h")
    assert sheet.text() == b""
    assert list(sheet.collect()) == []


def without_sign_of_zero(text: bytes) -> bytes:
    return text.replace(b" -0.0\n", b" 0.0\n")


def test_a_writer_remembers_no_more_than_a_scrape_has() -> None:
    writer = Writer()
    for scrape in range(50):
        writer.begin()
        sheet = Sheet()
        for queue in range(20):
            sheet.add(m.WAITING, scrape * 20 + queue, "lulea", f"{scrape}-{queue}")
            sheet.add_each(m.CALLS, {f"of-{scrape}": 1}, "lulea", f"{scrape}-{queue}", "1h")
        sheet.text(writer)
        assert writer.remembers <= 2 * 3 * 40, "three for each of 40 lines, before and now"
