"""What the documents tell people to type is something that svarsgrad takes."""

from pathlib import Path

import pytest
from documented import ROOT, Typed, documents, fault_of, ours_in


@pytest.mark.parametrize("document", documents(), ids=lambda its: str(its.relative_to(ROOT)))
def test_every_command_of_a_document_exists_with_its_options(document: Path) -> None:
    wrong = {typed.place: (typed.text, fault_of(typed)) for typed in ours_in(document)}
    assert {place: its for place, its in wrong.items() if its[1] is not None} == {}


@pytest.mark.parametrize(
    ("text", "at_prompt", "fault"),
    [
        ("svarsgrad worker --catalogue k.yaml", True, None),
        ("svarsgrad wroker --catalogue k.yaml", True, "there is no command wroker"),
        ("svarsgrad archive --catalogue k.yaml --databas a.db", True, "ingen flagga --databas"),
        ("svarsgrad archive", True, "--catalogue is required"),
        ("svarsgrad archive --databas", False, "there is no option --databas"),
        ("svarsgrad archive", False, None),
        ("svarsgrad report", True, "report needs a subcommand"),
        ("svarsgrad topics | tee --nothing", True, None),
    ],
)
def test_what_is_mistyped_is_found(text: str, at_prompt: bool, fault: str | None) -> None:
    found = fault_of(Typed(ROOT / "README.md", 1, text, at_prompt))
    assert found == fault or (fault is not None and found is not None and fault in found)
