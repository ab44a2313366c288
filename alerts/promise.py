"""A promise of a queue, as rules are made of it."""

from dataclasses import dataclass

from alerts import wording
from alerts.expressions import Place
from alerts.rule import Rule, Tier
from streams import metrics as m
from streams.domain.catalogue import Alerts, Municipality, Queue, ServiceTarget


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise, whose it is, and who is told of it."""

    municipality: Municipality
    queue: Queue
    target: ServiceTarget
    alerts: Alerts

    @property
    def place(self) -> Place:
        """Return what its figures are of."""
        return Place(self.municipality.id, self.queue.id, self.target.id)

    @property
    def team(self) -> str:
        """Return the id of the team that answers; nothing where there is none."""
        return self.queue.team or ""

    def of(self, metric: m.Metric, **labels: str) -> str:
        """Return a figure of it."""
        return self.place.of(metric, **labels)

    def firing(self, alert: str) -> str:
        """Return the series that Prometheus keeps while an alert of it fires."""
        return f"ALERTS{{{self._matched(alert, alertstate='firing')}}}"

    def began(self, alert: str) -> str:
        """Return the series whose value is when an alert of it began to be pending (seconds)."""
        return f"ALERTS_FOR_STATE{{{self._matched(alert)}}}"

    def _matched(self, alert: str, **others: str) -> str:
        labels = {"alertname": alert, **others, **self.place.labels}
        return ", ".join(f'{name}="{value}"' for name, value in labels.items())

    def rule(
        self, tier: Tier, alert: str, expr: str, for_: str = "0s", keep_firing_for: str = "0s"
    ) -> Rule:
        """Return a rule about it, with its words."""
        words = wording.of_promise(
            alert, self.municipality, self.queue, self.target, self.place, self.alerts
        )
        labels = {"tier": tier, **self.place.labels, "team": self.team}
        return Rule(alert, expr, for_, keep_firing_for, labels, words)
