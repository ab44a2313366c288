"""A report as a page, in a real browser: it stands alone, everybody can read it, it prints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page
from walls import PHONE, TV

from reports import report_command

Look = Callable[..., Page]
AXE: Final = Path(".stack/page-checks/node_modules/axe-core/axe.min.js")


@pytest.fixture(scope="module")
def url(archive: Path, catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("sidan")
    usual = ("--catalogue", catalogue, "--database", archive, "--to", folder, "--format", "html")
    asked = [str(its) for its in ("delar", "--through", "2025-02", *usual)]
    assert CliRunner().invoke(report_command.command, asked).exit_code == 0
    (file,) = folder.glob("*.html")
    return file.as_uri()


@pytest.mark.parametrize("size", [TV, PHONE], ids=["tv", "phone"])
def test_everybody_can_read_it(url: str, look: Look, size: dict[str, int]) -> None:
    page = look(url, size)
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations', 'incomplete']})")
    told = [(its["id"], [node["html"] for node in its["nodes"]]) for its in found["violations"]]
    assert told == []
    assert len(found["passes"]) > 20, "axe has looked at the page"
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_it_stands_alone_and_has_no_script(url: str, look: Look) -> None:
    page = look("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    assert {its.partition(":")[0] for its in asked} <= {"file", "data"}
    assert page.locator("script").count() == 0
    assert page.evaluate("[...document.images].every(its => its.complete && its.naturalWidth)")


def test_every_picture_has_words_and_a_table_and_every_link_leads_somewhere(
    url: str, look: Look
) -> None:
    page = look(url)
    pictures = page.locator("figure").all()
    assert len(pictures) > 5
    for picture in pictures:
        words = picture.locator("img").get_attribute("alt") or ""
        assert len(words) > 30
        after = picture.locator("xpath=following-sibling::div[1]/table")
        assert after.count() == 1, picture.get_attribute("id")
    for link in page.locator("nav a").all():
        target = (link.get_attribute("href") or "").removeprefix("#")
        assert page.locator(f"[id='{target}']").count() == 1
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(its => its.id)")
    assert len(set(ids)) == len(ids)


def test_on_paper_nothing_is_cut_off(url: str, look: Look) -> None:
    page = look(url, {"width": 700, "height": 1000})
    page.emulate_media(media="print")
    wide: list[str] = page.evaluate(
        "[...document.querySelectorAll('table')]"
        ".filter(its => its.getBoundingClientRect().right > innerWidth).map(its => its.id)"
    )
    assert wide == []
