"""Writes docs/metrics.md from the table of metrics: ``python -m streams.metrics_page``."""

from pathlib import Path

from streams import metrics as m

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
HEAD = """# Metrics

Made by `python -m streams.metrics_page` from `streams/metrics/`; a test compares them.

Figures are gauges over a window, exact at the instant of the scrape: `15m`, `30m`, `1h` before
now, `today` since local midnight, or `7d` and `30d`, so many local days with today. No data is no
sample. No figure is to be added up or averaged over queues or workers in PromQL; where several
workers may show one at a hand-over, `max by`.
"""


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, metrics in (
        ("Figures", m.BUSINESS),
        ("The worker", m.PROCESS),
        ("The archive", m.ARCHIVE),
        ("A producer", m.PRODUCER),
        ("`svarsgrad intake`, beside those of each source", m.INTAKE),
        ("`svarsgrad verify --metrics-file`", m.VERIFY),
    ):
        parts += [f"## {title}\n", "| metric | kind | labels | what it is |", "|---|---|---|---|"]
        parts += [_row(metric) for metric in metrics]
        parts.append("")
    if m.FORMERLY:
        parts += ["## Renamed, and shown under both names as yet\n"]
        parts += [
            "| old name | new name | gone in |",
            "|---|---|---|",
            *map(_former, m.FORMERLY),
            "",
        ]
    return "\n".join(parts)


def _row(metric: m.Metric) -> str:
    suffix = "_total" if metric.kind == "counter" else ""
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    return f"| `{m.PREFIX}{metric.name}{suffix}` | {metric.kind} | {labels} | {metric.help} |"


def _former(its: m.Former) -> str:
    suffix = "_total" if its.metric.kind == "counter" else ""
    old, new = (f"`{m.PREFIX}{name}{suffix}`" for name in (its.name, its.metric.name))
    return f"| {old} | {new} | {its.until[0]}.{its.until[1]} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
