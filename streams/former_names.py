"""Metrics that have been renamed, shown under their old names as well for one minor version."""

from collections.abc import Iterable, Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from streams import metrics as m


def with_former_names(families: Iterable[Metric]) -> Iterator[Metric]:
    """Yield each family, and after it the same samples under the name that it had before."""
    formers = {m.PREFIX + its.metric.name: its for its in m.FORMERLY}
    for family in families:
        yield family
        former = formers.get(family.name)
        if former is not None:
            yield _renamed(family, former)


def _renamed(family: Metric, former: m.Former) -> Metric:
    name = m.PREFIX + former.name
    made = Metric(name, former_help(former), family.type)
    made.samples = [
        Sample(name + sample.name.removeprefix(family.name), *sample[1:])
        for sample in family.samples
    ]
    return made


def former_help(former: m.Former) -> str:
    """Return what the old name is said to be."""
    major, minor = former.until
    now = f"{m.PREFIX}{former.metric.name}{'_total' * (former.metric.kind == 'counter')}"
    return f"Deprecated, gone in {major}.{minor}: ask for {now}."
