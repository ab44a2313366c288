"""Asks Alertmanager how it is, whom it tells, and whether it could."""

from typing import Any, Final

import yaml
from prometheus_client.parser import text_string_to_metric_families

from doctor.probes.asking import Service, UnansweredError
from doctor.seen import AlertmanagerSeen, Failed

SENT: Final = "alertmanager_notifications_total"
FAILED: Final = "alertmanager_notifications_failed_total"


def see_alertmanager(service: Service) -> AlertmanagerSeen | Failed:
    """Return what Alertmanager says."""
    try:
        told = service.ask("/api/v2/status")
        status = told.data()
        configuration: Any = yaml.safe_load(status["config"]["original"])
        if not isinstance(configuration, dict):
            raise TypeError(configuration)
        counted = _counted(service.ask("/metrics").body.decode())
        return AlertmanagerSeen(
            version=str(status["versionInfo"]["version"]),
            clock=told.clock,
            configuration=configuration,
            failed=counted[FAILED],
            sent=counted[SENT],
        )
    except UnansweredError as error:
        return Failed(str(error))
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError):
        return Failed(
            f"{service.address} svarar inte som Alertmanager: ange en annan --alertmanager"
        )


def _counted(text: str) -> dict[str, int]:
    """Return how many messages were sent, or tried to be, and how many of them failed."""
    found = {SENT: 0, FAILED: 0}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in found:
                found[sample.name] += round(sample.value)
    return found
