"""An analyst's own words: Markdown, with what is said of a promise put where the promise is.

Headings of the first level say where what stands under them goes::

    # Analys och åtgärder        its own section (so does any other heading, under its own name)
    # Förslag till beslut        last of all but the definitions
    # svar-15s                   under the promise with that id
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from reports.document import Section, Written
from reports.given_text import read_given_text
from reports.outcomes import Promise
from streams.domain.swedish import listed

PROPOSAL: Final = "förslag till beslut"
_USUAL: Final = frozenset({"analys", "åtgärder", "analys och åtgärder"})
LARGEST: Final = 1_000_000
_HEADING: Final = re.compile(r"^# +(.+?)(?: +#+)?[ \t]*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^(```|~~~)", re.MULTILINE)


class AnalysisError(ValueError):
    """The file can't be used; whoever wrote it must act. One line."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analyst has written of a period."""

    of_promises: dict[str, Written] = field(default_factory=dict)
    """By id of the promise, or by its name in small letters."""
    section: Section | None = None
    proposal: Section | None = None
    others: tuple[str, ...] = ()
    """Headings that are none of those that have a place of their own."""

    def said_of_promises(self, section: Section, promises: Sequence[Promise]) -> Section:
        """Return the section of promises with what is said of each under it.

        Raises :class:`AnalysisError` for what is said of a promise that is not in the report.
        """
        if not self.of_promises:
            return section
        left = dict(self.of_promises)
        subsections = []
        ids = {f"lofte-{promise.target.id}": promise.target.id for promise in promises}
        for its in section.sections:
            id_ = max((name for name in ids if its.id.startswith(name)), key=len, default="")
            said = left.pop(ids.get(id_, ""), None)
            subsections.append(replace(its, parts=(*its.parts, said)) if said else its)
        if left:
            raise AnalysisError(
                f"analysen har rubriker om löften som inte är med i rapporten: {listed([*left])}"
            )
        return replace(section, sections=tuple(subsections))


def read_analysis(path: Path, promises: Sequence[str]) -> Analysis:
    """Return the analysis in a file. Raises :class:`AnalysisError`.

    ``promises`` are the ids of the catalogue's promises: a heading that is one says what is said
    of it.
    """
    return analysis_of(read_given_text(path, LARGEST, AnalysisError), promises)


def analysis_of(text: str, promises: Sequence[str]) -> Analysis:
    """Return the analysis that a text is."""
    of_promises: dict[str, Written] = {}
    proposal: list[str] = []
    rest: list[Section] = []
    for heading, under in _parts(text):
        if heading in promises:
            before = of_promises.get(heading)
            text = f"{before.text}\n\n{under}" if before else under
            of_promises[heading] = Written(text.strip())
        elif heading.casefold() == PROPOSAL:
            proposal.append(under)
        elif under.strip() or heading:
            rest.append(Section(f"analys-{len(rest)}", heading, (Written(under.strip()),)))
    section = None
    if len(rest) == 1:
        section = replace(rest[0], id="analys", title=rest[0].title or "Analys och åtgärder")
    elif rest:
        first, *others = rest if not rest[0].title else (Section("", "", ()), *rest)
        section = Section("analys", "Analys och åtgärder", first.parts, tuple(others))
    return Analysis(
        of_promises,
        section,
        Section("forslag", "Förslag till beslut", (Written("\n\n".join(proposal).strip()),))
        if proposal
        else None,
        tuple(its.title for its in rest if its.title and its.title.casefold() not in _USUAL),
    )


def _parts(text: str) -> list[tuple[str, str]]:
    """Return each heading of the first level and what stands under it; before any is ``""``."""
    found, heading, lines, fence = [], "", [], ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence == mark[1] else fence or mark[1]
        named = None if fence else _HEADING.match(line)
        if named is None:
            lines.append(line)
            continue
        found.append((heading, "\n".join(lines)))
        heading, lines = named[1].strip(), []
    found.append((heading, "\n".join(lines)))
    return [its for its in found if any(part.strip() for part in its)]
