"""Click's own words in Swedish: headings of help, and what it says of mistyped commands.

Click takes its words through gettext's function of each module; here they come from one table.
What is not in it stays English. tests/streams/test_main.py reads every ``--help`` for leftovers.
"""

import sys
from typing import Final

import click

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
    "No such option: {name}": "Det finns ingen flagga {name}",
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
    "{value!r} is not a valid {number_type}.": "{value!r} är inte ett tal ({number_type}).",
    "{value} is not in the range {range}.": "{value} ligger utanför {range}.",
    "Did you mean {possibility}?": "Menade du {possibility}?",
    "(Possible options: {possibilities})": "(Flaggor som liknar: {possibilities})",
    "default: {default}": "förval: {default}",
    "env var: {var}": "miljövariabel: {var}",
    "required": "krävs",
}


def translated(message: str) -> str:
    """Return a message of Click's in Swedish, if the table has it."""
    return WORDS.get(message, message)


def _numbered(one: str, several: str, number: int) -> str:
    return translated(one if number == 1 else several)


def speak_swedish() -> None:
    """Let Click take its words from the table, in this process."""
    for name, module in list(sys.modules.items()):
        if name == click.__name__ or name.startswith(f"{click.__name__}."):
            for attribute, function in (("_", translated), ("ngettext", _numbered)):
                if hasattr(module, attribute):
                    setattr(module, attribute, function)
