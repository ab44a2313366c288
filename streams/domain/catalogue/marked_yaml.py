"""YAML read for people: plain data, where each part of it stands, and every trap named.

YAML 1.1 turns ``no`` into false, ``015`` into 13 and ``10:30`` into 630 without a word. Here such
a value is a mistake, with its line and what to write instead. Nothing is ever built from a tag,
aliases are bounded, and no input makes :func:`read` raise.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import yaml

from streams.domain.catalogue.document import Document, Mistake, Path, Place, cut, dotted

MAX_BYTES: Final = 1_048_576
"""Largest file that is read."""
MAX_NODES: Final = 100_000
"""How many values a file may have once its aliases are written out (a billion laughs)."""
_MAX_DIGITS: Final = 18

_TAG: Final = "tag:yaml.org,2002:"
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read(source: str | bytes) -> Document:
    """Return the document in ``source``; whatever is wrong is among its mistakes."""
    document = Document()
    text = _decoded(source, document)
    if document.mistakes:
        return document
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            document.data = _Reading(document).value(root, (), ())
    except yaml.MarkedYAMLError as error:
        _blame_syntax(error, text, document)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        sign = f"U+{int(error.character):04X}"
        document.blame((), f"tecknet {sign} får inte stå i filen; ta bort det", line)
    except (ValueError, OverflowError):  # PyYAML's own, of \U escapes and of %YAML
        document.blame((), "en teckenkod (\\U…) eller %YAML har ett orimligt tal; ta bort det", 1)
    except RecursionError:
        document.blame((), "filen är nästlad i för många nivåer; en katalog har sju", 1)
    except _TooMuchError as error:
        document.blame((), error.message, error.line)
    return document


def _decoded(source: str | bytes, document: Document) -> str:
    """Return the source as text, or blame its size or encoding."""
    size = len(source) if isinstance(source, bytes) else len(source.encode(errors="replace"))
    if size > MAX_BYTES:
        document.blame((), "filen är större än 1 MiB; en katalog är några sidor text", 1)
        return ""
    if isinstance(source, str):
        return source
    if source[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        document.blame((), "filen är sparad som UTF-16; spara den som UTF-8", 1)
        return ""
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{source[error.start]:02X}"
        document.blame((), f"filen är inte UTF-8 ({byte}); spara den som UTF-8", line)
        return ""


class _TooMuchError(Exception):
    """The aliases of a file expand to more than we read, or for ever."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class _Reading:
    """One walk through the nodes of a document; aliases make it visit nodes several times."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._visited = 0

    def value(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> Any:
        """Return a node as plain data, noting where everything in it stands."""
        line = node.start_mark.line + 1
        self._visited += 1
        if self._visited > MAX_NODES:
            raise _TooMuchError(f"fler än {MAX_NODES} värden; upprepa mindre med alias (*)", line)
        if id(node) in above:
            raise _TooMuchError("ett ankare (&) får inte innehålla sitt eget alias (*)", line)
        if isinstance(node, yaml.ScalarNode):
            self._document.places[path] = Place(line, node.value, node.style in {"'", '"'})
            return self._scalar(node, path)
        self._document.places.setdefault(path, Place(line))
        if node.tag not in {f"{_TAG}map", f"{_TAG}seq"}:
            self._document.blame(path, _no_tag(node.tag), line)
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        return [self.value(item, (*path, at), above) for at, item in enumerate(node.value)]

    def _mapping(
        self, node: yaml.MappingNode, path: Path, above: tuple[int, ...]
    ) -> dict[str, Any]:
        """Return a mapping with what it merges (``<<``) under its own keys."""
        result: dict[str, Any] = {}
        for merged in _merged(node):
            value = self.value(merged, path, above)
            if isinstance(value, dict):
                result = value | result
            else:
                message = "efter << ska stå ett alias till något med nycklar, som <<: *namn"
                self._document.blame(path, message)
        own: dict[str, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._document.blame(path, "en nyckel ska vara ett ord", line)
                continue
            key = key_node.value
            if _SURROGATE.search(key):
                self._document.blame(path, _NO_SIGN, line)
                continue
            here = (*path, key)
            if key in own:
                message = f"nyckeln står redan på rad {own[key]}; ta bort den ena"
                self._document.mistakes.append(Mistake(line, dotted(here), message))
                continue
            own[key] = line
            self._document.places[here] = Place(line)
            result[key] = self.value(value_node, here, above)
            if key_node.tag != f"{_TAG}str":
                is_comma = node.flow_style and result[key] is None and key.isdigit()
                message = _COMMA if is_comma else f'YAML läser inte {key} som text; skriv "{key}":'
                self._document.blame(here, message, line)
        return result

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        """Return a scalar; one that YAML and people read differently is blamed, and None."""
        text: str = node.value
        kind = node.tag.removeprefix(_TAG)
        value: Any = None
        if _SURROGATE.search(text):
            self._document.blame(path, _NO_SIGN)
        elif kind in {"str", "value", "merge"}:
            value = text
        elif kind == "int" and _INT.fullmatch(text) and len(text) <= _MAX_DIGITS:
            value = int(text)
        elif kind == "float" and _FLOAT.fullmatch(text):
            value = float(text)
        elif kind == "timestamp" and _is_day(text):
            value = date.fromisoformat(text)
        elif kind != "null":
            self._document.blame(path, _trap(node.tag, text))
        return value


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NO_SIGN: Final = "innehåller en halv tecken-kod (\\ud800 till \\udfff); skriv tecknet självt"
_COMMA: Final = "ett tal efter ett komma; skriv decimaltal med punkt, som 0.90"


def _merged(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    for key, value in node.value:
        if key.tag == f"{_TAG}merge":
            yield from value.value if isinstance(value, yaml.SequenceNode) else [value]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _trap(tag: str, text: str) -> str:
    """Return what to say about a scalar that YAML and people read differently."""
    kind = tag.removeprefix(_TAG)
    shown = cut(text)
    if kind == "bool":
        return f'YAML läser {shown} som ja eller nej; är det ett ord, skriv "{shown}"'
    if kind == "timestamp" and _DATE.fullmatch(text):
        return f"{shown} finns inte i almanackan"
    if kind == "timestamp":
        return f"{shown} är en tidpunkt; skriv dagen, som 2014-01-01, och på sin höjd 08:00 efter"
    return _number_trap(text, shown) if kind in {"int", "float"} else _no_tag(tag)


def _number_trap(text: str, shown: str) -> str:
    if ":" in text:
        return (
            f'YAML läser {shown} i bas 60; skriv ett vanligt tal, eller "{shown}" om det är text'
        )
    if len(text) > _MAX_DIGITS:
        return f"{shown} har för många siffror"
    return f'YAML läser {shown} på sitt eget sätt; skriv ett vanligt tal, som 15, eller "{shown}"'


def _no_tag(tag: str) -> str:
    return f"taggen {tag.replace(_TAG, '!!')} används inte här; ta bort den"


def _blame_syntax(error: yaml.MarkedYAMLError, text: str, document: Document) -> None:
    """Say in Swedish where the text stops being YAML: tabs first, since they can't be seen."""
    for at, row in enumerate(text.split("\n"), 1):
        if re.match(r" *\t\s*[^\s#]", row):
            message = "raden är indragen med tabb; använd mellanslag"
            document.mistakes.append(Mistake(at, "", message))
    if document.mistakes:
        return
    problem = f"{error.context or ''}; {error.problem or ''}"
    said, begins_it = next((told for sign, told in _SYNTAX.items() if sign in problem), _NOT_YAML)
    mark = (error.context_mark if begins_it else None) or error.problem_mark or error.context_mark
    document.blame((), said, mark.line + 1 if mark else 1)


