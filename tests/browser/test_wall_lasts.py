"""One process serves a whole municipality's screens, and a page can hang on a wall for months."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from playwright.sync_api import Page
from wall_cases import Figures, catalogue_text, ordinary
from walls import a_site

from dashboards.wall.server import Served, Wall
from stack.ports import free_ports
from streams import metrics as m
from streams.domain.catalogue import load_catalogue

SCREENS = 200
SECONDS = 6.0
A_DAY = 17_280
"""Boards of a day at one in five seconds."""
Look = Callable[..., Page]


def test_two_hundred_screens_all_hear_of_what_is_new(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """With 200 queues, a board a second: five times as often as the wall asks by itself."""
    with a_site(tmp_path, 200) as site:
        for n in range(1, 201):
            site.feed.figures.calls(f"ko-{n}", "svar-5min", 970, 1000)
        pid = site.process.pid
        assert pid is not None
        boards, used = asyncio.run(screens_of(site.url, pid))
        memory = memory_mb(pid)
    assert min(boards) >= 1
    assert max(boards) - min(boards) <= 2, "no screen waits for another"
    record_property("processor", used)
    print(f"{used:.2f} of a processor, {memory} MB, {min(boards)} boards in {SECONDS} s")  # noqa: T201


async def screens_of(url: str, pid: int) -> tuple[list[int], float]:
    """How many boards each screen heard of in some time, and what of a processor that took."""
    heard = [0] * SCREENS

    async def screen(session: ClientSession, n: int) -> None:
        async with session.get(f"{url}events") as answer:
            kind = b""
            async for line in answer.content:
                if line.startswith(b"event: "):
                    kind = line
                elif kind.startswith(b"event: board") and line.startswith(b"data: "):
                    heard[n] += 1
                    assert line.count(b'"facts"') == 205

    connector, forever = TCPConnector(limit=0), ClientTimeout(total=None)
    async with ClientSession(
        connector=connector, timeout=forever, read_bufsize=1 << 20
    ) as session:
        screens = [asyncio.create_task(screen(session, n)) for n in range(SCREENS)]
        await asyncio.sleep(3)  # all have come
        before, began = list(heard), cpu_seconds(pid)
        await asyncio.sleep(SECONDS)
        used = (cpu_seconds(pid) - began) / SECONDS
        boards = [after - had for after, had in zip(heard, before, strict=True)]
        assert not any(task.done() for task in screens)
        for task in screens:
            task.cancel()
        await asyncio.gather(*screens, return_exceptions=True)
    return boards, used


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def memory_mb(pid: int) -> int:
    (line,) = (
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in line
    )
    return int(line.split()[1]) // 1024


@contextmanager
def hurried(every_seconds: float) -> Iterator[str]:
    """Serve a wall whose figures change each time they are asked for, in a thread."""
    port, prometheus_port = free_ports(2)
    chance = random.Random(2014)
    catalogue = load_catalogue(catalogue_text("+00:00", more=7), "k")
    at = 1_773_133_200.0

    def changed() -> Figures:
        figures = ordinary()
        for queue, target in (("vaxel", "svar-15s"), ("kundtjanst", "svar-5min")):
            decided = chance.randrange(2000)
            its: dict[str, Any] = {"waiting": chance.randrange(40), "open": chance.random() > 0.2}
            figures.calls(queue, target, round(decided * chance.random()), decided, **its)
        figures.items("inkorg", "epost", 10, 10, overdue=chance.randrange(3))
        for n in range(1, 8):
            if chance.random() > 0.2:
                figures.calls(f"ko-{n}", "svar-5min", chance.randrange(1000), 1000)
        return figures

    async def prometheus(request: web.Request) -> web.Response:
        nonlocal at
        at += 5 if request.path.endswith("/query") else 0
        data: dict[str, Any]
        if request.path.endswith("/alerts"):
            labels = {"tier": "akut", "municipality": "lulea", "queue": "vaxel"}
            alert = {"state": "firing", "labels": labels, "annotations": {"summary": f"nr {at}"}}
            data = {"alerts": [alert] * chance.randrange(6)}
        elif request.path.endswith("/query_range"):
            values = [[at - 60 * n, str(chance.random())] for n in range(100, 0, -1)]
            data = {
                "result": [{"metric": {"queue": "vaxel", "target": "svar-15s"}, "values": values}]
            }
        else:
            figures = changed()
            figures.set(m.EVALUATED_AT, at)
            result: list[Any] = [
                {"metric": {"__name__": name, **dict(of)}, "value": [at, str(float(value))]}
                for (name, of), value in figures.reading().values.items()
            ]
            data = {"result": [*result, {"metric": {}, "value": [at, str(at)]}]}
        return web.json_response({"status": "success", "data": data})

    async def serve(stop: asyncio.Event, started: threading.Event) -> None:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", prometheus)
        url = f"http://127.0.0.1:{prometheus_port}"
        wall = Wall(Served(catalogue, url, every_seconds, stale_seconds=600)).application()
        runners = [web.AppRunner(its, shutdown_timeout=0.1) for its in (application, wall)]
        for runner, where in zip(runners, (prometheus_port, port), strict=True):
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", where).start()
        started.set()
        await stop.wait()
        for runner in runners:
            await runner.cleanup()
        await asyncio.sleep(0.1)  # connections that close are closed

    loop, stop, started = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve(stop, started)))
    thread.start()
    assert started.wait(10)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.mark.parametrize(
    "boards",
    [700, pytest.param(A_DAY, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
)
def test_a_page_is_no_larger_in_the_evening_than_in_the_morning(
    look: Look, boards: int, record_property: Callable[[str, object], None]
) -> None:
    with hurried(0.001) as url:
        page = look("about:blank")
        page.add_init_script(
            "window.heard = 0;"
            "const Plain = EventSource;"
            "window.EventSource = class extends Plain {"
            "  constructor(url) { super(url); this.addEventListener('board', () => heard++); }};"
        )
        page.goto(f"{url}?per=4&byt=1&ordning=samst")
        sizes = [size_after(page, boards // 10), size_after(page, boards)]
        page.goto("about:blank")  # or the server is left with what it can't send
    (nodes, listeners, heap), (nodes_then, listeners_then, heap_then) = sizes
    record_property("sizes", sizes)
    print(f"{boards} boards: {sizes}")  # noqa: T201
    assert nodes_then <= nodes * 1.25, "what is drawn differs by its state, and no more"
    assert listeners_then == listeners
    assert heap_then <= heap * 1.25 + 200_000


def size_after(page: Page, boards: int) -> tuple[int, int, int]:
    """How many nodes and listeners it has when it has heard so many, and bytes on its heap.

    What is drawn differs from board to board: the least of some moments counts.
    """
    while page.evaluate("heard") < boards:
        page.wait_for_timeout(200)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("Performance.enable")
    found = []
    for _ in range(10):
        page.wait_for_timeout(100)
        session.send("HeapProfiler.collectGarbage")
        told = session.send("Performance.getMetrics")["metrics"]
        sizes = {its["name"]: int(its["value"]) for its in told}
        found.append([sizes[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")])
    session.detach()
    nodes, listeners, heap = (min(its) for its in zip(*found, strict=True))
    return nodes, listeners, heap
