"""Click's own words in Swedish: headings of help, and what it says of mistyped commands.

Click takes its words through gettext's function of each module; here they come from one table.
What is not in it stays English. tests/streams/test_main.py reads every ``--help`` for leftovers.
A few words Click doesn't ask for: names of types, ranges, and where a value came from.
"""

import sys
from typing import Any, Final

import click
from click.core import ParameterSource, augment_usage_errors

WORDS: Final = {
    "Usage:": "Användning:",
    "Usage: ": "Användning: ",
    "Options": "Flaggor",
    "Commands": "Kommandon",
    "Error: {message}": "Fel: {message}",
    "Aborted!": "Avbrutet.",
    "Try '{command} {option}' for help.": "Hjälp: {command} {option}",
    "Show this message and exit.": "Visa den här hjälpen.",
    "Show the version and exit.": "Visa versionen.",
    "Missing command.": "Kommando saknas.",
    "No such command {name!r}.": "Det finns inget kommando {name!r}.",
    "No such option: {name}": "Det finns ingen flagga {name}.",
    "Missing argument": "Argument saknas:",
    "Missing option": "Flagga saknas:",
    "Missing parameter": "Parameter saknas:",
    "Invalid value: {message}": "Ogiltigt värde: {message}",
    "Invalid value for {param_hint}: {message}": "Ogiltigt värde för {param_hint}: {message}",
    "Option {name!r} does not take a value.": "Flaggan {name!r} tar inget värde.",
    "Option {name!r} requires an argument.": "Flaggan {name!r} kräver ett värde.",
    "Option {name!r} requires {nargs} arguments.": "Flaggan {name!r} kräver {nargs} värden.",
    "Got unexpected extra argument ({args})": "Ett argument för mycket ({args})",
    "Got unexpected extra arguments ({args})": "Argument för mycket ({args})",
    "{value!r} is not a valid {number_type}.": "{value!r} är inget {number_type}.",
    "{value} is not in the range {range}.": "{value} går inte, det ska vara {range}.",
    "{value!r} is not {choice}.": "{value!r} går inte, det ska vara {choice}.",
    "{value!r} is not one of {choices}.": "{value!r} går inte, det ska vara ett av {choices}.",
    "{name} {filename!r} does not exist.": "{filename!r} finns inte.",
    "{name} {filename!r} is a file.": "{filename!r} är en fil, ingen mapp.",
    "{name} {filename!r} is a directory.": "{filename!r} är en mapp, ingen fil.",
    "{name} {filename!r} is not readable.": "{filename!r} går inte att läsa (behörighet saknas).",
    "{name} {filename!r} is not writable.": "{filename!r} får inte skrivas (behörighet saknas).",
    "{value!r} does not match the format {format}.": (
        "{value!r} är inget datum; skriv till exempel 2024-01-01."
    ),
    "Did you mean {possibility}?": "Menade du {possibility}?",
    "(Possible options: {possibilities})": "Menade du någon av {possibilities}?",
    "default: {default}": "förval: {default}",
    "env var: {var}": "miljövariabel: {var}",
    "required": "krävs",
}
TYPES: Final[dict[type[click.ParamType], str]] = {
    type(click.INT): "heltal",
    type(click.FLOAT): "tal",
    click.IntRange: "heltal",
    click.FloatRange: "tal",
}


def translated(message: str) -> str:
    """Return a message of Click's in Swedish, if the table has it."""
    return WORDS.get(message, message)


def _numbered(one: str, several: str, number: int) -> str:
    return translated(one if number == 1 else several)


def described_range(numbers: Any) -> str:
    """Return what numbers a range of Click's has: ``1–65535``, ``minst 0``; empty for all."""
    low, high = (
        None if bound is None else str(bound).replace(".", ",")
        for bound in (numbers.min, numbers.max)
    )
    if low and high and not (numbers.min_open or numbers.max_open):
        return f"{low}–{high}"
    sides = (
        low and f"{'över' if numbers.min_open else 'minst'} {low}",
        high and f"{'under' if numbers.max_open else 'högst'} {high}",
    )
    return " och ".join(filter(None, sides))


def one_line(error: click.ClickException) -> str:
    """Return what is wrong, and for a mistyped command where its help is."""
    text = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f"{text.rstrip('.')} (hjälp: {error.ctx.command_path} --help)"
    return text


def where_it_was_given(option: click.Option, ctx: click.Context) -> str:
    """Return how to point at an option: by its variable, if the value came from there."""
    if option.name and ctx.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT:
        return str(option.envvar)
    return click.Parameter.get_error_hint(option, ctx)


def _parse_args(command: click.Command, ctx: click.Context, args: list[str]) -> list[str]:
    """Parse, so that each error knows whose help is meant: some of the parser's don't."""
    with augment_usage_errors(ctx):
        return _CLICKS_PARSE_ARGS(command, ctx, args)


_CLICKS_PARSE_ARGS: Final = click.Command.parse_args
_INSTEAD: Final = (
    (click.IntRange, "_describe_range", described_range),
    (click.FloatRange, "_describe_range", described_range),
    (click.Option, "get_error_hint", where_it_was_given),
    (click.Command, "parse_args", _parse_args),
)
"""Methods of Click's whose words don't pass through the table."""


def speak_swedish() -> None:
    """Let Click take its words from the table, in this process."""
    for kind, word in TYPES.items():
        kind.name = word
    for owner, attribute, function in _INSTEAD:
        setattr(owner, attribute, function)
    for name, module in list(sys.modules.items()):
        if name == click.__name__ or name.startswith(f"{click.__name__}."):
            for asked, answer in (("_", translated), ("ngettext", _numbered)):
                if hasattr(module, asked):
                    setattr(module, asked, answer)
