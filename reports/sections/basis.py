"""How it is counted: definitions as they were valid then, coverage, and what is not in it."""

from datetime import date

from reports.document import Bullets, Cell, Part, Section, Table
from reports.evidence import Evidence, held_in
from reports.outcomes import Promise
from reports.sections.promises import formulas
from reports.wording import goal_said, limit_said
from streams.domain.catalogue import ServiceTarget
from streams.domain.instants import moment
from streams.domain.swedish import limit, period

WAIT_STARTS = {
    "exchange": "när samtalet når växeln",
    "menu": "när talsvarets meny är slut",
    "queue": "när samtalet ställs i kön",
}


def section(
    evidence: Evidence, promises: list[Promise], administration: str | None = None
) -> Section:
    """Return the definitions used and what is covered; of one administration, its own."""
    targets = held_in(evidence.municipality, evidence.period)
    if administration is not None:
        targets = [its.target for its in promises]
    parts: list[Part] = [Bullets(tuple(_definitions(evidence))), _promises(targets)]
    parts += formulas(evidence, promises)
    parts += [
        table
        for table in (
            *(() if administration else (_queues(evidence), _near(evidence))),
            *(() if administration else (_coverage(evidence), _incidents(evidence))),
        )
        if table is not None
    ]  # fmt: skip
    return Section("grund", "Bilaga: Så är det räknat", tuple(parts))


def _definitions(evidence: Evidence) -> list[str]:
    zone = evidence.municipality.zone
    as_of = f"{moment(evidence.as_of).astimezone(zone):%Y-%m-%d kl. %H.%M}"
    short = evidence.municipality.exclude_short_abandons_seconds
    excluded = (
        f"De som lade på inom {limit(short)} räknas bort."
        if short
        else "Ingen räknas bort, hur kort tid den än väntade."
    )
    return [
        f"Siffrorna är som läget var {as_of}; det som hänt senare är inte med.",
        "Andel i tid: samtal som en människa besvarade inom gränsen, av alla som fick svar eller "
        "lämnade kön på annat sätt, eller som väntat längre än gränsen. Ett svar precis på "
        f"gränsen är i tid. {excluded}",
        "Kommunens egna samtal räknas inte, och bara de som kommer inom utlovad öppettid; ett "
        "samtal som då nekas eller möts av stängd kö är förlorat. Bara samtal genom köerna i "
        "katalogen är med: samtal direkt till en anknytning syns inte.",
        "Samtal i en kö och kontakter är olika: en kontakt är ett samtal från början till slut, "
        "och kan gå genom flera köer.",
        "Samtal hör till den stund de kom, frågor och ärenden till den stund de skulle ha varit "
        "klara.",
        "Arbetsdagar: måndag till fredag utom helgdagar, midsommarafton, julafton och nyårsafton.",
        "* = indikation: färre än 30 att räkna på. Felmarginal: 95 % (Wilson). Pilar: ändringen "
        "är minst en halv procentenhet, och större än slumpen kan ge (Newcombe, 95 %).",
        "Inga data är inget värde: då står inga data, varken 0 eller 100 procent.",
        "Ingenting räknas om enskilda medarbetare.",
    ]


def _promises(targets: list[ServiceTarget]) -> Table:
    def day(at: date | None) -> Cell:
        return Cell("tills vidare" if at is None else at.isoformat())

    return Table(
        "definitioner",
        "Löften och mått som gällde under perioden",
        ("Id", "Löfte", "Mått", "Gräns", "Mål", "Gäller från", "Gäller till", "Källa"),
        tuple(
            (
                Cell(target.id),
                Cell(target.name),
                Cell(MEASURES[target.measure]),
                Cell(limit_said(target) or "–"),
                Cell(goal_said(target) or "–"),
                day(target.valid_from),
                day(target.valid_to),
                Cell(target.source),
            )
            for target in targets
        ),
    )


