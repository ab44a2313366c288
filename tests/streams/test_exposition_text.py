"""The text of a scrape is what Prometheus' own client writes of the same samples."""

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest

from streams import metrics as m
from streams.exposition.sheet import Sheet

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


@given(
    samples=st.lists(
        METRICS.flatmap(
            lambda metric: st.tuples(
                st.just(metric), NUMBERS, st.tuples(*(TEXTS for _ in metric.labels))
            )
        ),
        max_size=20,
    )
)
def test_it_is_what_the_client_writes(
    samples: list[tuple[m.Metric, float, tuple[str, ...]]],
) -> None:
    sheet = Sheet()
    for metric, value, labels in samples:
        sheet.add(metric, value, *labels)
    sheet.add_histogram(m.WAIT_TODAY, [15, 20], ([1, 2, 4], 61.0), "lulea", "vaxel")
    assert sheet.text().replace(b" -0.0\n", b" 0.0\n") == generate_latest(sheet).replace(
        b" -0.0\n", b" 0.0\n"
    )
