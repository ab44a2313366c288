"""YAML read for people: plain data, where each part of it stands, and every trap named.

YAML 1.1 turns ``no`` into false, ``015`` into 13 and ``10:30`` into 630 without a word. Here such a
value is a mistake with its line and what to write instead. Nothing is ever built from a tag, aliases
are bounded, and input of any kind gives a :class:`Document`, never an exception.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import yaml

MAX_BYTES: Final = 1_048_576
"""Largest file that is read."""
MAX_NODES: Final = 100_000
"""How many values a file may have once its aliases are written out (a billion laughs)."""
_MAX_SYMBOLS: Final = 40

Path = tuple[str | int, ...]

_TAG: Final = "tag:yaml.org,2002:"
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?[0-9]*\.?[0-9]*([eE][-+]?[0-9]+)?|[-+]?\.(inf|nan)", re.I)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong in a file, where, and what would be right (in Swedish, for people)."""

    line: int
    """Counted from 1."""
    path: str
    """Like ``municipalities.lulea.zone``; empty where the file as a whole is meant."""
    message: str

    def told(self, name: str) -> str:
        """Return the mistake as one line that begins with the file's name."""
        where = f"{name} rad {self.line}"
        return f"{where}, {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, and how it is written (empty for mappings and lists)."""

    line: int
    written: str


@dataclass(slots=True)
class Document:
    """A file as plain data. A value that is a mistake in itself is ``None`` and in ``spoilt``."""

    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    spoilt: set[Path] = field(default_factory=set)

    def complain(self, path: Path, message: str, line: int | None = None) -> None:
        """Add a mistake, unless something is already said about the same place."""
        if path in self.spoilt:
            return
        self.spoilt.add(path)
        at = self.line(path) if line is None else line
        self.mistakes.append(Mistake(at, dotted(path), message))

    def line(self, path: Path) -> int:
        """Return the line of the value, or of the nearest thing round it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path].line if path in self.places else 1

    def written(self, path: Path) -> str:
        """Return how the value is written in the file, cut to a readable length."""
        text = self.places[path].written if path in self.places else ""
        return text if len(text) <= _MAX_SYMBOLS else text[: _MAX_SYMBOLS - 1] + "…"


class _TooMuchError(Exception):
    """The aliases of a file expand to more than we read, or for ever."""


def dotted(path: Path) -> str:
    """Return a path as people read it: ``queues.vaxel.targets[0]``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read(source: str | bytes) -> Document:
    """Return the document in ``source``; whatever is wrong is among its mistakes."""
    document = Document()
    text = _decoded(source, document)
    if document.mistakes:
        return document
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            document.data = _value(root, (), document, ())
    except yaml.MarkedYAMLError as error:
        _complain_about_syntax(error, text, document)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"tecknet U+{ord(str(error.character)):04X} får inte stå i YAML; ta bort det"
        document.complain((), message, line)
    except RecursionError:
        document.complain((), "filen är för djupt nästlad; en katalog har högst sex nivåer", 1)
    except _TooMuchError as error:
        document.complain((), str(error), 1)
    return document


def _decoded(source: str | bytes, document: Document) -> str:
    """Return the source as text, or complain about its size or encoding."""
    size = len(source) if isinstance(source, bytes) else len(source.encode(errors="replace"))
    if size > MAX_BYTES:
        document.complain((), "filen är större än 1 MiB; en katalog är några sidor text", 1)
        return ""
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    if source[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        document.complain((), "filen är sparad som UTF-16; spara den som UTF-8", 1)
        return ""
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{source[error.start]:02X}"
        document.complain((), f"filen är inte UTF-8 ({byte}); spara den som UTF-8", line)
        return ""


def _value(node: yaml.Node, path: Path, document: Document, above: tuple[int, ...]) -> Any:
    """Return a node as plain data, noting where everything in it stands."""
    line = node.start_mark.line + 1
    if id(node) in above:
        message = f"rad {line}: ett ankare (&) får inte innehålla sig självt (*)"
        raise _TooMuchError(message)
    if len(document.places) >= MAX_NODES:
        message = (
            f"filen har fler än {MAX_NODES} värden när alla alias (*) skrivs ut; använd färre"
        )
        raise _TooMuchError(message)
    document.places.setdefault(path, Place(line, ""))
    if isinstance(node, yaml.ScalarNode):
        document.places[path] = Place(line, node.value)
        return _scalar(node, path, document)
    if node.tag not in {f"{_TAG}map", f"{_TAG}seq"}:
        document.complain(path, f"taggen {node.tag} används inte här; ta bort den", line)
        return None
    inside = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document, inside)
    return [_value(item, (*path, at), document, inside) for at, item in enumerate(node.value)]


