"""A real browser before a real wall, before a real Prometheus that scrapes a test's figures."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from wall_cases import Feed, catalogue_text, ordinary, served

from stack.demo import zone_where_it_is
from stack.loopback import answers_ok
from stack.own import Command
from stack.ports import free_ports
from stack.programs import CHROMIUM
from stack.prometheus import Prometheus

ARTEFACTS = Path(os.environ.get("SCREENSHOTS", ".stack/screenshots"))
"""Where pictures are kept that a test takes."""
TV = {"width": 1920, "height": 1080}
PHONE = {"width": 390, "height": 844}
MORNING = timedelta(hours=10, minutes=15)
RULES = """
groups:
  - name: test
    rules:
      - alert: Akut
        expr: svarsgrad_waiting{queue="vaxel"} > 20
        labels: {tier: akut}
        annotations: {summary: 'Växeln: <i>för</i> få svar'}
"""


@dataclass(slots=True)
class WallSite:
    """A wall, and all before it."""

    feed: Feed
    prometheus: Prometheus
    process: Command
    port: int

    @property
    def url(self) -> str:
        """Return where the wall is."""
        return f"http://127.0.0.1:{self.port}/"


@contextmanager
def a_site(directory: Path, more: int = 0, *options: str) -> Iterator[WallSite]:
    """Start a wall, and all before it, with so many more queues."""
    zone = zone_where_it_is(MORNING, datetime.now(UTC))
    catalogue = directory / "katalog.yaml"
    catalogue.write_text(catalogue_text(zone, more), encoding="utf-8")
    rules = directory / "rules.yml"
    rules.write_text(RULES, encoding="utf-8")
    port, prometheus_port = free_ports(2)
    with ExitStack() as running:
        feed = running.enter_context(served(Feed(ordinary())))
        prometheus = running.enter_context(
            Prometheus(
                directory / "prometheus",
                prometheus_port,
                [f"127.0.0.1:{feed.port}"],
                scrape_interval_seconds=0.5,
                rule_files=[rules],
            )
        )
        wall = Command(
            "Väggen",
            directory / "wall",
            "wall",
            *("--catalogue", str(catalogue), "--prometheus", prometheus.url),
            *("--listen", f"127.0.0.1:{port}", "--every", "1", *options),
            ports={"--listen": port},
            ready=lambda: answers_ok(port, "/healthz"),
        )
        running.enter_context(wall)
        yield WallSite(feed, prometheus, wall, port)


@pytest.fixture(scope="module")
def shared_wall_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WallSite]:
    """Return one wall for all tests that leave it as it was."""
    with a_site(tmp_path_factory.mktemp("wall"), 0, "--stale", "10") as site:
        yield site


@pytest.fixture
def wall_site(shared_wall_site: WallSite) -> Iterator[WallSite]:
    """Return the wall with ordinary figures, before and after."""
    shared_wall_site.feed.figures = ordinary()
    yield shared_wall_site
    shared_wall_site.feed.figures = ordinary()
    shared_wall_site.feed.is_up = True
    shared_wall_site.feed.stands_still = False
    shared_wall_site.feed.ahead_seconds = 0.0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a real Chromium; while it is there, this thread's event loop is its driver's."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=str(CHROMIUM.require()), args=["--js-flags=--expose-gc"]
        )
        yield launched
        launched.close()


@pytest.fixture
def look(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a page of this size; a fault of its script, or of its policy, fails the test."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    def opened(url: str, size: dict[str, int] = TV, **options: object) -> Page:
        context = browser.new_context(viewport=size, locale="sv-SE", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            keep(page, request.node.name)
        context.close()
    is_away = re.compile("net::ERR_|Failed to load resource")  # a server that a test stops
    assert [fault for fault in faults if not is_away.search(fault)] == []


def keep(page: Page, name: str) -> None:
    """Keep a picture of a page."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{re.sub(r'[^a-z0-9_-]+', '-', name)}.png")
