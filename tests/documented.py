"""The commands in the project's documents, as they stand there."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from streams.__main__ import commands

ROOT = Path(__file__).parents[1]
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_FENCED = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.DOTALL | re.MULTILINE
)
_ENDS = {"|", "||", "&&", ";", "&", ">", ">>", "2>", "<", "(", ")", "do", "done"}
"""What ends a command's words in a shell, or begins another's."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as somebody is to type it: at a prompt in a block, or anywhere in the text."""

    document: Path
    line: int
    text: str
    at_prompt: bool = True

    @property
    def bare(self) -> str:
        """Return it without its remark."""
        return self.text.partition("  #")[0].strip()

    @property
    def place(self) -> str:
        """Return where it stands."""
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def documents() -> list[Path]:
    """Return all documents that people read."""
    found = (path for path in ROOT.rglob("*.md") if ROOT / ".venv" not in path.parents)
    return sorted(path for path in found if ".stack" not in path.parts)


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two fences of a document, without what it is set in by."""

    document: Path
    line: int
    """Of the upper fence."""
    language: str
    """Empty if none is named."""
    text: str

    @property
    def first(self) -> str:
        """Return its first line, without blanks around it."""
        return self.text.partition("\n")[0].strip()


def blocks_in(document: Path) -> list[Block]:
    """Return all fenced blocks of a document, in order."""
    text = document.read_text("utf-8")
    return [
        Block(
            document,
            text.count("\n", 0, its.start()) + 1,
            its["language"],
            re.sub(rf"^{its['indent']}", "", its["text"], flags=re.MULTILINE),
        )
        for its in _FENCED.finditer(text)
    ]


def typed_in(document: Path) -> list[Typed]:
    """Return the commands at prompts (``$ ``) of a document, each with the lines it goes on."""
    found: list[Typed] = []
    for block in blocks_in(document):
        lines = iter(enumerate(block.text.splitlines(), start=block.line + 1))
        for number, line in lines if block.language == "console" else ():
            if line.startswith("$ "):
                text = line[2:]
                while _goes_on(text):
                    text += "\n" + next(lines)[1]
                found.append(Typed(document, number, text))
    return found


def _goes_on(text: str) -> bool:
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text, comments=True)
    except ValueError:  # a quote that is not closed yet
        return True
    return False


def inline_in(document: Path) -> list[str]:
    """Return what is set as code in the sentences of a document, on one line each."""
    prose = _prose_of(document.read_text("utf-8"))
    return [" ".join(its[1].split()) for its in _INLINE.finditer(prose)]


def ours_in(document: Path) -> Iterator[Typed]:
    """Yield every call of ``svarsgrad`` in a document: in blocks of any language, and in text."""
    text = document.read_text("utf-8")
    for block in re.finditer(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        joined = block[1].replace("\\\n", "  ")
        for match in re.finditer(r"(?<![\w./-])svarsgrad ([a-z][a-z-]*[^\n]*)", joined):
            line = text.count("\n", 0, block.start(1) + match.start()) + 1
            if re.match(r"[a-z-]+( |$)", match[1]):  # no word of a sentence
                yield Typed(document, line, match[0])
    prose = _prose_of(text)
    for match in _INLINE.finditer(prose):
        words = match[1].split()
        if words[:1] == ["svarsgrad"] and len(words) > 1:
            line = prose.count("\n", 0, match.start()) + 1
            yield Typed(document, line, " ".join(words), at_prompt=False)


def _prose_of(text: str) -> str:
    """Return a document with blank lines where its blocks are."""
    return re.sub(r"^ *```.*?^ *```", _blank, text, flags=re.DOTALL | re.MULTILINE)


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def fault_of(typed: Typed) -> str | None:
    """Return what is wrong with how ``svarsgrad`` is called, None if nothing that can be seen.

    Commands and options must exist. What stands at a prompt must also have all that is required;
    in a text, a command is often named with one of its options only.
    """
    words: list[str] = []
    for word in shlex.split(typed.text, comments=True):
        if word in _ENDS:
            break
        words.append(word)
    command: click.Command = commands
    at = click.Context(command, info_name="svarsgrad")
    names = (word for word in words[1:] if word not in {"--help", "-h"})
    for name in names:
        if not isinstance(command, click.Group):
            rest = [name, *names]
            break
        found = command.get_command(at, name.split("|")[0].rstrip(":"))
        if found is None:
            return f"there is no command {name}"
        command, at = found, click.Context(found, info_name=name, parent=at)
    else:
        rest = []
    if isinstance(command, click.Group):
        return None if not typed.at_prompt or not words[1:] else f"{words[-1]} needs a subcommand"
    known = {option for parameter in command.get_params(at) for option in parameter.opts}
    if not typed.at_prompt:
        unknown = {word.split("=")[0] for word in rest if word.startswith("--")} - known
        return f"there is no option {', '.join(sorted(unknown))}" if unknown else None
    try:
        command.make_parser(at).parse_args(list(rest))
    except click.UsageError as error:
        return error.format_message()
    lacking = [
        parameter.opts[0]
        for parameter in command.get_params(at)
        if parameter.required and not parameter.envvar and isinstance(parameter, click.Option)
        if not set(parameter.opts) & {word.split("=")[0] for word in rest}
    ]
    return f"{', '.join(lacking)} is required" if lacking else None
