"""The table of entries, the page made from it, and the code: none has what the others lack."""

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.logs import Entry, e
from streams.logs.lines import RESERVED
from streams.logs.page import PAGE, TITLES, page

ROOT = Path(__file__).parents[3]
PACKAGES = ("streams", "producers", "dashboards")
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})
NAMED = {value: name for name, value in vars(e).items() if isinstance(value, Entry)}
"""Each entry by what the code calls it."""
TELLING = {"tell_start": "STARTED", "tell_remark": "REMARK"}
"""Functions that tell one entry each."""


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield path, node


def entries_in(node: ast.AST) -> set[str]:
    """Names of entries that stand anywhere in a piece of code."""
    return {
        its.attr
        for its in ast.walk(node)
        if isinstance(its, ast.Attribute)
        and isinstance(its.value, ast.Name)
        and its.value.id == "e"
        and its.attr.isupper()
    }


CALLS = list(calls())


def test_the_committed_page_is_the_one_that_is_made_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_entry_is_in_one_list_and_has_a_name_of_its_own() -> None:
    listed = [its for _, entries in TITLES for its in entries]
    assert listed == [*e.ALL]
    assert sorted(NAMED[its] for its in listed) == sorted(NAMED.values())
    assert len({its.name for its in listed}) == len(listed)


@pytest.mark.parametrize("its", e.ALL, ids=lambda its: its.name)
def test_an_entry_is_named_as_in_code_and_says_what_it_means_and_what_to_do(its: Entry) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", its.name)
    assert NAMED[its] == its.name.upper()
    assert its.means.endswith(".")
    assert "|" not in its.means + its.do
    assert its.do.endswith(".") or (its.level == logging.INFO and not its.do)
    assert not RESERVED & {*its.fields}


def test_what_the_code_tells_is_in_the_table_and_nothing_else() -> None:
    told: set[str] = set()
    for path, call in CALLS:
        if isinstance(call.func, ast.Name):
            told |= {TELLING[call.func.id]} if call.func.id in TELLING else set()
        if "logs" not in path.parts or path.name == "long_running.py":
            told |= entries_in(call)
    told.add("STUCK")  # the watchdog writes it without a call of ours
    assert told == {*NAMED.values()} - {"LIBRARY"}


def told_by(call: ast.Call) -> set[str]:
    """Names of the entries that a call tells; none if it is no call that does."""
    name = ast.unparse(call.func)
    if name == "partial" and ast.unparse(call.args[0]) == "tell_start":
        name = "tell_start"
    if name == "tell_start":
        return {"STARTED"}
    return entries_in(call.args[1]) if name == "tell" and len(call.args) > 1 else set()


def test_each_entry_is_told_with_the_fields_that_it_is_said_to_have() -> None:
    # By way of a function of its own, which is given the entry.
    fields: dict[str, set[str]] = {
        its: {"file", "next_file"} for its in ("LOG_ROTATED", "LOG_COPIED")
    }
    for _, call in CALLS:
        for name in told_by(call):
            given = {its.arg for its in call.keywords if its.arg} - {"error"}
            for its in call.keywords:
                if its.arg is None:  # one field or another, by what was told
                    found = (key for key in ast.walk(its.value) if isinstance(key, ast.Constant))
                    given |= {str(key.value) for key in found}
            fields[name] = fields.get(name, set()) | given
    said = {NAMED[its]: {*its.fields} for its in e.ALL if its.fields}
    assert {name: its for name, its in fields.items() if its} == said


def test_nothing_is_logged_but_entries_of_the_table() -> None:
    past_it = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in CALLS
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in LEVELS
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("log", "logger", "logging")
        and "logs" not in path.parts
    ]
    assert past_it == []


def test_the_modules_of_processes_that_log_say_nothing_past_the_log() -> None:
    past_it = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path, call in CALLS
        if {"worker", "wall", "intake", "queue_log", "mailbox"} & {*path.parts}
        and path.name not in ("token_command.py", "check_command.py")
        and isinstance(call.func, ast.Attribute | ast.Name)
        and ast.unparse(call.func) in ("click.echo", "click.secho", "print", "sys.stderr.write")
    ]
    assert past_it == []
