"""Pages with a part that a measurement writes, between two marks of its own."""

from pathlib import Path


def write_between(page: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of that name, ``<!-- name: begin -->`` and ``end``."""
    begin, end = (f"<!-- {name}: {edge} -->\n" for edge in ("begin", "end"))
    before, rest = page.read_text("utf-8").split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8")
