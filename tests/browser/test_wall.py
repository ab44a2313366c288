"""The wall in a real browser: what is on it in each state, and that it never looks well when it is
not.
"""

import json
import math
import os
import re
import signal
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from wall_cases import ODD, catalogue_text, ordinary
from walls import PHONE, TV, WallSite, a_site, keep

from dashboards.wall.board import Known, board, lines
from dashboards.wall.freshness import Freshness
from dashboards.wall.reading import Alert
from streams import metrics as m
from streams.domain.catalogue import form, load_catalogue
from streams.domain.instants import HOUR, MINUTE, SECOND, micros

Look = Callable[..., Page]
AXE: Final = Path(".stack/page-checks/node_modules/axe-core/axe.min.js")
STREAM: Final = "text/event-stream"
SOON: Final = 20_000
"""Milliseconds in which a figure gets from a worker to the page, on a busy machine."""
NAMES: Final = ("Växeln", "Kundtjänst teknik", ODD, "E-post teknik", "Ärenden")
NBSP: Final = "\N{NO-BREAK SPACE}"


def tile(page: Page, name: str) -> Locator:
    return page.locator(".tile").filter(has=page.get_by_role("heading", name=name, exact=True))


def stands(page: Page, name: str, state: str, word: str) -> None:
    its = tile(page, name)
    expect(its).to_have_attribute("data-state", state, timeout=SOON)
    expect(its.locator(".state")).to_contain_text(word)


def is_without_figures(page: Page) -> None:
    for name in NAMES:
        stands(page, name, "missing", "Data saknas")
        expect(tile(page, name).locator(".value")).to_have_text("–")
    expect(page.locator("dd")).to_have_count(0)
    expect(page.locator("#counts")).to_have_text("5 där data saknas")


def test_each_queue_is_told_with_its_state_its_value_its_goal_and_of_how_many(
    wall_site: WallSite, look: Look
) -> None:
    page = look(wall_site.url)
    stands(page, "Växeln", "under", "Under mål")
    its = tile(page, "Växeln")
    expect(its.locator(".value")).to_have_text(f"83,6{NBSP}%")
    expect(its.locator(".promise")).to_contain_text(f"svar inom 15 s, mål 90{NBSP}%")
    expect(its.locator(".promise")).to_contain_text(f"av 1{NBSP}412 samtal")
    for fact in ("Väntar nu2", "Längsta väntan42 s"):
        expect(its.locator(".main")).to_contain_text(fact)
    for fact in (f"Kan nå som bäst95,3{NBSP}%", "Bemanning"):
        expect(its.locator(".facts")).to_contain_text(fact)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    stands(page, ODD, "unsure", "Osäkert")
    stands(page, "E-post teknik", "within", "Inom mål")
    stands(page, "Ärenden", "none", "Inga data")
    # It is a quarter past ten there, by zones of whole minutes, when the tests begin.
    expect(page.locator("#clock")).to_have_text(re.compile(r"10\.[12]\d"))
    expect(page.locator("#age")).to_contain_text("Siffrorna är")
    expect(page).to_have_title("1 under mål – Luleå")


def test_a_name_that_is_markup_is_text(wall_site: WallSite, look: Look) -> None:
    page = look(wall_site.url)
    expect(tile(page, ODD).get_by_role("heading")).to_have_text(ODD, timeout=SOON)
    expect(page.locator("main b", has_text="Bygg")).to_have_count(0)


def test_figures_change_by_themselves_and_a_new_state_is_said(
    wall_site: WallSite, look: Look
) -> None:
    page = look(wall_site.url)
    stands(page, "Växeln", "under", "Under mål")
    wall_site.feed.figures.calls("vaxel", "svar-15s", 1400, 1412)
    stands(page, "Växeln", "within", "Inom mål")
    expect(page.get_by_role("status")).to_have_text("Växeln: Inom mål")