_NOT_YAML: Final = ("här går filen inte att läsa som YAML; jämför med examples/lulea.yaml", False)
_SYNTAX: Final = {
    r"character '\t'": ("en tabb; använd mellanslag", False),
    "undefined alias": ("aliaset (*) har inget ankare; skriv &namn vid det som upprepas", False),
    "duplicate anchor": ("samma ankare (&) står två gånger; ge dem olika namn", False),
    "expected a single document": ("här börjar ett dokument till; ta bort raden ---", False),
    "mapping values are not allowed": (
        'fel indrag här eller ovanför, eller ett kolon i en text; skriv då "…" runt texten',
        False,
    ),
    "expected <block end>": (
        "fel indrag här, eller ett citattecken eller en ] som saknas ovanför; "
        "skriv lika många mellanslag före det som hör ihop",
        False,
    ),
    "could not find expected ':'": ("ett kolon saknas; skriv nyckel: värde", True),
    "scanning a quoted scalar": ("ett citattecken saknar sitt slut", True),
    "parsing a flow sequence": ("listan saknar komma eller ]", True),
    "parsing a flow mapping": ("ett komma eller } saknas", True),
    "cannot start any token": (
        'här börjar en text med ett YAML-tecken; skriv "…" runt den',
        False,
    ),
    "scanning a directive": ('här börjar en text med ett YAML-tecken; skriv "…" runt den', False),
}
"""What PyYAML says → what a person needs to hear, and whether the fault lies where it began.

The first that fits is used.
"""
