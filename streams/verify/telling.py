"""What came of a comparison, in Swedish, a line each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from streams.domain.catalogue import Catalogue
from streams.domain.swedish import count, counted, listed
from streams.exposition.ledgers import Held
from streams.verify import Answers, Comparison, Difference
from streams.verify.scrape import Series

MOST: Final = 20
"""So many differences, and municipalities, are told one by one."""
BOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "calls": ("samtal", "samtal"),
    "questions": ("fråga", "frågor"),
    "cases": ("ärende", "ärenden"),
    "surveys": ("enkätsvar", "enkätsvar"),
    "presence": ("uppgift om bemanning", "uppgifter om bemanning"),
    "measures": ("inskrivet värde", "inskrivna värden"),
}
"""Book → what one thing in it is called, and several."""


def obstacles(catalogue: Catalogue, answers: Sequence[Answers]) -> dict[str, str]:
    """Return what keeps municipalities from being compared for certain, by municipality.

    Each should be shown by one worker, in both of its answers.
    """
    shown: dict[str, list[str]] = {name: [] for name in catalogue.municipalities}
    halves = set()
    for answer in answers:
        for name in answer.figures_of() | answer.books_of():
            shown.setdefault(name, []).append(answer.worker)
        halves |= answer.figures_of() ^ answer.books_of()
    found = {}
    for name, workers in shown.items():
        if name not in catalogue.municipalities:
            found[name] = f"finns hos {workers[0]} men inte i katalogen: ange räknarnas katalog"
        elif not workers:
            found[name] = "visas av ingen räknare: ange alla med --worker, eller se deras /readyz"
        elif len(workers) > 1:
            found[name] = f"visas av både {listed(workers)}: kör igen om en stund"
        elif name in halves:
            found[name] = f"visades av {workers[0]} bara i ett av två svar: kör igen om en stund"
    return found


def grouped(unsure: Mapping[str, str]) -> Iterator[str]:
    """Yield what keeps municipalities from being compared, those of one reason on a line."""
    for why in dict.fromkeys(unsure.values()):
        names = [name for name, its in unsure.items() if its == why]
        left = len(names) - MOST
        shown = names if left <= 0 else [*names[:MOST], f"{count(left)} till"]
        yield f"{listed(shown)} {why}"


def told(difference: Difference) -> str:
    """Return a difference as a line."""
    what, worker, name = difference.what, difference.worker, difference.municipality
    if isinstance(what, str):
        found, expected = (
            count(its.size) if isinstance(its, Held) else "inga"
            for its in (difference.found, difference.expected)
        )
        return (
            f"{name}: {BOOKS[what][1]} hos {worker} är inte de som finns i ämnet "
            f"({found} mot {expected})"
        )
    return (
        f"{name}: {_series(what)} är {_number(difference.found)} hos {worker}, "
        f"{_number(difference.expected)} enligt ämnet"
    )


def differences(comparison: Comparison) -> Iterator[str]:
    """Yield the first differences, and how many there are besides."""
    yield from map(told, comparison.differences[:MOST])
    left = len(comparison.differences) - MOST
    if left > 0:
        yield f"… och {counted(left, 'skillnad', 'skillnader')} till."


def summary(comparison: Comparison, *, is_whole: bool) -> str:
    """Return how it went, and how much was compared."""
    number = len(comparison.differences)
    parts = [
        counted(comparison.workers, "räknare", "räknare"),
        counted(len(comparison.municipalities), "kommun", "kommuner"),
        counted(comparison.figures, "siffra", "siffror"),
        *_held(comparison.held),
    ]
    if number:
        how = f"{counted(number, 'skillnad', 'skillnader')} mot ämnena"
        how += "" if is_whole else ", och allt kunde inte jämföras"
    else:
        how = "Allt stämmer" if is_whole else "Inget skiljer, men allt kunde inte jämföras"
    return f"{how}: {', '.join(parts)} jämfördes."


def _held(held: Counter[str]) -> Iterator[str]:
    for book, words in BOOKS.items():
        if held[book]:
            yield counted(held[book], *words)


def _series(of: Series) -> str:
    name, labels = of
    told = [f'{label}="{value}"' for label, value in sorted(labels) if label != "municipality"]
    return f"{name}{{{', '.join(told)}}}" if told else name


def _number(value: object) -> str:
    """Return a figure with all its decimals: those that differ may be the last."""
    if not isinstance(value, int | float):
        return "borta"
    return count(int(value)) if value == int(value) else repr(value).replace(".", ",")