def test_a_closed_queue_is_closed_and_not_within_its_goal(wall_site: WallSite, look: Look) -> None:
    wall_site.feed.figures.calls("kundtjanst", "svar-5min", 970, 1000, open=0)
    page = look(wall_site.url)
    stands(page, "Kundtjänst teknik", "closed", "Stängt")


def test_an_empty_day_has_no_data_and_not_nought(wall_site: WallSite, look: Look) -> None:
    for queue, target in (
        ("vaxel", "svar-15s"),
        ("kundtjanst", "svar-5min"),
        ("bygg", "svar-5min"),
    ):
        wall_site.feed.figures.calls(queue, target, 0, 0, waiting=0)
    page = look(wall_site.url)
    for name in ("Växeln", "Kundtjänst teknik", ODD):
        stands(page, name, "none", "Inga data")
        expect(tile(page, name).locator(".value")).to_have_text("–")
        expect(tile(page, name).locator(".facts")).to_contain_text("Senaste 30 mininga data")


def test_a_source_that_is_silent_takes_its_queue_s_figures_away(
    wall_site: WallSite, look: Look
) -> None:
    page = look(wall_site.url)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    wall_site.feed.figures.set(m.SILENT, 1, queue="kundtjanst")
    stands(page, "Kundtjänst teknik", "missing", "Källan har tystnat")
    stands(page, "Växeln", "under", "Under mål")


def test_an_alert_that_fires_is_on_the_wall_until_it_ends(wall_site: WallSite, look: Look) -> None:
    page = look(wall_site.url)
    expect(page.locator("#alerts")).to_be_hidden(timeout=SOON)
    wall_site.feed.figures.calls("vaxel", "svar-15s", 1180, 1412, waiting=25)
    expect(page.locator("#alerts")).to_have_text("Akut Växeln: <i>för</i> få svar", timeout=SOON)
    expect(tile(page, "Växeln").locator(".fires")).to_have_text("Akut")
    wall_site.feed.figures.calls("vaxel", "svar-15s", 1180, 1412)
    expect(page.locator("#alerts")).to_be_hidden(timeout=SOON)


def test_figures_that_stand_still_are_not_shown_and_it_is_said_for_how_long(
    wall_site: WallSite, look: Look
) -> None:
    page = look(wall_site.url)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    wall_site.feed.stands_still = True
    expect(page.locator("#trouble")).to_contain_text("Siffrorna står stilla", timeout=SOON)
    is_without_figures(page)
    wall_site.feed.stands_still = False
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize(
    ("ahead_seconds", "said"),
    [(300, "Räknarens och Prometheus klockor går olika"), (-300, "Siffrorna är för gamla")],
)
def test_a_worker_s_clock_that_differs_by_minutes_is_said_to(
    wall_site: WallSite, look: Look, ahead_seconds: float, said: str
) -> None:
    wall_site.feed.ahead_seconds = ahead_seconds
    page = look(wall_site.url)
    expect(page.locator("#trouble")).to_have_text(said, timeout=SOON)
    is_without_figures(page)


def test_a_screen_s_clock_that_differs_by_minutes_is_said_to_and_nothing_follows_it(
    wall_site: WallSite, look: Look
) -> None:
    page = look("about:blank")
    page.add_init_script("const now = Date.now; Date.now = () => now() - 300_000;")
    page.goto(wall_site.url)
    expect(page.locator("#age")).to_contain_text(
        "skärmens och serverns klockor skiljer 5 min", timeout=SOON
    )
    expect(page.locator("#clock")).to_have_text(re.compile(r"10\.[12]\d"))
    stands(page, "Kundtjänst teknik", "within", "Inom mål")


def test_a_worker_that_has_gone_leaves_no_figures(wall_site: WallSite, look: Look) -> None:
    page = look(wall_site.url)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    wall_site.feed.is_up = False
    expect(page.locator("#trouble")).to_have_text(
        "Inga siffror kommer in: säg till driften att räknaren inte syns i Prometheus",
        timeout=SOON,
    )
    is_without_figures(page)


