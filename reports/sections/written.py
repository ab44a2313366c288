"""Questions in writing and cases: what came, what was solved, what is late."""

from reports.document import Cell, Paragraph, Part, Section, Table
from reports.evidence import Evidence
from streams.domain.catalogue import Queue
from streams.domain.words import CHANNELS


def section(evidence: Evidence, administration: str | None = None) -> Section | None:
    """Return the section of questions and cases; None if there are none."""
    parts: list[Part] = []
    mailboxes = [
        queue
        for queue in evidence.municipality.queues.values()
        if queue.kind == "mailbox" and administration in {None, queue.administration}
    ]
    parts += _mailboxes(evidence, mailboxes)
    if administration is None:
        parts += _cases(evidence)
        parts += _channels(evidence)
    return (
        Section("skriftligt", "Bilaga: E-post, e-tjänster och ärenden", tuple(parts))
        if parts
        else None
    )


def _mailboxes(evidence: Evidence, mailboxes: list[Queue]) -> list[Part]:
    figures, rows = evidence.figures, []
    for queue in mailboxes:
        root = f"questions.mailboxes.{queue.id}.windows.asked"
        states = f"{root}.states"
        received = sum(figures.count(f"{states}.{state}") for state in figures.names(states))
        if not received:
            continue
        hours = figures.number(f"{root}.answer_seconds.p50")
        rows.append(
            (
                Cell(queue.name),
                Cell(received, "count"),
                figures.cell(f"{states}.answered", "count"),
                Cell(
                    figures.count(f"{states}.answered_otherwise")
                    + figures.count(f"{states}.no_answer_needed"),
                    "count",
                ),
                figures.cell(f"{states}.open", "count"),
                figures.cell(f"{root}.forwarded", "count"),
                Cell(None if hours is None else hours / 3600, "hours", missing="–"),
            )
        )
    if not rows:
        return []
    return [
        Table(
            "fragor",
            f"Frågor som kom {evidence.period.said}, och hur det gått för dem",
            ("Brevlåda", "Inkomna", "Besvarade", "Avslutade utan svar", "Öppna",
             "Skickade vidare", "Hälften fick svar inom"),
            tuple(rows),
            note="Skräppost och studsar räknas inte. Klocktid, dygnet runt; hur löftet om "
            "arbetsdagar hölls står under löftet.",
        )
    ]  # fmt: skip


def _cases(evidence: Evidence) -> list[Part]:
    figures, root = evidence.figures, "cases.asked.opened"
    if not figures.count(f"{root}.opened"):
        return []
    rows = [
        ("Öppnade ärenden", f"{root}.opened", "count", None),
        ("Överlämnade till en förvaltning", f"{root}.handed_over", "count", None),
        ("Lösta i kundtjänst", f"{root}.solved_in_centre", "count", None),
        (
            "Lösta vid första kontakten, av avgjorda",
            f"{root}.solved_at_first_contact.ratio",
            "share",
            f"{root}.solved_at_first_contact.n",
        ),
        ("Öppnade på nytt", f"{root}.reopened", "count", None),
        ("Kontakter per ärende", f"{root}.contacts_per_case", "number", None),
    ]
    parts: list[Part] = [
        Table(
            "arenden",
            f"Ärenden som öppnades {evidence.period.said}",
            ("Mått", "Utfall"),
            tuple(
                (Cell(said), figures.cell(path, kind, number))  # type: ignore[arg-type] # literals
                for said, path, kind, number in rows
            ),
        )
    ]
    overdue = figures.at("cases.asked.overdue")
    if isinstance(overdue, list) and overdue:
        parts.append(
            Paragraph(f"Då siffrorna räknades var {len(overdue)} löften om ärenden försenade.")
        )
    by_channel = [
        (channel, f"cases.asked.solved_by_channel.{channel}")
        for channel in figures.names("cases.asked.solved_by_channel")
        if figures.count(f"cases.asked.solved_by_channel.{channel}.n")
    ]
    if by_channel:
        parts.append(
            Table(
                "arenden-kanal",
                "Lösta i kundtjänst per kanal, av avgjorda ärenden",
                ("Kanal", "Avgjorda", "Lösta", "Andel"),
                tuple(
                    (
                        Cell(_channel(channel)),
                        figures.cell(f"{path}.n", "count"),
                        figures.cell(f"{path}.solved", "count"),
                        figures.cell(f"{path}.ratio", "share", f"{path}.n"),
                    )
                    for channel, path in by_channel
                ),
            )
        )
    return parts


def _channels(evidence: Evidence) -> list[Part]:
    figures, root = evidence.figures, "channels.asked"
    shares = list(figures.names(f"{root}.shares"))
    if not shares:
        return []
    silent = figures.at(f"{root}.silent") or []
    missing = [_channel(channel) for channel in silent]
    return [
        Table(
            "kanaler",
            "Hur invånarna tog kontakt",
            ("Kanal", "Kontakter", "Andel", "Andel samma tid i fjol"),
            tuple(
                (
                    Cell(_channel(channel)),
                    figures.cell(f"{root}.shares.{channel}.contacts", "count"),
                    figures.cell(
                        f"{root}.shares.{channel}.ratio", "share", f"{root}.shares.{channel}.n"
                    ),
                    Cell(
                        evidence.year_before.number(f"{root}.shares.{channel}.ratio")
                        if evidence.year_before
                        else None,
                        "share",
                        missing="–",
                    ),
                )
                for channel in shares
            ),
            note=f"Rapporterar inte: {', '.join(missing)}." if missing else "",
        )
    ]


def _channel(channel: str) -> str:
    said = CHANNELS.get(channel, channel)
    return said[0].upper() + said[1:]
