"""A broker that is killed while events are pushed: what was accepted is kept, and counts once."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from intake_run import STRUCTURED, Make, Running
from pushing import call, catalogue

from producers.intake.limits import STALLED_SECONDS
from stack.broker import Broker
from stack.ports import free_ports
from streams.domain.ledger import Ledger

SENDERS = 40
CALLS = 30


async def push_all(
    running: Running,
    events: list[dict[str, Any]],
    accepted: set[str],
    enough: asyncio.Event,
) -> None:
    """Push events one by one, each again until it is accepted, as a system should."""
    headers = {
        "Authorization": f"Bearer {running.tokens['ace']}",
        "Content-Type": STRUCTURED,
    }
    timeout = aiohttp.ClientTimeout(total=40)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for event in events:
            while event["id"] not in accepted:
                async with session.post(
                    f"http://127.0.0.1:{running.port}/events",
                    data=json.dumps(event),
                    headers=headers,
                ) as answer:
                    if answer.status == 202:
                        accepted.add(event["id"])
                        if len(accepted) > SENDERS * CALLS // 4:
                            enough.set()
                        continue
                    assert answer.status == 503
                    assert int(answer.headers["Retry-After"]) > 0
                await asyncio.sleep(0.2)


def folded(running: Running) -> tuple[int, int]:
    """Return how many events a ledger has folded, and how many calls have arrived by it."""
    now = time.time_ns() // 1000
    its = catalogue().municipalities["lulea"]
    ledger = Ledger(zones={"lulea": its.zone}, now=now)
    for log in running.logs():
        assert not ledger.fold(log.name, log.records)
    return ledger.tally.folded, len(ledger.books_of("lulea").calls)


@pytest.mark.leaves_sockets
async def test_nothing_accepted_is_lost_and_what_is_pushed_again_counts_once(
    make_intake: Make, tmp_path: Path
) -> None:
    port, controller_port = free_ports(2)
    with (
        Broker(tmp_path / "kafka", port, controller_port) as broker,
        make_intake(broker, "avbrott", events_per_second=100_000) as running,
    ):
        began = datetime.now(UTC) - timedelta(seconds=1)
        shares = [
            [call(f"{sender}-{number}", at=began) for number in range(CALLS)]
            for sender in range(SENDERS)
        ]
        accepted: set[str] = set()
        enough = asyncio.Event()
        pushing = [
            asyncio.create_task(push_all(running, share, accepted, enough)) for share in shares
        ]
        await enough.wait()
        broker.kill()
        await asyncio.sleep(STALLED_SECONDS + 0.5)
        assert len(accepted) < SENDERS * CALLS
        asked = time.monotonic()
        turned_away = await asyncio.to_thread(running.push, shares[0][0])
        assert turned_away.status == 503
        assert int(turned_away.headers["retry-after"]) > 0
        assert time.monotonic() - asked < 1
        assert (await asyncio.to_thread(running.ask, "GET", "/readyz")).status == 503
        assert (await asyncio.to_thread(running.ask, "GET", "/healthz")).status == 200
        await asyncio.to_thread(running.wait_for, "Kafka tar inte emot")
        await asyncio.to_thread(broker.start)
        async with asyncio.timeout(40):
            await asyncio.gather(*pushing)
        await asyncio.to_thread(running.wait_for, "Kafka tar emot igen")
        assert (await asyncio.to_thread(running.ask, "GET", "/readyz")).status == 200
        assert "svarsgrad_intake_held_bytes 0.0" in await asyncio.to_thread(running.scraped)
        there = {event["id"] for event in await asyncio.to_thread(running.events, "calls")}
        assert len(there) == SENDERS * CALLS == len(accepted)
        folded_events, calls = await asyncio.to_thread(folded, running)
        assert folded_events >= calls == SENDERS * CALLS
