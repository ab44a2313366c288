"""What is to be said of the workers, of what they share, and of the sources that they hear."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from doctor.finding import Finding, as_said, ok, soon, untried, wrong
from doctor.judging.words import lasting
from doctor.seen import Failed, Place, WorkerSeen
from streams import metrics as m
from streams.domain.catalogue import Catalogue
from streams.domain.instants import SECOND
from streams.domain.presence.heartbeats import SILENT_AFTER, UNKNOWN_SOURCE
from streams.domain.swedish import counted, decimal, listed
from streams.exposition import cases, names, phone
from streams.exposition.sheet import Sheet
from streams.verify.scrape import Scrape, Series

WHY: Final = {
    "assignment": (
        "har inga partitioner",
        "vänta om den nyss startats; annars finns fler räknare än partitioner, eller så är ämnena "
        "borta",
    ),
    "group": (
        "är inte med i gruppen",
        "vänta en minut; fortsätter det, se om Kafka nås från räknarens maskin",
    ),
    "recovery": (
        "läser in loggen",
        "vänta; /metrics visar svarsgrad_recovered_records_total växa",
    ),
    "rejected": (
        "får inte undan det som avvisats",
        "se att svarsgrad.rejected finns, och att räknarens användare får skriva dit (Write)",
    ),
    "log": (
        "följer inte loggen",
        "vänta en minut; fortsätter det, se om alla Kafka-noder är i gång",
    ),
}
"""What keeps a worker from being ready, by the part that its ``/readyz`` names; and what to do."""
STANDS_STILL: Final = (
    "räknaren avslutar sig själv och startas om av systemd eller Kubernetes; händer det igen, se "
    "dess logg"
)
STATIC: Final = (
    m.MUNICIPALITY_INFO, m.ADMINISTRATION_INFO, m.QUEUE_INFO, m.TARGET_INFO, m.PROMISE_INFO,
    m.SOURCE_INFO, m.GOAL, m.LIMIT, m.PROMISE_GOAL,
)  # fmt: skip
"""What a worker shows of its catalogue."""
_STATIC_NAMES: Final = frozenset(m.PREFIX + metric.name for metric in STATIC)


def judge_workers(seen: Sequence[WorkerSeen | Failed]) -> Iterator[Finding]:
    """Yield how each worker is."""
    for its in seen:
        if isinstance(its, Failed):
            yield as_said("workers", its.line)
        elif its.unwell:
            yield wrong(
                "workers", f"{its.address} står still ({_quoted(its.unwell)})", STANDS_STILL
            )
        elif its.unready:
            part, _ = next(iter(its.unready.items()))
            what, do = WHY.get(part, ("är inte redo", "se räknarens logg"))
            yield wrong("workers", f"{its.address} {what} ({_quoted(its.unready)})", do)
        elif isinstance(its.figures, Failed):
            yield as_said("workers", its.figures.line)
        else:
            shown = len(its.figures.municipalities())
            yield ok("workers", f"{its.address} är redo: {counted(shown, 'kommun', 'kommuner')}")


def judge_partitions(
    seen: Sequence[WorkerSeen | Failed], wanted: frozenset[Place] | None, members: int | None
) -> Finding:
    """Return whether each partition is counted by one worker.

    ``wanted`` are all there are, and ``members`` how many workers are in the group; None where
    Kafka doesn't tell.
    """
    check = "partitions"
    if wanted is None:
        return untried(check, "Kafka säger inte vilka som finns")
    scrapes = [*_scrapes(seen)]
    if not scrapes:
        return untried(check, "ingen räknare svarar")
    owned = [place for scrape in scrapes for place in scrape.by_place(m.OWNED)]
    if missing := wanted.difference(owned):
        told = _numbers(missing)
        if members is not None and members > len(seen):
            return untried(
                check,
                f"{told} räknas inte av dem som frågats, men {members} är med i gruppen: ange "
                "alla med --worker",
            )
        return wrong(
            check,
            f"{told} räknas inte av någon",
            "vänta en minut om en räknare nyss stannat; annars starta en räknare till med samma "
            "SVARSGRAD_GROUP och SVARSGRAD_TOPICS",
        )
    if twice := {place for place in owned if owned.count(place) > 1}:
        return wrong(
            check,
            f"{_numbers(twice)} räknas av flera",
            "vänta en minut om en räknare nyss startats; annars har de olika SVARSGRAD_GROUP: ge "
            "dem samma",
        )
    numbers = {number for _, number in wanted}
    return ok(check, f"alla {len(numbers)} räknas, var och en av en räknare")


def judge_worker_catalogue(
    seen: Sequence[WorkerSeen | Failed], catalogue: Catalogue, *, shows_all: bool
) -> Iterator[Finding]:
    """Yield whether workers have the catalogue that we have, as far as they show theirs.

    ``shows_all`` says that all partitions are shown by the workers that were asked.
    """
    check = "worker-catalogue"
    scrapes = [
        (its.address, its.figures)
        for its in seen
        if isinstance(its, WorkerSeen) and isinstance(its.figures, Scrape)
    ]
    shown = {name for _, scrape in scrapes for name in scrape.municipalities()}
    if not shown:
        yield untried(check, "ingen räknare visar några siffror")
        return
    faults = []
    for address, scrape in scrapes:
        if what := _difference(scrape, catalogue):
            faults.append(f"{address} har en annan katalog: {what}")
    if shows_all and (missing := sorted(set(catalogue.municipalities) - shown)):
        faults.append(f"ingen räknare visar {listed(missing)}, som katalogen har")
    for line in faults:
        yield wrong(
            check,
            line,
            "ange den katalog som räknarna har, eller starta om dem med den här, en i taget",
        )
    if not faults:
        yield ok(check, "det som räknarna visar av sin katalog står i den här")


def judge_sources(seen: Sequence[WorkerSeen | Failed], catalogue: Catalogue) -> Iterator[Finding]:
    """Yield which sources of the catalogue say that they are alive."""
    check, heard, faults = "sources", 0, 0
    ages = {
        (of["municipality"], of["source"]): seconds
        for scrape in _scrapes(seen)
        for of, seconds in _labelled(scrape, m.HEARTBEAT_AGE)
    }
    shown = {name for scrape in _scrapes(seen) for name in scrape.municipalities()}
    for name in sorted(shown & set(catalogue.municipalities)):
        for source in catalogue.municipalities[name].sources.values():
            age = ages.get((name, source.id))
            if age is not None and age * SECOND > SILENT_AFTER and not source.is_of_files:
                yield wrong(
                    check,
                    f"{name}/{source.id} ({source.name}) har inte hörts på {lasting(age)}",
                    "starta det som läser källan igen (docs/sources.md), och se i dess logg "
                    "varför det slutade",
                )
            elif age is None and not source.is_of_files:
                yield soon(
                    check,
                    f"{name}/{source.id} ({source.name}) har inte hörts sedan i går",
                    "starta det som läser källan (docs/sources.md), eller ta bort den ur "
                    "katalogen",
                )
            else:
                heard += age is not None
                continue
            faults += 1
        if (name, UNKNOWN_SOURCE) in ages:
            faults += 1
            yield soon(
                check,
                f"i {name} hörs en källa som katalogen inte har",
                "skriv den under sources, eller rätta --source hos det som läser den",
            )
    if not shown:
        yield untried(check, "ingen räknare visar några siffror")
    elif not faults:
        yield ok(check, f"{counted(heard, 'källa', 'källor')} hörs")


def shows_all(seen: Sequence[WorkerSeen | Failed], partitions: Finding) -> bool:
    """Say whether the workers that were asked are ready and have all partitions."""
    are_ready = all(isinstance(its, WorkerSeen) and not its.unready for its in seen)
    return are_ready and partitions.verdict.value == "ok"


def _difference(scrape: Scrape, catalogue: Catalogue) -> str | None:
    """Return one thing that a worker shows otherwise than the catalogue says; None if none."""
    shown = scrape.municipalities()
    if strangers := sorted(shown - set(catalogue.municipalities)):
        return f"den visar {listed(strangers)}, som inte står i den här"
    sheet = Sheet()
    for name in shown:
        municipality, now = catalogue.municipalities[name], scrape.at()
        names.add(sheet, municipality, now)
        phone.add_promises(sheet, municipality, now)
        cases.add_promises(sheet, municipality, now)
    wanted = _static(Scrape.of_families(sheet.collect()).samples)
    found = _static(scrape.samples)
    differing = sorted(
        (key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)),
        key=lambda key: (key[0].endswith("_info"), key[0], sorted(key[1])),
    )
    if not differing:
        return None
    first = differing[0]
    more = f" (och {len(differing) - 1} skillnader till)" if differing[1:] else ""
    return (
        f"{_told(first)} är {_value(found.get(first))} där, {_value(wanted.get(first))} här{more}"
    )


def _static(samples: Mapping[Series, float]) -> dict[Series, float]:
    return {key: value for key, value in samples.items() if key[0] in _STATIC_NAMES}


def _told(key: Series) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in sorted(key[1]))
    return f"{key[0]}{{{labels}}}"


def _value(value: float | None) -> str:
    return "inget" if value is None else decimal(value)


def _scrapes(seen: Sequence[WorkerSeen | Failed]) -> Iterator[Scrape]:
    for its in seen:
        if isinstance(its, WorkerSeen) and isinstance(its.figures, Scrape):
            yield its.figures


def _labelled(scrape: Scrape, metric: m.Metric) -> Iterator[tuple[Mapping[str, str], float]]:
    name = m.PREFIX + metric.name
    for (at, labels), value in scrape.samples.items():
        if at == name:
            yield dict(labels), value


def _numbers(places: Iterable[Place]) -> str:
    numbers = sorted({number for _, number in places})
    word = "partition" if len(numbers) == 1 else "partitionerna"
    return f"{word} {listed([str(one) for one in numbers])}"


def _quoted(problems: Mapping[str, str]) -> str:
    return "; ".join(f"{part}: {why}" for part, why in problems.items())
