"""Prometheus, asked for what the wall shows."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson

from dashboards.wall.reading import Alert, Reading, expression, spark_expression

TIMEOUT_SECONDS: Final = 8.0
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of an answer; 200 queues' lines of a day are a tenth of that."""
FIRING: Final = "firing"


class PrometheusError(Exception):
    """Prometheus can't be asked, or answers otherwise than it should. Says why, in words."""


class Prometheus:
    """A client of one Prometheus, as long as a session of it lasts."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url.rstrip("/")

    async def figures(self, municipality: str) -> tuple[Reading, float]:
        """Return a municipality's figures, and the instant by Prometheus's clock (Unix time)."""
        asked = f"{expression(municipality)} or vector(time())"
        result = await self._asked("/api/v1/query", {"query": asked})
        samples = [(its["metric"], float(its["value"][1])) for its in result["result"]]
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
        result = await self._asked("/api/v1/query_range", asked)
        return {
            (its["metric"].get("queue", ""), its["metric"].get("target", "")): [
                (float(at), float(value)) for at, value in its["values"]
            ]
            for its in result["result"]
        }

    async def alerts(self, municipality: str) -> list[Alert]:
        """Return the alerts of a municipality that fire."""
        result = await self._asked("/api/v1/alerts", None)
        return [
            Alert(labels.get("tier", ""), labels.get("queue"), text)
            for its in result["alerts"]
            if its["state"] == FIRING
            and (labels := its["labels"]).get("municipality") == municipality
            and (text := its["annotations"].get("summary", ""))
        ]

    async def _asked(self, path: str, form: Mapping[str, str] | None) -> Any:
        try:
            return _data(*await self._body(path, form))
        except TimeoutError:
            raise PrometheusError("Prometheus svarar inte i tid") from None
        except aiohttp.ClientError:
            raise PrometheusError("Prometheus går inte att nå") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise PrometheusError("Prometheus svarar inte som den ska") from None

    async def _body(self, path: str, form: Mapping[str, str] | None) -> tuple[int, bytes]:
        asked = self._session.request(
            "GET" if form is None else "POST",
            self._url + path,
            data=form,
            allow_redirects=False,
        )
        async with asyncio.timeout(TIMEOUT_SECONDS), asked as answer:
            body = bytearray()
            async for part in answer.content.iter_chunked(1 << 16):
                body += part
                if len(body) > MOST_BYTES:
                    raise PrometheusError("Prometheus svarar med mer än väggen kan visa")
            return answer.status, bytes(body)


def _data(status: int, body: bytes) -> Any:
    """Return what an answer has. ValueError and the like if it is none of Prometheus's."""
    answer = orjson.loads(body)
    if status != HTTPStatus.OK or answer["status"] != "success":
        raise ValueError(status)
    data = answer["data"]
    data["result" if "result" in data else "alerts"]  # one of them it has
    return data
