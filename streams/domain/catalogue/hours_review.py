"""The review of opening hours in a catalogue: what concerns several values of them."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any, Final

from streams.domain import swedish
from streams.domain.catalogue.document import Document, Path
from streams.domain.catalogue.hours_form import CLOSED, WEEKDAYS, weekdays

WORKING: Final = WEEKDAYS[:5]


def review(document: Document, here: Path, hours: dict[str, Any]) -> None:
    """Blame weekdays and dates that stand twice, and seasons that end too soon or overlap."""
    _review_week(document, here, hours)
    seasons: list[tuple[date, date, Path]] = []
    for path, season in _items(here, hours, "seasons"):
        _review_week(document, path, season)
        begins, ends = season.get("valid_from"), season.get("valid_to")
        if not isinstance(begins, date) or not isinstance(ends, date):
            continue
        if ends <= begins:
            message = f"ska vara efter valid_from, {begins}; den dagen gäller tiderna inte längre"
            document.blame((*path, "valid_to"), message)
        else:
            seasons.append((begins, ends, path))
    for (_, ends, earlier), (begins, _, later) in pairwise(sorted(seasons)):
        if begins < ends:
            message = (
                f"tiderna på rad {document.line(earlier)} gäller också då; ändra den enas dagar"
            )
            document.blame((*later, "valid_from"), message)
    for section in ("shortened", "exceptions"):
        seen: dict[date, Path] = {}
        for path, item in _items(here, hours, section):
            days = item.get("days")
            for at, day in enumerate(days if isinstance(days, list) else []):
                place = (*path, "days", at)
                if isinstance(day, date) and day in seen:
                    message = (
                        f"{day} står redan på rad {document.line(seen[day])}; ta bort det ena"
                    )
                    document.blame(place, message)
                elif isinstance(day, date):
                    seen[day] = place


def review_office(document: Document, here: Path, municipality: dict[str, Any]) -> None:
    """Blame office hours without a closing time on a weekday: what is due that day has none."""
    name, sections = municipality.get("office_hours"), municipality.get("hours")
    if not isinstance(name, str) or not isinstance(sections, dict):
        return
    hours = sections.get(name)
    if not isinstance(hours, dict):
        return
    weeks = [((*here, "hours", name), hours), *_items((*here, "hours", name), hours, "seasons")]
    for path, part in weeks:
        week = part.get("week")
        if not isinstance(week, dict) or not all(_days(days) for days in week):
            continue
        open_days = {
            WEEKDAYS[day] for days, text in week.items() if text != CLOSED for day in _days(days)
        }
        missing = [swedish.WEEKDAYS[n] for n, day in enumerate(WORKING) if day not in open_days]
        if missing:
            message = (
                f"kontoret har ingen stängningstid på {', '.join(missing)}, så det som ska vara "
                "klart då får ingen; skriv alla vardagar"
            )
            document.blame((*path, "week"), message)


def _review_week(document: Document, here: Path, part: dict[str, Any]) -> None:
    week = part.get("week")
    seen: dict[int, str] = {}
    for written in week if isinstance(week, dict) else ():
        for day in _days(written):
            if day in seen:
                message = f"{swedish.WEEKDAYS[day]} står redan i {seen[day]}; ta bort den ena"
                document.blame((*here, "week", written), message)
                break
            seen[day] = written


def _days(written: str) -> range:
    try:
        return weekdays(written)
    except ValueError:  # blamed elsewhere
        return range(0)


def _items(here: Path, part: dict[str, Any], key: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    items = part.get(key)
    for at, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, dict):
            yield (*here, key, at), item
