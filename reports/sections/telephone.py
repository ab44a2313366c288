"""Calls: how many came, when, how long they waited, who gave up, where they went on to."""

from collections.abc import Iterator
from typing import Final

from reports.document import Cell, Paragraph, Part, Picture, Section, Table
from reports.evidence import Evidence
from reports.formats import pictures
from reports.outcomes import Promise
from reports.sections.weeks import weeks
from reports.wording import held_said
from streams.domain.catalogue import Queue
from streams.domain.phone.figures import ABANDON_EDGES, WAIT_EDGES
from streams.domain.phone.overflow import OVERFLOW_LIMITS
from streams.domain.swedish import limit

_NBSP: Final = "\N{NO-BREAK SPACE}"


def section(
    evidence: Evidence, promises: list[Promise], administration: str | None = None
) -> Section | None:
    """Return the section of calls; None if no call came to any of the queues."""
    queues = [
        queue
        for queue in evidence.municipality.queues.values()
        if queue.is_answered
        and administration in {None, queue.administration}
        and evidence.figures.count(f"queues.{queue.id}.arrived")
    ]
    if not queues:
        return None
    parts: list[Part] = [_volumes(evidence, queues)]
    if administration is None:
        parts += _contacts(evidence)
    return Section(
        "samtal",
        "Bilaga: Samtal",
        tuple(parts),
        (
            Section("samtal-nar", "När det ringer", tuple(weeks(evidence, queues, promises))),
            Section("samtal-vantan", "Hur länge man väntar", tuple(_waits(evidence, queues))),
            Section("samtal-avbrutna", "När man lägger på", tuple(_abandons(evidence, queues))),
            *_overflow(evidence, queues, promises),
        ),
    )


def _volumes(evidence: Evidence, queues: list[Queue]) -> Table:
    figures = evidence.figures
    return Table(
        "samtal-antal",
        f"Samtal {evidence.period.said}, inom utlovad tid",
        ("Kö", "Inkomna", "Besvarade", "Lade på", "Gick vidare", "Nekade, eller stängt",
         "Förlorade", "Samtalstid i medel", "Samtal per bemannad timme", "Utanför öppettid"),
        tuple(
            (
                Cell(queue.name),
                figures.cell(f"queues.{queue.id}.arrived", "count"),
                figures.cell(f"queues.{queue.id}.answered", "count"),
                figures.cell(f"queues.{queue.id}.abandoned", "count"),
                figures.cell(f"queues.{queue.id}.overflowed", "count"),
                Cell(
                    figures.count(f"queues.{queue.id}.refused")
                    + figures.count(f"queues.{queue.id}.closed"),
                    "count",
                ),
                _lost(evidence, queue),
                figures.cell(f"queues.{queue.id}.talk_seconds.mean", "seconds"),
                Cell(
                    figures.number(f"presence.asked.queues.{queue.id}.calls_per_staffed_hour"),
                    "one",
                    f"presence.asked.queues.{queue.id}.calls_per_staffed_hour",
                    missing="–",
                ),
                figures.cell(f"queues.{queue.id}.outside_hours", "count"),
            )
            for queue in queues
        ),
        note="Förlorade: ingen svarade, varken här eller i en kö som samtalet gick vidare till. "
        "Samtal utanför öppettid räknas inte in i något annat tal.",
    )  # fmt: skip


