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


EXAMPLE: Final = " " * 3
"""What an example in a comment is set in by."""


class Value(NamedTuple):
    """A value: its path, its default as JSON, and the words and the example above it."""

    path: str
    default: str
    words: str
    example: str


def values(text: str) -> Iterator[Value]:
    """Yield the values of a file in order; a mapping with comments is one too, if it has none."""
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(document, yaml.MappingNode)  # noqa: S101 # a chart's values are a mapping
    yield from _below(document, "", text.splitlines())


def _below(node: yaml.MappingNode, path: str, lines: list[str]) -> Iterator[Value]:
    for key, value in node.value:
        its = f"{path}{key.value}"
        words, example = _above(lines, key.start_mark.line)
        if isinstance(value, yaml.MappingNode) and value.value and not value.flow_style:
            if words:
                yield Value(its, "", words, example)
            yield from _below(value, f"{its}.", lines)
        else:
            yield Value(its, _default(value), words, example)


def _above(lines: list[str], line: int) -> tuple[str, str]:
    """Return the comment that ends right above a line: its words, and what is set in as YAML."""
    found: list[str] = []
    while line > 0 and lines[line - 1].strip().startswith("#"):
        line -= 1
        found.insert(0, lines[line].strip().removeprefix("#"))
    words = [part.strip() for part in found if not part.startswith(EXAMPLE)]
    example = [part.removeprefix(EXAMPLE) for part in found if part.startswith(EXAMPLE)]
    return " ".join(words), "\n".join(example)


def _default(node: yaml.Node) -> str:
    data = yaml.safe_load(yaml.serialize(node))
    return f"`{json.dumps(data, ensure_ascii=False)}`"


def readme(text: str) -> str:
    """Return the README of a chart's values."""
    found = [*values(text)]
    rows = [f"| `{its.path}` | {its.default} | {its.words} |\n" for its in found]
    examples = [
        f"\n`{its.path}`, for example:\n\n```yaml\n{its.path}:\n{its.example}\n```\n"
        for its in found
        if its.example
    ]
    return HEAD + "".join(rows + examples)


if __name__ == "__main__":
    made = readme((CHART / "values.yaml").read_text(encoding="utf-8"))
    (CHART / "README.md").write_text(made, encoding="utf-8")