def test_prometheus_that_has_gone_is_said_at_once_and_its_figures_are_shown_while_new(
    look: Look, tmp_path: Path
) -> None:
    with a_site(tmp_path, 0, "--stale", "10") as site:
        page = look(site.url)
        stands(page, "Kundtjänst teknik", "within", "Inom mål")
        site.feed.figures.calls("vaxel", "svar-15s", 1180, 1412, waiting=25)
        expect(page.locator("#alerts")).to_be_visible(timeout=SOON)
        site.prometheus.stop()
        expect(page.locator("#trouble")).to_have_text("Prometheus går inte att nå", timeout=SOON)
        is_without_figures(page)
        expect(page.locator("#alerts")).to_be_hidden(timeout=SOON)
        site.prometheus.start()
        stands(page, "Kundtjänst teknik", "within", "Inom mål")
        pid = site.prometheus.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # it takes what is asked, and doesn't answer
        try:
            said = re.compile("Prometheus svarar (långsamt|inte i tid)")
            expect(page.locator("#trouble")).to_have_text(said, timeout=SOON)
            is_without_figures(page)
        finally:
            os.kill(pid, signal.SIGCONT)
        stands(page, "Kundtjänst teknik", "within", "Inom mål")


def test_a_wall_that_has_gone_is_said_and_it_comes_back_by_itself(
    look: Look, tmp_path: Path
) -> None:
    with a_site(tmp_path) as site:
        page = look(site.url)
        stands(page, "Kundtjänst teknik", "within", "Inom mål")
        site.process.stop()
        said = page.locator("#trouble")
        expect(said).to_contain_text("Ingen kontakt med väggens server sedan 10.1", timeout=25_000)
        is_without_figures(page)
        expect(page).to_have_title("Data saknas – Luleå")
        site.process.start()
        stands(page, "Kundtjänst teknik", "within", "Inom mål")
        expect(said).to_be_hidden()


def test_queues_and_their_order_are_chosen_in_the_address(wall_site: WallSite, look: Look) -> None:
    page = look(f"{wall_site.url}?ko=kundtjanst,vaxel")
    expect(page.locator(".tile h2")).to_have_text(["Kundtjänst teknik", "Växeln"], timeout=SOON)
    page = look(f"{wall_site.url}?team=kundcenter")
    expect(page.locator(".tile h2")).to_have_text(["Växeln", "Ärenden"], timeout=SOON)
    page = look(f"{wall_site.url}?ordning=samst")
    expect(page.locator(".tile h2").first).to_have_text("Växeln", timeout=SOON)
    expect(page.locator(".tile h2").nth(1)).to_have_text(ODD)
    page = look(f"{wall_site.url}?ko=vaxln")
    expect(page.locator("#empty")).to_contain_text("Ingen kö med ett löfte heter vaxln; det finns")


def test_pages_turn_by_themselves_and_stop_for_who_wants_to_read(
    wall_site: WallSite, look: Look
) -> None:
    page = look(f"{wall_site.url}?per=2&byt=5")
    shown = page.locator(".tile:visible h2")
    expect(shown).to_have_text(["Växeln", "Kundtjänst teknik"], timeout=SOON)
    expect(page.locator("#page")).to_have_text("Sida 2 av 3", timeout=SOON)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Fortsätt")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    paused_at = page.locator("#page").inner_text()
    page.wait_for_timeout(6000)
    assert page.locator("#page").inner_text() == paused_at
    page.get_by_role("button", name="Nästa").click()
    assert page.locator("#page").inner_text() != paused_at


