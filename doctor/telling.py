"""Findings as people read them, and as machines do."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import orjson

from doctor.finding import CHECKS, Finding, Verdict
from streams.domain.swedish import counted

SIGNS: Final = {Verdict.OK: "✓", Verdict.WRONG: "✗", Verdict.SOON: "!", Verdict.UNTRIED: "–"}
UNTRIED: Final = "ej provad: "
_WIDTH: Final = max(map(len, CHECKS.values()))
_INDENT: Final = " " * (_WIDTH + 4)


def as_text(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield a line for each finding, what to do under what is wrong, and how it is in all."""
    last = None
    for its in findings:
        name = "" if its.check == last else CHECKS[its.check]
        last = its.check
        why = UNTRIED if its.verdict is Verdict.UNTRIED else ""
        yield f"{name:{_WIDTH}}  {SIGNS[its.verdict]} {why}{its.seen}"
        for line in its.do:
            yield f"{_INDENT}→ {line}"
    yield ""
    yield _in_all(findings)


def as_json(findings: Sequence[Finding]) -> str:
    """Return findings as one JSON document."""
    told = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ok": not has_faults(findings),
        "findings": [
            {
                "check": its.check,
                "name": CHECKS[its.check],
                "verdict": its.verdict.value,
                "seen": its.seen,
                "do": list(its.do),
            }
            for its in findings
        ],
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def has_faults(findings: Sequence[Finding]) -> bool:
    """Say whether anything is wrong."""
    return any(its.verdict is Verdict.WRONG for its in findings)


def _in_all(findings: Sequence[Finding]) -> str:
    faults = [its for its in findings if its.verdict is Verdict.WRONG]
    remarks = sum(its.verdict is Verdict.SOON for its in findings)
    untried = sum(its.verdict is Verdict.UNTRIED for its in findings)
    more = [f"{counted(remarks, 'sak', 'saker')} att se till snart"] if remarks else []
    more += (
        [f"{untried} ej provat" if untried == 1 else f"{untried} ej provade"] if untried else []
    )
    if not faults:
        return ", ".join(["Inget är fel", *more]) + "."
    told = ", ".join([f"{counted(len(faults), 'sak', 'saker')} är fel", *more])
    return f"{told}. Börja med {CHECKS[faults[0].check]}."
