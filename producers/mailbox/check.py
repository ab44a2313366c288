"""Whether a source's mailboxes can be followed: what a sample of them says. Pure.

The answers that can't be seen are what matters: a question that was answered from somebody's own
mailbox stays open in the figures for ever. Two things show them without a body being read: the
resident's next message replies to one that we have not seen; and the mail program has marked the
question as answered.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from producers.mailbox.source import Look
from producers.mailbox.teller import Teller
from streams.domain.swedish import count, counted, listed, percent

ANSWERED_FLAG: Final = "\\answered"
COPIES: Final = (
    "I Exchange: Set-Mailbox BREVLÅDA -MessageCopyForSentAsEnabled $true "
    "-MessageCopyForSendOnBehalfEnabled $true"
)
MANY_WITHOUT: Final = 0.02
"""From this share of missed answers on it is said to be mended first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a sample has, in counts."""

    messages: int
    questions: int
    by_e_service: int
    follow_ups: int
    answers: dict[str, int]
    """By how they were found to belong to their questions."""
    otherwise: int
    no_answer_needed: int
    junk: int
    no_questions: int
    open: int
    replied_elsewhere: int
    """Questions in which the resident replies to a message that we have not seen."""
    flagged_open: int
    """Those of the others that are open, though marked as answered in the mail program."""
    strange_replies: int
    """Questions that reply to a message of our own domains that we have not seen."""
    unlinked: int
    """Of what we wrote, what belongs to no question that was seen."""
    case_numbers: int
    unknown_ends: int

    @property
    def missed(self) -> int:
        """How many answers there must be that were not seen."""
        return self.replied_elsewhere + self.flagged_open


def findings(teller: Teller, looks: Iterable[Look]) -> Findings:
    """Return what a teller found that began with nothing, in looks at all folders."""
    memory, tally = teller.memory, teller.tally
    flagged: set[str] = set()
    for look in looks:
        held = memory.folders[teller.place(look.folder)].messages
        numbers = (its.number for its in look.arrivals if ANSWERED_FLAG in its.flags)
        known = (memory.messages.get(held.get(number, "")) for number in numbers)
        flagged |= {its.thread for its in known if its is not None}
    still_open = {subject for subject, its in memory.threads.items() if not its.ended_by}
    told = tally.told
    return Findings(
        messages=tally.messages,
        questions=len(memory.threads) - told["bounce"],
        by_e_service=sum(its.channel == "e_service" for its in memory.threads.values()),
        follow_ups=told["followed_up"],
        answers={str(way): number for way, number in tally.answers.items()},
        otherwise=told["answered_otherwise"],
        no_answer_needed=told["no_answer_needed"],
        junk=told["spam"] + told["bounce"],
        no_questions=tally.left_out.total(),
        open=len(still_open),
        replied_elsewhere=len(tally.elsewhere),
        flagged_open=len((flagged & still_open) - tally.elsewhere),
        strange_replies=tally.strange_replies,
        unlinked=tally.unlinked,
        case_numbers=tally.case_numbers,
        unknown_ends=tally.faults["unknown_end"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the catalogue says, as far as it decides what can be found."""

    folders: int
    missing: Collection[str]
    """What is wrong with folders that can't be read, a line each."""
    without_sent: Collection[str]
    """Accounts whose sent messages are not read, though the server has a folder: what to write."""
    has_sent: bool
    without_otherwise: Sequence[str]
    """Queues in which nothing says that a question was answered otherwise."""
    has_case_number: bool


_WAYS: Final = {
    "replies_to": "In-Reply-To",
    "references": "References",
    "case_number": "ärendenumret",
}


def told(source: str, days: int, found: Findings, setting: Setting) -> list[str]:
    """Return the findings, and what to do, as lines in Swedish."""
    read = counted(found.messages, "meddelande", "meddelanden")
    folders = counted(setting.folders, "mapp", "mappar")
    lines = [
        f"Källan {source}, de senaste {days} dygnen: {read} i {folders}.",
        f"Frågor: {count(found.questions)}, varav via e-tjänst {count(found.by_e_service)}. "
        f"Uppföljningar: {count(found.follow_ups)}.",
        _answers(found),
        f"Besvarade på annat sätt: {count(found.otherwise)}. Behövde inget svar: "
        f"{count(found.no_answer_needed)}. Skräppost och studsar: {count(found.junk)}.",
        f"Inga frågor (automatiska, utskick, interna): {count(found.no_questions)}.",
        f"Öppna: {count(found.open)}.",
    ]
    if found.replied_elsewhere:
        lines.append(
            f"  I {counted(found.replied_elsewhere, 'fråga', 'frågor')} svarar den som frågade på "
            "ett brev som inte finns i mapparna: någon har svarat från en annan plats."
        )
    if found.flagged_open:
        lines.append(
            f"  {counted(found.flagged_open, 'öppen fråga är märkt', 'öppna frågor är märkta')} "
            "som besvarad i e-postprogrammet, men svaret finns inte i mapparna."
        )
    if found.strange_replies:
        lines.append(
            f"  {counted(found.strange_replies, 'fråga', 'frågor')} svarar på ett brev härifrån "
            "som inte finns i mapparna: det är äldre, eller skickat från en annan plats."
        )
    if setting.has_case_number:
        hits = counted(found.case_numbers, "ämnesrad", "ämnesrader")
        lines.append(f"Ärendenumret finns i {hits}.")
    to_do = list(_to_do(found, setting))
    lines += ["Att göra:", *(f"- {one}" for one in to_do)] if to_do else ["Allt ser bra ut."]
    return lines


def _answers(found: Findings) -> str:
    ways = [f"{word} {count(found.answers.get(way, 0))}" for way, word in _WAYS.items()]
    seen = sum(found.answers.values())
    return (
        f"Svar: {count(seen)} (hittade genom {', '.join(ways)}). Skickat utan "
        f"någon fråga: {count(found.unlinked)}."
    )


def _to_do(found: Findings, setting: Setting) -> Iterable[str]:
    yield from setting.missing
    if not found.questions and not setting.missing:
        yield "Inga frågor alls: se över vilka mappar som står i questions."
    if found.missed:
        share = percent(found.missed / found.questions) if found.questions else ""
        first = "Gör detta först: " if found.missed >= MANY_WITHOUT * found.questions else ""
        yield (
            f"{first}{counted(found.missed, 'svar', 'svar')} syns inte ({share} av frågorna) och "
            "skulle räknas som uteblivna. Spara kopior av det som skickas i brevlådans namn i "
            f"brevlådan. {COPIES}. Ta med mappen i sent."
        )
    yield from setting.without_sent
    if not setting.has_sent:
        yield "Ingen mapp med skickat är angiven (sent): inga svar därifrån kan hittas."
    if setting.without_otherwise:
        queues = listed([*setting.without_otherwise])
        yield (
            f"Frågor till {queues} som besvaras per telefon eller på plats förblir öppna: skapa "
            "en mapp och ange den i answered_otherwise, eller en flagga i "
            "answered_otherwise_flags."
        )
    if setting.has_case_number and not found.case_numbers:
        yield "Ärendenumret finns inte i någon ämnesrad: se över case_number."
    if found.unlinked and not setting.has_case_number:
        yield (
            f"{count(found.unlinked)} skickade brev hör inte till någon fråga: svarar ett "
            "ärendesystem, ange case_senders och case_number."
        )
    if found.unknown_ends:
        yield (
            f"{counted(found.unknown_ends, 'fråga låg', 'frågor låg')} redan avslutade; när det "
            "hände går inte att veta. De räknas inte, och de som kommer sedan får rätt tid."
        )