@pytest.mark.parametrize(
    "size", [TV, {"width": 1280, "height": 720}, {"width": 3840, "height": 2160}]
)
@pytest.mark.parametrize("per", [1, 2, 4, 6])
def test_on_a_television_all_of_a_tile_is_seen(
    wall_site: WallSite, look: Look, size: dict[str, int], per: int
) -> None:
    figures = wall_site.feed.figures
    figures.calls("vaxel", "svar-15s", 1180, 1412, waiting=112, longest=754, best=0.89, needed=1.1)
    figures.set(m.INCIDENT, 1, queue="vaxel")
    figures.set(m.STAFFED, None, queue="vaxel")
    figures.items("inkorg", "epost", 10, 10, overdue=312)
    page = look(f"{wall_site.url}?per={per}&byt=0", size)
    expect(tile(page, "Växeln").locator(".fires")).to_be_visible(timeout=SOON)
    nothing_is_cut(page)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    share = 1080 / size["height"]
    for place, least in (("large .value", 72), ("main dd", 36), ("promise", 18)):
        letters = page.locator(f".tile:visible .{place}").first.evaluate(
            "one => parseFloat(getComputedStyle(one).fontSize)"
        )
        assert letters * share >= least, place


def nothing_is_cut(page: Page) -> None:
    for _ in range(10):  # what is drawn first may be a moment without its fonts
        cut = page.locator(".tile:visible .inner").evaluate_all(
            "all => all.filter(one => one.scrollHeight > one.clientHeight + 1"
            " || one.scrollWidth > one.clientWidth + 1)"
            ".map(one => [one.scrollHeight, one.clientHeight, one.scrollWidth, one.clientWidth,"
            " getComputedStyle(one).fontSize, one.innerText])"
        )
        if not cut:
            break
        page.wait_for_timeout(200)
    assert cut == []


@pytest.mark.parametrize("size", [{"width": 960, "height": 540}, {"width": 1280, "height": 400}])
def test_enlarged_to_twice_all_can_be_reached(
    wall_site: WallSite, look: Look, size: dict[str, int]
) -> None:
    page = look(wall_site.url, size)
    expect(page.locator(".tile:visible")).to_have_count(5, timeout=SOON)
    assert page.evaluate("getComputedStyle(document.body).overflowY") != "hidden"
    px = float(
        page.locator(".facts dt").first.evaluate(
            "one => parseFloat(getComputedStyle(one).fontSize)"
        )
    )
    assert px >= 12


def test_who_wants_no_motion_turns_the_pages_by_hand(wall_site: WallSite, look: Look) -> None:
    page = look(f"{wall_site.url}?per=2&byt=5", TV, reduced_motion="reduce")
    expect(page.get_by_role("button", name="Fortsätt")).to_be_visible(timeout=SOON)


def test_a_name_in_the_address_that_is_none_is_said_beside_those_that_are(
    wall_site: WallSite, look: Look
) -> None:
    page = look(f"{wall_site.url}?ko=vaxel,stavfel,vaxel")
    expect(page.locator(".tile:visible")).to_have_count(1, timeout=SOON)
    expect(page.locator("#trouble")).to_have_text("Ingen kö med ett löfte i dag heter stavfel")


