"""Every link of a document leads somewhere, and every document is led to from README.md."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from documented import ROOT, documents

_BLOCK = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`]*`")
_LINK = re.compile(r"\[[^\]]*\]\(\s*([^)\s]+)\s*\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_NAMED = re.compile(
    r"(?<![\w./-])(?:docs/[\w./-]*|SECURITY|CONTRIBUTING|CHANGELOG)\.md(?:#[\w-]+)?"
)
"""A document that is named in the source, as in what an error says to read."""
DOCUMENTS = [each for each in documents() if not each.relative_to(ROOT).parts[0].startswith(".")]


def _prose(text: str) -> str:
    return _CODE.sub("code", _BLOCK.sub("", text))


def links_of(text: str) -> list[str]:
    """Return where the links of a text in Markdown lead, to this project's own files."""
    return [to for to in _LINK.findall(_prose(text)) if not re.match(r"[a-z]+:", to)]


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a text's headings, as forges of code make them."""
    seen: Counter[str] = Counter()
    found: set[str] = set()
    for heading in _HEADING.findall(_BLOCK.sub("", text)):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def sources() -> Iterator[Path]:
    """Yield every file of the project but its tests, and what is made on this machine."""
    for folder in ROOT.iterdir():
        if folder.is_file():
            yield folder
        elif folder.name not in {"tests", "dist"} and not folder.name.startswith("."):
            yield from (file for file in folder.rglob("*") if file.is_file())


def fault_of(document: Path, link: str) -> str | None:
    """Return what is wrong with a link of a document, if anything."""
    name, _, anchor = link.partition("#")
    target = (document.parent / name).resolve() if name else document
    if not target.is_relative_to(ROOT) or not target.exists():
        return "no such file"
    if anchor and anchor not in anchors_of(target.read_text("utf-8")):
        return "no such heading"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda its: str(its.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file_and_a_heading(document: Path) -> None:
    links = links_of(document.read_text("utf-8"))
    wrong = {link: fault for link in links if (fault := fault_of(document, link))}
    assert wrong == {}


def test_whoever_begins_at_the_readme_can_find_every_document() -> None:
    found: set[Path] = set()
    coming = [ROOT / "README.md"]
    while coming:
        document = coming.pop()
        if document.is_dir():  # what lists it for us is its folder
            found.update(document.glob("*.md"))
        if document in found or document.suffix != ".md":
            continue
        found.add(document)
        links = links_of(document.read_text("utf-8"))
        names = (link.partition("#")[0] for link in links)
        coming.extend((document.parent / name).resolve() for name in names if name)
    assert [str(each.relative_to(ROOT)) for each in DOCUMENTS if each not in found] == []


def test_every_document_that_the_source_names_is_there_with_its_heading() -> None:
    wrong: dict[str, str] = {}
    for file in sources():
        try:
            text = file.read_text("utf-8")
        except UnicodeDecodeError:  # a picture
            continue
        for named in _NAMED.findall(text):
            if fault := fault_of(ROOT / "x", named):
                wrong[f"{file.relative_to(ROOT)}: {named}"] = fault
    assert wrong == {}


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("docs/limits.md", None),
        ("docs/limits.md#what-has-no-limit-and-why", None),
        ("docs/limits.md#what-has-none", "no such heading"),
        ("docs/limit.md", "no such file"),
        ("../elsewhere.md", "no such file"),
    ],
)
def test_what_leads_nowhere_is_found(link: str, fault: str | None) -> None:
    assert fault_of(ROOT / "README.md", link) == fault


def test_links_in_code_are_none() -> None:
    text = "[a](b.md)\n`[c](d.md)`\n```sh\n[e](f.md)\n```\n[g](https://example.org) [h\ni](j.md#k)"
    assert links_of(text) == ["b.md", "j.md#k"]


def test_anchors_are_as_forges_make_them() -> None:
    text = (
        "# When it is wrong: `a b`\n## Så här\n```sh\n# no heading\n```\n## Så här\n## [x](y.md)"
    )
    assert anchors_of(text) == {"when-it-is-wrong-a-b", "så-här", "så-här-1", "x"}
