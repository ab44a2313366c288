"""The chart's README, made of its values and what stands above each of them.

``python helm/readme.py`` writes it; a test says whether it is as it would be written.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import yaml

CHART: Final = Path(__file__).parent / "svarsgrad"
HEAD: Final = """\
# The chart svarsgrad

Made by `python helm/readme.py` of values.yaml: change that. How to install, upgrade and look after
it: [docs/kubernetes.md](../../docs/kubernetes.md). Values that aren't here are refused.

| value | default | what it is |
|---|---|---|
"""


class Value(NamedTuple):
    """A value: its path, its default as JSON, and the words above it."""

    path: str
    default: str
    words: str


def values(text: str) -> Iterator[Value]:
    """Yield the values of a file in order; a mapping with comments is one too, if it has none."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)  # noqa: S101 # a chart's values are a mapping
    yield from _below(document, "", text.splitlines())


def _below(node: yaml.MappingNode, path: str, lines: list[str]) -> Iterator[Value]:
    for key, value in node.value:
        its = f"{path}{key.value}"
        words = _above(lines, key.start_mark.line)
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            if words:
                yield Value(its, "", words)
            yield from _below(value, f"{its}.", lines)
        else:
            yield Value(its, _default(value), words)


def _above(lines: list[str], line: int) -> str:
    """Return the comment that ends right above a line; an example in it is kept for the file."""
    found: list[str] = []
    while line > 0 and lines[line - 1].strip().startswith("#"):
        line -= 1
        found.insert(0, lines[line].strip().removeprefix("#"))
    return " ".join(part.strip() for part in found if not part.startswith("   "))


def _default(node: yaml.Node) -> str:
    data = yaml.safe_load(yaml.serialize(node))
    return f"`{json.dumps(data, ensure_ascii=False)}`"


def readme(text: str) -> str:
    """Return the README of a chart's values."""
    rows = (
        f"| `{its.path}` | {its.default.replace('|', chr(92) + '|')} | {its.words} |\n"
        for its in values(text)
    )
    return HEAD + "".join(rows)


if __name__ == "__main__":
    made = readme((CHART / "values.yaml").read_text(encoding="utf-8"))
    (CHART / "README.md").write_text(made, encoding="utf-8")