def test_what_can_not_be_drawn_does_not_stand_as_it_was(
    wall_site: WallSite, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(wall_site.url)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    page.evaluate("document.getElementById('counts').remove(); Node.prototype.insertBefore = null")
    page.evaluate("Element.prototype.querySelectorAll = null")
    expect(page.locator(".tile")).to_have_count(0, timeout=SOON)
    expect(page.locator("#empty")).to_contain_text("Ladda om sidan")
    page.context.close()


def test_a_stream_that_dies_without_a_word_is_opened_again(
    wall_site: WallSite, look: Look
) -> None:
    page = look("about:blank")
    page.add_init_script(
        "window.opened = 0; const Plain = EventSource;"
        "window.EventSource = class extends Plain {"
        "  constructor(url) { super(url); this.mute = opened++ === 0; }"
        "  addEventListener(kind, heard) {"
        "    let count = 0;"
        "    super.addEventListener(kind, (event) => {"
        "      if (!this.mute || count++ < 2) heard(event); }); }};"
    )
    page.goto(wall_site.url)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    expect(page.locator("#trouble")).to_be_visible(timeout=25_000)
    is_without_figures(page)
    expect(page.locator("#trouble")).to_be_hidden(timeout=25_000)
    stands(page, "Kundtjänst teknik", "within", "Inom mål")
    assert page.evaluate("opened") >= 2


def test_on_a_telephone_all_queues_are_below_each_other_and_nothing_is_wider(
    wall_site: WallSite, look: Look
) -> None:
    page = look(wall_site.url, PHONE)
    expect(page.locator(".tile:visible")).to_have_count(5, timeout=SOON)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#pages")).to_be_hidden()


def test_on_paper_all_queues_are_there_in_dark_ink(wall_site: WallSite, look: Look) -> None:
    page = look(f"{wall_site.url}?per=2")
    expect(page.locator(".tile")).to_have_count(5, timeout=SOON)
    page.emulate_media(media="print")
    expect(page.locator(".tile:visible")).to_have_count(5)
    colour = page.locator(".value").first.evaluate("one => getComputedStyle(one).color")
    assert colour == "rgb(0, 0, 0)"


@pytest.mark.parametrize("theme", ["mork", "ljus"])
@pytest.mark.parametrize("size", [TV, PHONE], ids=["tv", "telephone"])
def test_nobody_is_shut_out(
    wall_site: WallSite, look: Look, theme: str, size: dict[str, int]
) -> None:
    wall_site.feed.figures.calls("bygg", "svar-5min", 970, 1000, open=0)
    wall_site.feed.figures.set(m.SILENT, 1, queue="kundtjanst")
    wall_site.feed.figures.calls("vaxel", "svar-15s", 1180, 1412, waiting=25)
    page = look(f"{wall_site.url}?tema={theme}&per=4&byt=0", size, bypass_csp=True)
    stands(page, ODD, "closed", "Stängt")
    expect(page.locator("#alerts")).to_be_visible(timeout=SOON)
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations', 'incomplete']})")
    told = [(its["id"], [node["html"] for node in its["nodes"]]) for its in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 20, "axe has looked at the page"


def test_nothing_is_asked_of_any_other_server(wall_site: WallSite, look: Look) -> None:
    page = look("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(wall_site.url)
    stands(page, "Växeln", "under", "Under mål")
    assert asked
    assert all(url.startswith(wall_site.url) for url in asked)


def test_two_hundred_queues_are_all_found_and_counted(look: Look, tmp_path: Path) -> None:
    with a_site(tmp_path, 200) as site:
        for n in range(1, 201):
            site.feed.figures.calls(f"ko-{n}", "svar-5min", 970 if n % 3 else 700, 1000)
        page = look(f"{site.url}?ordning=samst&byt=0")
        expect(page.locator("#counts")).to_contain_text("67 når inte målet", timeout=SOON)
        expect(page.locator("#page")).to_have_text("Sida 1 av 35")
        expect(page.locator(".tile:visible")).to_have_count(6)
        keep(page, "two-hundred-queues")
        page = look(f"{site.url}?per=24&byt=0", {"width": 1280, "height": 720})
        expect(page.locator(".tile:visible")).to_have_count(8, timeout=SOON)
        nothing_is_cut(page)


def test_the_line_of_a_day_is_drawn_against_its_goal(wall_site: WallSite, look: Look) -> None:
    """It is the picture of docs/wall.md too."""
    zone = form.zone("Europe/Stockholm")
    text = catalogue_text("Europe/Stockholm").replace(ODD, "Bygg och miljö")
    its = load_catalogue(text, "k").municipalities["lulea"]
    opens = micros(datetime(2026, 3, 10, 8, tzinfo=zone))
    at = opens + 6 * HOUR + 12 * MINUTE
    figures = ordinary()
    figures.calls("vaxel", "svar-15s", 571, 683, waiting=4, longest=63.0, best=0.953, needed=0.97)
    figures.calls("kundtjanst", "svar-5min", 402, 419, waiting=1, longest=12.0)
    figures.calls("bygg", "svar-5min", 61, 69, waiting=0)
    for queue, target, good, of in (
        ("vaxel", "svar-15s", 34, 48),
        ("kundtjanst", "svar-5min", 31, 32),
        ("bygg", "svar-5min", 5, 6),
    ):
        lately = {"queue": queue, "target": target, "window": "30m"}
        figures.set(m.SERVICE_LEVEL, good / of, **lately)
        figures.set(m.DECIDED, of, **lately)
    figures.set(m.EVALUATED_AT, at / SECOND)
    alert = Alert(
        "akut", "vaxel", "Växeln: 71 % av 48 svar i tid den senaste halvtimmen, mål 90 %"
    )
    fresh = Freshness(at / SECOND, 0.0, 0.0)
    drawn = board(its, Known(figures.reading(), [alert], fresh), at, 2.0, stale_seconds=90)
    drawn |= {"every": 5, "version": "", "at": round(time.time() * 1000)}
    points = {
        queue: [
            (opens / SECOND + 60 * n, max(0.3, min(1, level + 0.09 * math.sin(n / by))))
            for n in range(5, 372)
        ]
        for queue, level, by in (("vaxel", 0.84, 41), ("kundtjanst", 0.95, 29), ("bygg", 0.9, 60))
    }
    body = "".join(
        f"event: {name}\ndata: {json.dumps(data)}\n\n"
        for name, data in (("lines", lines(its, points, at)), ("board", drawn))
    )
    page = look("about:blank")
    page.route("**/events", lambda route: route.fulfill(content_type=STREAM, body=body))
    page.goto(f"{wall_site.url}?tema=mork&per=4&byt=0&ko=vaxel,kundtjanst,bygg,inkorg")
    stands(page, "Växeln", "under", "Under mål")
    spark = tile(page, "Växeln").locator(".spark")
    expect(spark).to_have_attribute(
        "aria-label", "Halvtimmar sedan öppning: lägst 75 %, senast 87 %"
    )
    assert (spark.locator(".level").get_attribute("d") or "").count("L") > 300, "no gap in it"
    keep(page, "wall")


def test_a_link_of_another_page_leads_to_a_wall_whose_key_the_screen_knows(
    look: Look, tmp_path: Path
) -> None:
    key = tmp_path / "nyckel"
    key.write_text("0123456789abcdef\n", encoding="utf-8")
    key.chmod(0o400)
    with a_site(tmp_path, 0, "--token-file", str(key)) as site:
        page = look("about:blank")
        answer = page.goto(site.url)
        assert answer is not None
        assert answer.status == 401
        page.goto(f"{site.url}?nyckel=0123456789abcdef&ko=vaxel")
        stands(page, "Växeln", "under", "Under mål")
        assert page.url == f"{site.url}?ko=vaxel", "the key isn't left in the address"
        page.route("http://intranet.example.org/", lambda route: route.fulfill(
            content_type="text/html; charset=utf-8", body=f"<a href='{site.url}'>Väggen</a>"
        ))  # fmt: skip
        page.goto("http://intranet.example.org/")
        page.get_by_role("link", name="Väggen").click()
        stands(page, "Växeln", "under", "Under mål")


def test_a_page_of_another_server_loads_itself_anew(look: Look, tmp_path: Path) -> None:
    with a_site(tmp_path) as site:
        page = look("about:blank")

        def of_before(route: Any) -> None:
            answer = route.fetch()
            body = re.sub(r'(name="version" content)="[^"]*"', r'\1="of-before"', answer.text())
            route.fulfill(response=answer, body=body)

        page.route(site.url, of_before, times=1)
        page.goto(site.url)
        expect(page.locator("meta[name=version]")).not_to_have_attribute(
            "content", "of-before", timeout=SOON
        )
        stands(page, "Växeln", "under", "Under mål")
