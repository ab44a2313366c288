"""Prometheus, asked for what the wall shows."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

import aiohttp
import orjson

from dashboards.wall.reading import Alert, Reading, expression, spark_expression
from streams.asking import PROMETHEUS, Asker
from streams.logs import e, tell

TIMEOUT_SECONDS: Final = 8.0
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of an answer; 200 queues' lines of a day are a tenth of that."""
FIRING: Final = "firing"
Found = TypeVar("Found")
log = logging.getLogger(__name__)


class PrometheusError(Exception):
    """Prometheus can't be asked, or answers otherwise than it should. Says why, in words."""


class Prometheus:
    """A client of one Prometheus, as long as a session of it lasts."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, asker: Asker | None = None
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._asker = asker or Asker(PROMETHEUS)

    async def figures(self, municipality: str) -> tuple[Reading, float]:
        """Return a municipality's figures, and the instant by Prometheus's clock (Unix time)."""
        asked = f"{expression(municipality)} or vector(time())"
        samples = await self._asked("/api/v1/query", {"query": asked}, _samples)
        now = next((value for labels, value in samples if not labels), None)
        if now is None:
            raise PrometheusError("Prometheus svarar utan sin tid")
        return Reading.of_samples((labels, value) for labels, value in samples if labels), now

    async def lines(
        self, municipality: str, start: float, end: float, step: int
    ) -> dict[tuple[str, str], list[tuple[float, float]]]:
        """Return the service level of half-hours by queue and target; instants in Unix time."""
        asked = {
            "query": spark_expression(municipality),
            "start": f"{start:.3f}",
            "end": f"{end:.3f}",
            "step": str(step),
        }
        return await self._asked("/api/v1/query_range", asked, _lines)

    async def alerts(self, municipality: str) -> list[Alert]:
        """Return the alerts of a municipality that fire."""
        found = await self._asked("/api/v1/alerts", None, _firing)
        return [alert for whose, alert in found if whose == municipality]

    async def _asked(
        self, path: str, form: Mapping[str, str] | None, read: Callable[[Any], Found]
    ) -> Found:
        """Return what is read of an answer; only one that is Prometheus's can be."""
        try:
            return read(_data(*await self._body(path, form)))
        except TimeoutError:
            raise PrometheusError("Prometheus svarar inte i tid") from None
        except aiohttp.ClientSSLError:
            raise PrometheusError("Prometheus har inget certifikat att lita på") from None
        except aiohttp.ClientError:
            raise PrometheusError("Prometheus går inte att nå") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise PrometheusError("Prometheus svarar inte som den ska") from None

    async def _body(self, path: str, form: Mapping[str, str] | None) -> tuple[int, bytes]:
        if (fault := self._asker.look()) is not None:
            told = f"Det som gällde förut gäller fortfarande: {fault}"
            tell(log, e.RELOAD_FAILED, told, file=self._asker.files)
        asked = self._session.request(
            "GET" if form is None else "POST",
            self._url + path,
            data=form,
            headers=self._asker.headers,
            ssl=self._asker.context,
            allow_redirects=False,
        )
        async with asyncio.timeout(TIMEOUT_SECONDS), asked as answer:
            body = bytearray()
            async for part in answer.content.iter_chunked(1 << 16):
                body += part
                if len(body) > MOST_BYTES:
                    raise PrometheusError("Prometheus svarar med mer än väggen kan visa")
            if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
                raise PrometheusError("Prometheus släpper inte in väggen")
            return answer.status, bytes(body)


def _data(status: int, body: bytes) -> Any:
    """Return what an answer has. ValueError and the like if it is none of Prometheus's."""
    answer = orjson.loads(body)
    if status != HTTPStatus.OK or answer["status"] != "success":
        raise ValueError(status)
    return answer["data"]


def _samples(data: Any) -> list[tuple[dict[str, str], float]]:
    return [(_labels(its["metric"]), float(its["value"][1])) for its in data["result"]]


def _labels(found: Any) -> dict[str, str]:
    """Return labels. A TypeError for what are none."""
    if not all(isinstance(its, str) for pair in dict(found).items() for its in pair):
        raise TypeError(found)
    return dict(found)


def _lines(data: Any) -> dict[tuple[str, str], list[tuple[float, float]]]:
    return {
        (its["metric"].get("queue", ""), its["metric"].get("target", "")): [
            (float(at), float(value)) for at, value in its["values"]
        ]
        for its in data["result"]
    }


def _firing(data: Any) -> list[tuple[str, Alert]]:
    """Return the alerts that fire and have something to say, each with whose it is."""
    return [
        (labels.get("municipality", ""), Alert(labels.get("tier", ""), labels.get("queue"), text))
        for its in data["alerts"]
        if its["state"] == FIRING
        and (labels := _labels(its["labels"]))
        and (text := its["annotations"].get("summary", ""))
    ]
