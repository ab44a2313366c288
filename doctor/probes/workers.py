"""Asks a worker how it is, and what it shows."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from doctor.probes.asking import Answer, Service, UnansweredError
from doctor.seen import Failed, WorkerSeen
from streams.verify.scrape import Scrape


def see_worker(service: Service) -> WorkerSeen | Failed:
    """Return what a worker says of itself."""
    try:
        health, readiness = service.ask("/healthz"), service.ask("/readyz")
        unwell, unready = _problems(health), _problems(readiness)
    except UnansweredError as error:
        return Failed(str(error))
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return Failed(
            f"{service.address} svarar inte som en räknare: ange räknarens egen adress med "
            "--worker"
        )
    clock = readiness.clock and replace(readiness.clock, of=service.address)
    return WorkerSeen(service.address, unwell, unready, _figures(service), clock)


def _figures(service: Service) -> Scrape | Failed:
    try:
        answer = service.ask("/metrics")
        return Scrape.of(answer.body.decode())
    except UnansweredError as error:
        return Failed(str(error))
    except ValueError:
        return Failed(f"{service.address}/metrics går inte att läsa: är det en räknare?")


def _problems(answer: Answer) -> Mapping[str, str]:
    """Return what is wrong, by part. KeyError and the like for what is no worker's answer."""
    told = answer.data()
    is_ok = told.pop("ok")
    if not isinstance(is_ok, bool):
        raise TypeError(is_ok)
    return {str(part): str(why) for part, why in told.items()}