def _contacts(evidence: Evidence) -> Iterator[Part]:
    """Yield what became of those who called, the whole way, and how soon a person answered."""
    figures = evidence.figures
    if not figures.count("contacts.contacts"):
        return
    classes = {
        "within_1_min": "inom 1 minut",
        "within_2_min": "efter 1–2 minuter",
        "later": "senare",
        "not_answered": "inget svar",
    }
    outcomes = {"answered": "Fick svar", "lost": "Förlorades", "unknown": "Okänt utfall"}
    rows = [
        (
            "Kontakter: ett samtal från början till slut, också om det kopplas",
            "contacts.contacts",
            "count",
        ),
        *((said, f"contacts.outcomes.{key}", "count") for key, said in outcomes.items()),
        ("Samtal per kontakt", "contacts.legs_per_contact", "number"),
        ("Kontakter med känd uppringare", "contacts.callers.contacts", "count"),
        ("Kända uppringare (räknade dag för dag)", "contacts.callers.callers", "count"),
        ("… som kom fram till slut", "contacts.callers.got_through.ratio", "share"),
        (
            "… samtal per person och dag till dess, i medel",
            "contacts.callers.mean_calls_until_answer",
            "number",
        ),
    ]
    yield Table(
        "samtal-kontakter",
        "De som ringde",
        ("Mått", "Utfall"),
        tuple((Cell(said), figures.cell(path, kind)) for said, path, kind in rows),  # type: ignore[arg-type] # literals
        note="Uppringares pseudonymer stryks efter en tid: bara senare kontakter har en känd "
        "uppringare.",
    )
    yield Table(
        "samtal-kkik",
        "Egen mätning i KKiK:s tidsklasser: första svar av en människa",
        ("Klass", "Kontakter", "Andel"),
        (
            *(
                (
                    Cell(said),
                    figures.cell(f"contacts.kkik.contacts.{key}.count", "count"),
                    figures.cell(
                        f"contacts.kkik.contacts.{key}.ratio",
                        "share",
                        f"contacts.kkik.contacts.{key}.n",
                    ),
                )
                for key, said in classes.items()
            ),
            (
                Cell("Av kopplade: svar inom 60 s"),
                figures.cell("contacts.kkik.after_transfer.count", "count"),
                figures.cell(
                    "contacts.kkik.after_transfer.ratio", "share", "contacts.kkik.after_transfer.n"
                ),
            ),
        ),
        note="KKiK:s egna resultat kommer av testfrågor utifrån, som också kräver att frågan "
        "besvarades; de är inte jämförbara med dessa.",
    )


def _lost(evidence: Evidence, queue: Queue) -> Cell:
    root = f"queues.{queue.id}.lost"
    return evidence.figures.cell(f"{root}.ratio", "share", f"{root}.n")


def _waits(evidence: Evidence, queues: list[Queue]) -> Iterator[Part]:
    figures = evidence.figures
    percentiles = {"p50": "hälften", "p80": "80 %", "p90": "90 %", "p95": "95 %", "p99": "99 %"}
    yield Table(
        "vantan",
        "Väntan på svar, av dem som fick svar",
        ("Kö", "I medel", *(f"{said[0].upper()}{said[1:]} inom" for said in percentiles.values()),
         "Längst", "Förlorade"),
        tuple(
            (
                Cell(queue.name),
                *(
                    figures.cell(f"queues.{queue.id}.wait_seconds.{key}", "seconds")
                    for key in ("mean", *percentiles, "max")
                ),
                _lost(evidence, queue),
            )
            for queue in queues
        ),
        note="Exakta värden: så lång var väntan för just det samtalet. De som gav upp är inte "
        "med här; därför står andelen förlorade bredvid.",
    )  # fmt: skip
    places = [f"≤ {limit(edge)}" for edge in WAIT_EDGES]
    rows = []
    for queue in queues:
        counts, _ = evidence.patterns[queue.id].wait_histogram
        whole = counts[-1]
        shares = [number / whole if whole else None for number in counts[:-1]]
        rows.append((Cell(queue.name), *(Cell(share, "share", missing="–") for share in shares)))
    first = next((row for row in rows if row[-1].value is not None), None)
    if first is not None:
        name, *cells = first
        told = ", ".join(f"{at} {cell.shown}" for at, cell in zip(places, cells, strict=True))
        yield Picture(
            "bild-vantan",
            f"{name.shown}: så stor del av dem som fick svar hade väntat högst så länge",
            f"Staplar: {told}.",
            pictures.columns(places, [float(cell.value or 0) for cell in cells]),
        )
    yield Table(
        "vantan-fordelning",
        "Andel av de besvarade som hade väntat högst",
        ("Kö", *places),
        tuple(rows),
    )


