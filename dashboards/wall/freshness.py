"""Whether figures are new enough to be shown.

Clocks of machines are not trusted. That figures are new is told by their instant moving on, timed
by a clock of our own that only goes forwards; and it must agree with Prometheus's clock, since a
worker whose clock is wrong counts other calls as today's, or as late.
"""

from dataclasses import dataclass

APART_SECONDS = 60.0
"""By so much clocks may differ; a scrape and a question take their time."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old a municipality's figures are."""

    evaluated_at: float
    """The instant of the figures (Unix time), by the worker's clock."""
    lag_seconds: float
    """How far behind Prometheus's clock that was when it was first seen."""
    moved_at: float
    """When it was first seen, by our clock (seconds)."""

    def age(self, tick: float) -> float:
        """Return how old the figures are now, by our clock (seconds)."""
        return max(0.0, self.lag_seconds) + tick - self.moved_at

    def fault(self, tick: float, stale_seconds: float) -> str:
        """Return why the figures can't be trusted, in words; empty if they can.

        Without how old they are: it is said aloud, and once.
        """
        if self.lag_seconds < -APART_SECONDS:
            return "Räknarens och Prometheus klockor går olika"
        if self.lag_seconds > stale_seconds:
            return "Siffrorna är för gamla"
        if self.age(tick) > stale_seconds:
            return "Siffrorna står stilla"
        return ""


def seen(
    before: Freshness | None, evaluated_at: float | None, prometheus_at: float, tick: float
) -> Freshness | None:
    """Return what is known of the age of what Prometheus has; None if it has no figures."""
    if evaluated_at is None:
        return None
    if before is not None and before.evaluated_at == evaluated_at:
        return before
    return Freshness(evaluated_at, prometheus_at - evaluated_at, tick)
