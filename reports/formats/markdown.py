"""Markdown as HTML: what it holds of HTML is shown as it was typed, and nothing is fetched."""

from typing import Final

from markdown_it import MarkdownIt

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
DEEPEST: Final = 6


def html_of(text: str, level: int) -> str:
    """Return a text as HTML that stands under a heading of a level.

    Its own headings come below that one, each a single step deeper at most: so no level is left
    out, whichever the text begins with.
    """
    tokens = _MARKDOWN.parse(text)
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            its = int(token.tag[1])
            while above and above[-1] >= its:
                above.pop()
            above.append(its)
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(DEEPEST, level + len(above))}"
    made: str = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return made