def _abandons(evidence: Evidence, queues: list[Queue]) -> Iterator[Part]:
    figures = evidence.figures
    edges = [str(edge) for edge in ABANDON_EDGES]
    rows = []
    for queue in queues:
        root = f"queues.{queue.id}.abandoned_within"
        whole = figures.count(f"{root}.all")
        rows.append(
            (
                Cell(queue.name),
                figures.cell(f"{root}.all", "count"),
                *(
                    Cell(
                        figures.count(f"{root}.{edge}") / whole if whole else None,
                        "share",
                        missing="–",
                        is_indication=0 < whole < 30,
                    )
                    for edge in edges
                ),
            )
        )
    first = next((row for row in rows if row[1].value), None)
    places = [f"≤ {edge}{_NBSP}s" for edge in edges]
    if first is not None:
        yield Picture(
            "bild-avbrutna",
            f"{first[0].shown}: så stor del av dem som lade på hade väntat högst så länge",
            "Staplar: "
            + ", ".join(f"{at} {cell.shown}" for at, cell in zip(places, first[2:], strict=True))
            + ".",
            pictures.columns(places, [float(cell.value or 0) for cell in first[2:]]),
        )
    yield Table(
        "avbrutna",
        "Av dem som lade på: andel som hade väntat högst",
        ("Kö", "Lade på", *places),
        tuple(rows),
        note="Den som lägger på i talsvarets meny, innan kön, syns inte här.",
    )


def _overflow(
    evidence: Evidence, queues: list[Queue], promises: list[Promise]
) -> Iterator[Section]:
    figures = evidence.figures
    those = [queue for queue in queues if queue.overflow_to is not None]
    if not those:
        return
    parts: list[Part] = []
    partners = {
        queue.id: evidence.municipality.queues[queue.overflow_to or ""].name for queue in those
    }
    split = {"own": "Svar i kön", "partner": "Svar av den som tog över", "lost": "Förlorade",
             "unknown": "Okänt utfall"}  # fmt: skip
    parts.append(
        Table(
            "vidare",
            "Vem som svarade till slut",
            ("Kö", "Går vidare till", *split.values(), "Besvarade i allt"),
            tuple(
                (
                    Cell(queue.name),
                    Cell(partners[queue.id]),
                    *(figures.cell(f"queues.{queue.id}.ended.{key}", "count") for key in split),
                    figures.cell(
                        f"queues.{queue.id}.answered_in_all.ratio",
                        "share",
                        f"queues.{queue.id}.answered_in_all.n",
                    ),
                )
                for queue in those
            ),
        )
    )
    rows = []
    for queue in those:
        for promise in promises:
            its, root = evidence.of(promise.target), f"queues.{queue.id}.if_overflow"
            if (
                promise.target not in queue.targets
                or its.at(f"{root}.{promise.target.id}") is None
            ):
                continue
            held = f" ({held_said(promise.whole)})" if promise.whole.is_part else ""
            rows.append(
                (
                    Cell(f"{queue.name}, {promise.target.name}{held}"),
                    *(
                        its.cell(f"{root}.{promise.target.id}.ratios.{key}", "share")
                        for key in ("as_is", *map(str, OVERFLOW_LIMITS))
                    ),
                )
            )
    if rows:
        parts.append(
            Table(
                "vidare-om",
                "Beräkning: andel i tid om samtalen hade gått vidare tidigare",
                ("Kö och löfte", "Som det var, med den andres svar",
                 *(f"Efter {at}{_NBSP}s" for at in OVERFLOW_LIMITS)),
                tuple(rows),
                note="Räknat på samma samtal, med de svarstider som den som tog över hade, och "
                "som om den hade personal nog för fler. Här räknas ett svar där som svar; löftets "
                "eget tal räknar bara svar i kön.",
            )
        )  # fmt: skip
    for queue in those:
        for promise in promises:
            seconds, after = promise.target.limit_seconds, queue.overflow_after_seconds
            if (
                promise.target in queue.targets and promise.target.measure == "answered_within"
                and seconds is not None and after is not None and after >= seconds
            ):  # fmt: skip
                parts.append(
                    Paragraph(
                        f"Samtal från {queue.name} går vidare efter {limit(after)}. Då är löftet "
                        f"om svar inom {limit(seconds)} redan brutet: det hjälper den som "
                        "ringer, men inte måluppfyllelsen."
                    )
                )
    yield Section("samtal-vidare", "Samtal som går vidare", tuple(parts))
