"""A report as a page of HTML that stands alone: styles and pictures are in it, no scripts."""

from base64 import b64encode
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.document import Bullets, Document, Head, Paragraph, Picture, Table, Written
from reports.formats.markdown import html_of

LANGUAGE: Final = "sv"
_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("reports.formats"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_KINDS: Final = {
    Table: "table",
    Picture: "picture",
    Paragraph: "paragraph",
    Bullets: "bullets",
    Written: "written",
}


def page(document: Document) -> str:
    """Return the report as HTML. The same document gives the same text."""
    template = _ENVIRONMENT.get_template("report.html")
    return template.render(
        document=document,
        head=document.head,
        language=LANGUAGE,
        style=_style(document.head),
        kind_of=lambda part: _KINDS[type(part)],
        source_of=_source,
        html_of=lambda written, level: Markup(html_of(written.text, level)),  # noqa: S704 - safe
    )


def _style(head: Head) -> Markup:
    """Return the styles; all that is told in them is escaped as text of CSS."""
    made = _ENVIRONMENT.get_template("report.css").render(
        sender=_css_text(head.municipality),
        dnr=_css_text(f"Dnr {head.dnr}" if head.dnr else ""),
        dated=_css_text(head.dated),
        draft=_css_text(head.status.partition(" (")[0].upper()) if head.is_draft else "",
    )
    return Markup(made)  # noqa: S704 - ours but for what was escaped


def _css_text(text: str) -> str:
    return "".join(its if its.isalnum() or its == " " else f"\\{ord(its):x} " for its in text)


def _source(picture: Picture) -> str:
    return f"data:image/svg+xml;base64,{b64encode(picture.svg).decode('ascii')}"