def _mapping(
    node: yaml.MappingNode, path: Path, document: Document, inside: tuple[int, ...]
) -> dict[str, Any]:
    """Return a mapping, its merges (``<<``) under its own keys; complain about double keys."""
    result: dict[str, Any] = {}
    for merged in _merged(node):
        if isinstance(merged, yaml.MappingNode) and id(merged) not in inside:
            more = _mapping(merged, path, document, (*inside, id(merged)))
            result = more | result
        else:
            document.complain(path, "efter << ska ett alias till en mappning stå, som <<: *namn")
    own: dict[str, int] = {}
    for key_node, value_node in node.value:
        if key_node.tag == f"{_TAG}merge":
            continue
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.complain(path, "en nyckel ska vara ett ord", line)
            continue
        key = key_node.value
        here = (*path, key)
        if key in own:
            message = f"står redan på rad {own[key]}; ta bort den ena"
            document.mistakes.append(Mistake(line, dotted(here), message))
            continue
        own[key] = line
        document.places[here] = Place(line, "")
        result[key] = _value(value_node, here, document, inside)
        if key_node.tag != f"{_TAG}str" and here not in document.spoilt:
            document.complain(here, f'nyckeln läses inte som text; skriv "{key}":', line)
    return result


def _merged(node: yaml.MappingNode) -> Iterator[yaml.Node]:
    for key, value in node.value:
        if key.tag == f"{_TAG}merge":
            yield from value.value if isinstance(value, yaml.SequenceNode) else [value]


def _scalar(node: yaml.ScalarNode, path: Path, document: Document) -> Any:
    """Return a scalar as YAML reads it; where people read it otherwise, complain instead."""
    text: str = node.value
    kind = node.tag.removeprefix(_TAG)
    if kind in {"str", "value", "merge"}:
        return text
    if kind == "null":
        return None
    if kind == "int" and _INT.fullmatch(text):
        return int(text)
    if kind == "float" and _FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=inf|nan)", "", text, flags=re.I))
    if kind == "timestamp" and _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            document.complain(path, f"{text} finns inte i almanackan")
            return None
    document.complain(path, _trap(kind, text))
    return None


def _trap(kind: str, text: str) -> str:
    """Return what to say about a scalar that YAML and people read differently."""
    if kind == "bool":
        return f'{text} läses som ja eller nej i YAML; skriv "{text}" om det är ett ord'
    if kind == "timestamp":
        return f"{text} är en tidpunkt; skriv bara dagen, som 2014-01-01"
    if kind in {"int", "float"} and ":" in text:
        return (
            f'{text} läses som ett tal i bas 60; skriv sekunder, eller "{text}" om det är ett ord'
        )
    if kind in {"int", "float"}:
        return f"{text} läses inte som det ser ut i YAML; skriv talet med vanliga siffror"
    return f"taggen !{kind} används inte här; ta bort den"


def _complain_about_syntax(error: yaml.MarkedYAMLError, text: str, document: Document) -> None:
    """Say in Swedish where the text stops being YAML: tabs first, since they are hard to see."""
    tabs = [at for at, row in enumerate(text.splitlines(), 1) if re.match(r" *\t\s*\S", row)]
    for line in tabs:
        message = "raden är indragen med tabb; använd mellanslag"
        document.mistakes.append(Mistake(line, "", message))
    if tabs:
        return
    mark = error.problem_mark or error.context_mark
    problem = f"{error.context or ''} {error.problem or ''}"
    message = next((said for sign, said in _SYNTAX.items() if sign in problem), _NOT_YAML)
    document.complain((), message, mark.line + 1 if mark else 1)


_NOT_YAML: Final = "raden är inte giltig YAML; jämför med examples/lulea.yaml"
_SYNTAX: Final = {
    "undefined alias": "aliaset (*) har inget ankare; skriv &namn vid det som ska upprepas",
    "found duplicate anchor": "samma ankare (&) står två gånger; ge dem olika namn",
    "expected a single document": "filen har flera dokument; ta bort raden ---",
    "mapping values are not allowed": (
        "kolon eller indrag är fel; lika många mellanslag på samma nivå, "
        "och citattecken runt text med kolon"
    ),
    "expected <block end>": "indraget stämmer inte; lika många mellanslag på samma nivå",
    "could not find expected ':'": "kolon saknas; skriv nyckel: värde",
    "while scanning a quoted scalar": "ett citattecken saknar sitt slut",
    "expected ',' or": "en lista eller mappning på en rad saknar komma eller sin slutparentes",
    "cannot start any token": 'texten börjar med ett tecken som YAML använder; skriv "…" runt den',
    "while scanning a directive": 'raden börjar med %; skriv "…" runt den',
}
"""What PyYAML says → what a person needs to hear. The first that fits is used."""