MEASURES = {
    "answered_within": "samtal besvarade inom en gräns",
    "lost": "förlorade samtal",
    "mean_wait": "medelväntan på svar",
    "mean_talk": "medelsamtalstid",
    "question_answered_within": "frågor besvarade inom en gräns",
    "feedback_within": "besked i ärenden inom en gräns",
    "resolved_within": "ärenden klara inom en gräns",
    "solved_in_centre": "löst i kundtjänst",
    "satisfied": "nöjda i egen enkät",
    "open_as_promised": "öppet som utlovat",
    "channel_share": "andel av kontakterna",
    "external": "mäts av andra",
}


def _queues(evidence: Evidence) -> Table | None:
    queues = [queue for queue in evidence.municipality.queues.values() if queue.is_answered]
    if not queues:
        return None
    return Table(
        "koer",
        "Köer: när klockan startar",
        ("Kö", "Väntan räknas från", "Känd tid före", "Källans upplösning"),
        tuple(
            (
                Cell(queue.name),
                Cell(WAIT_STARTS[queue.wait_starts]),
                Cell(limit(queue.pre_queue_seconds) if queue.pre_queue_seconds else "–"),
                Cell("–" if queue.resolution_seconds is None else limit(queue.resolution_seconds)),
            )
            for queue in queues
        ),
    )


def _near(evidence: Evidence) -> Table | None:
    rows = [
        (
            Cell(evidence.municipality.queues[queue].name),
            Cell(evidence.target(target).name),
            Cell(steps[-1].ratio, "share"),
            evidence.figures.cell(f"queues.{queue}.service_levels.{target}.ratio", "share"),
            Cell(steps[1].ratio, "share"),
        )
        for queue, pattern in evidence.patterns.items()
        for target, steps in pattern.a_second_beside.items()
    ]
    if not rows:
        return None
    return Table(
        "en-sekund",
        "Andel i tid om gränsen vore en sekund kortare eller längre",
        ("Kö", "Löfte", "En sekund kortare", "Löftets gräns", "En sekund längre"),
        tuple(rows),
        note="Källan anger hela sekunder: så mycket kan avrundningen betyda.",
    )


def _coverage(evidence: Evidence) -> Table | None:
    figures = evidence.figures
    rows = [
        (
            Cell(evidence.target(id_).name),
            Cell("telefonnummer"),
            figures.cell(f"phone_coverage.{id_}.numbers_reporting", "count"),
            figures.cell(f"phone_coverage.{id_}.numbers", "count"),
        )
        for id_ in figures.names("phone_coverage")
    ] + [
        (
            Cell(evidence.target(id_).name),
            Cell("brevlådor"),
            figures.cell(f"questions.promises.{id_}.coverage.mailboxes_reporting", "count"),
            figures.cell(f"questions.promises.{id_}.coverage.mailboxes", "count"),
        )
        for id_ in figures.names("questions.promises")
        if figures.at(f"questions.promises.{id_}.coverage") is not None
    ]
    if not rows:
        return None
    return Table(
        "tackning",
        "Hur mycket av löftena som mäts",
        ("Löfte", "Gäller", "Rapporterar", "Av"),
        tuple(rows),
    )


def _incidents(evidence: Evidence) -> Table | None:
    figures, municipality = evidence.figures, evidence.municipality
    rows = [
        (
            Cell(queue.name),
            Cell(evidence.target(target).name),
            figures.cell(f"queues.{queue.id}.service_levels.{target}.ratio", "share"),
            figures.cell(f"{root}.{target}.ratio", "share", f"{root}.{target}.n"),
        )
        for queue in municipality.queues.values()
        for root in (f"queues.{queue.id}.without_incidents.service_levels",)
        for target in figures.names(root)
    ]
    if not rows:
        return None
    window = evidence.period.window(municipality.zone)
    told = []
    for its in municipality.incidents:
        if its.begins < window.end and its.ends > window.start:
            edges = [moment(at).astimezone(municipality.zone) for at in (its.begins, its.ends)]
            told.append(f"{its.name} ({period(*edges)})")
    return Table(
        "handelser",
        "Med och utan händelser",
        ("Kö", "Löfte", "Med", "Utan"),
        tuple(rows),
        note=f"Händelser: {'; '.join(told)}.",
    )
