"""What is said of a mistake in a catalogue: what is wrong, and what would be right, in Swedish."""

import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date
from typing import Any, Final, get_args

from streams.domain.catalogue.alerts_form import is_address
from streams.domain.catalogue.document import Path
from streams.domain.catalogue.form import form_at
from streams.domain.catalogue.hours_form import WEEKDAYS, segments, weekdays
from streams.domain.nearest import nearest

_MOST_BARED: Final = 80
_UNQUOTED: Final = " utan citattecken"
_SECTIONS: Final = {
    "teamet": "teams",
    "kön": "queues",
    "målet": "targets",
    "öppettiden": "hours",
    "förvaltningen": "administrations",
}

_EXAMPLES: Final = {
    "version": "version: 1",
    "municipalities": "municipalities: och kommunerna under den",
    "queues": "queues: och köerna under den",
    "name": "name: Växeln",
    "zone": "zone: Europe/Stockholm",
    "kind": "kind: switchboard",
    "team": "team: kundcenter",
    "overflow_to": "overflow_to: kalix-tele24",
    "measure": "measure: answered_within",
    "limit_seconds": "limit_seconds: 15",
    "goal": "goal: 0.90",
    "valid_from": "valid_from: 2014-01-01",
    "week": 'week: {mon-fri: "08:00-17:00"}',
    "days": "days: [2026-04-02]",
    "closes": 'closes: "15:00"',
    "hours": "hours: closed",
    "valid_to": "valid_to: 2018-01-26",
    "promised_hours": "promised_hours: kontorstid",
    "published_hours": "published_hours: kontorstid",
    "office_hours": "office_hours: kontorstid",
    "limit": "limit: 2wd",
    "channels": "channels: [e_service]",
    "questions": "questions: [bemotande]",
    "guideline_hours": "guideline_hours: kontorstid",
    "begins": "begins: 2026-03-10 08:00",
    "ends": "ends: 2026-03-10 17:00",
    "operations": "operations: {email: drift@example.org}",
    "lead": "lead: {email: gruppledare@example.org}",
    "supervisor": "supervisor: {email: arbetsledare@example.org}",
    "source": "source: och vilket dokument som lovar det",
    "arrived": "arrived: Ankomst (kolumnens namn), eller arrived: [Datum, Tid]",
    "answered": "answered: Besvarat (kolumnens namn)",
    "outcome": "outcome: Resultat (kolumnens namn)",
    "outcomes": "outcomes: {Besvarat: answered, Avbrutet: abandoned}",
    "origin": "origin: Typ (kolumnens namn)",
    "queue_column": "queue_column: Kö (kolumnens namn)",
    "case": "case: Ärendenummer (kolumnens namn)",
    "opened": "opened: Registrerat (kolumnens namn), eller opened: [Datum, Tid]",
    "channel_column": "channel_column: Kanal (kolumnens namn)",
    "administration": "administration: Förvaltning (kolumnens namn)",
    "reopened": "reopened: Återöppnat (kolumnens namn)",
    "first_resolved": "first_resolved: Först avslutat (kolumnens namn)",
    "who": "who: {Kundtjänst: customer_centre, Förvaltning: administration}",
    "host": "host: imap.example.org",
    "user": "user: kundtjanst@example.org",
    "own": "own: [example.org]",
    "mailboxes": "mailboxes: och köernas mappar under den",
}
"""Key → what to write where it is missing."""
_DAYS_IN_SWEDISH: Final = dict(
    zip(("mån", "tis", "ons", "tor", "fre", "lör", "sön"), WEEKDAYS, strict=True)
) | {day: day for day in WEEKDAYS}


def wrong_value(problem: str, written: str, value: Any, path: Path) -> str:
    """Return what to say of a value: pydantic's name of the problem, and how it is written."""
    if value is None:
        return f"är tom; skriv {_example(path)}"
    return _EXPLAINED.get(problem, _does_not_fit)(written or _kind_of(value), value, path)


def missing(key: str) -> str:
    """Return what to say where a key is missing."""
    return f"saknas; skriv {_EXAMPLES.get(key, key + ':')}"


def unknown_key(key: str, keys: Collection[str]) -> str:
    """Return what to say of a key that the form doesn't have; ``keys`` are those it has."""
    near = nearest(key, keys)
    return f"okänd nyckel; {f'menade du {near}?' if near else f'här kan stå {_listed(keys)}'}"


def unknown_reference(written: str, what: str, ids: Collection[str]) -> str:
    """Return what to say of an id that stands for nothing; ``what`` says what it should."""
    near = nearest(written.strip('"'), ids)
    if near:
        return f"{what} {written} finns inte; menade du {near}?"
    return f"{what} {written} finns inte; lägg till det under {_SECTIONS[what]}, eller ta bort det"


_LISTS: Final[dict[str | int, str]] = {
    "overdue_list_to": "kundcenter@example.org",
    "targets": "svar-15s",
    "days": "2026-04-02",
    "promises": "nojda",
    "queues": "vaxel",
    "channels": "e_service",
    "questions": "bemotande",
    "tells": "handläggare",
    "callback_keys": '"1"',
    "agents": "vaxel",
    "formats": '"%d/%m/%Y %H:%M"',
    "none": '"-"',
    "durations": '"mm:ss"',
    **dict.fromkeys(
        (
            "arrived",
            "answered",
            "left",
            "ended",
            "called_back",
            "opened",
            "handed_over",
            "feedback",
            "resolved",
            "reopened",
            "first_resolved",
            "changed",
        ),
        "Datum, Tid",
    ),
    "sent": "Skickat",
    "own": "example.org",
    "e_service_senders": "formular@example.org",
    "case_senders": "arende@example.org",
    "forwarded_to": "teknik@example.org",
    "answered_otherwise": "Besvarat på annat sätt",
    "answered_otherwise_flags": "$Ringt",
    "no_answer_needed": "Behöver inget svar",
    "no_answer_needed_flags": "$Inget_svar",
    "spam": "Skräppost",
}
"""Key → an item of the list that stands under it, for short lists of words."""


def _example(path: Path) -> str:
    key = str(path[-1]) if path else ""
    return (
        f"till exempel {_EXAMPLES[key]}" if key in _EXAMPLES else "ett värde, eller ta bort raden"
    )


def bad_id(text: str) -> str:
    """Return what to say of an id that isn't a slug."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    right = f"skriv till exempel {slug}" if slug else "skriv till exempel vaxel"
    return f"ett id har bara a-z, 0-9 och bindestreck, högst 40 tecken; {right}"


_SECONDS: Final = ("sekunder", "15")
_COUNTED: Final[dict[str | int, tuple[str, str]]] = {
    "addresses": ("adresser", "40"),
    "longest_minutes": ("minuter", "720"),
}
"""Key → what a whole number there counts, and how many there may be; else it is seconds."""


def _not_text(written: str, value: Any, path: Path) -> str:
    if isinstance(value, (dict, list)):
        return f"ska vara en text, inte {_kind_of(value)}"
    if path and path[-1] in {"begins", "ends"}:
        return _not_an_instant(written, value, path)
    if path and path[-1] == "limit":
        return _not_a_limit(written, value, path)
    return f'YAML läser inte {written} som text; skriv "{written}"'


def _not_a_port(written: str) -> str:
    quotes = _UNQUOTED if written.startswith('"') else ""
    return f"{written} är ingen port; skriv till exempel 993{quotes}"


def _not_a_number(written: str, value: Any, path: Path) -> str:
    if path[-1] == "port":
        return _not_a_port(written)
    is_goal = path[-1] == "goal"
    unit, example = _COUNTED.get(path[-1], _SECONDS)
    wanted = "en andel mellan 0 och 1" if is_goal else f"ett helt antal {unit}"
    right = "till exempel 0.90" if is_goal else f"till exempel {example}"
    if isinstance(value, str) and (found := re.match(r"\s*([0-9]+(?:[.,][0-9]+)?)", value)):
        number = float(found[1].replace(",", "."))
        if is_goal:
            right = _share(number) or right
        elif number.is_integer():
            right = f"{number:.0f}"
    quotes = _UNQUOTED if written.startswith('"') else ""
    return f"{written} är inte {wanted}; skriv {right}{quotes}"


def _out_of_range(written: str, value: Any, path: Path) -> str:
    if path and path[-1] == "port":
        return _not_a_port(written)
    if path and path[-1] == "goal":
        share = _share(value) if value > 1 else None
        right = f"skriv {written} % som {share}" if share else "skriv till exempel 0.90"
        return f"{written} är inte en andel mellan 0 och 1; {right}"
    if path and path[-1] == "year":
        return f"{written} är inget år att jämföra; skriv till exempel 2018"
    unit, example = _COUNTED.get(path[-1], _SECONDS) if path else _SECONDS
    if value < 0:
        return f"{written} är mindre än noll; skriv {unit}, som {example}"
    if value == 0:
        return "0 är för litet; skriv minst 1"
    return f"{written} är mer än ett dygn; skriv {unit}, som {example}"


def _share(number: float) -> str | None:
    """Return a number, or a number of percent, as a share that YAML reads."""
    share = number if number <= 1 else number / 100
    if not 0 <= share <= 1:
        return None
    text = f"{share:.6f}".rstrip("0")
    return text if len(text) >= len("0.00") else f"{share:.2f}"


_IN_SWEDISH: Final = {
    "telefon": "phone",
    "epost": "email",
    "mejl": "email",
    "mail": "email",
    "etjanst": "e_service",
    "etjanster": "e_service",
    "chatt": "chat",
    "socialamedier": "social",
    "besok": "visit",
    "brev": "post",
}
"""What a channel is called in Swedish, bare → the channel."""


def _bare(word: str) -> str:
    """Return a word's letters without accents: ``E-tjänst`` and ``e_tjanst`` are ``etjanst``."""
    plain = unicodedata.normalize("NFKD", word[:_MOST_BARED].lower())
    return "".join(sign for sign in plain if sign.isascii() and sign.isalpha())


def _not_among(written: str, value: Any, path: Path) -> str:
    choices = _choices(_annotation(path))
    near = _IN_SWEDISH.get(_bare(str(value)))
    near = near if near in choices else nearest(str(value), choices)
    if len(choices) == 1:
        return f"{written} finns inte; skriv {choices[0]}"
    right = f"menade du {near}?" if near else f"skriv {_listed(choices)}"
    return f"{written} finns inte; {right}"


def _choices(annotation: Any) -> list[str]:
    """Return what may stand where one of some values must, or nothing at all."""
    found: list[str] = []
    for choice in get_args(annotation):
        if get_args(choice):
            found += _choices(choice)
        elif choice is not type(None):
            found.append(str(choice))
    return found


def _annotation(path: Path) -> Any:
    """Return what may stand at a path: a field of a form, or an item of one with several."""
    fields = form_at(path[:-1]).model_fields
    if str(path[-1]) in fields and isinstance(path[-1], str):
        return fields[path[-1]].annotation
    return get_args(_annotation(path[:-1]))[-1]


def _not_a_day(written: str, value: Any, path: Path) -> str:
    del path
    right = value if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)) else "2014-01-01"
    quotes = _UNQUOTED if written.startswith('"') else ""
    return f"{written} är inte en dag; skriv {right} (år-månad-dag){quotes}"


def _not_a_zone(written: str, value: Any, path: Path) -> str:
    del path
    names = zoneinfo.available_timezones()
    cities = {name.rpartition("/")[2].lower(): name for name in sorted(names)}
    near = cities.get(value.lower()) or nearest(value, names, most=len(names))
    if offset := re.fullmatch(
        r"(?:UTC|GMT)?([+-])([0-9]|0[0-9]|1[0-4])(?::?([0-5][0-9]))?", value
    ):
        near = f'"{offset[1]}{offset[2]:0>2}:{offset[3] or "00"}"'
    right = f"menade du {near}?" if near else "skriv till exempel Europe/Stockholm eller +01:00"
    return f"{written} är ingen känd tidszon; {right}"


def _not_a_list(written: str, value: Any, path: Path) -> str:
    key = next((part for part in reversed(path[-2:]) if part in _LISTS), None)
    if key is not None:
        example = written if isinstance(value, (str, date)) else _LISTS[key]
        return f"ska vara en lista; skriv [{example}]"
    return f"ska ha nycklar under sig, indragna, inte {written}"


def _not_a_mapping(written: str, value: Any, path: Path) -> str:
    if not path:
        return "filen ska ha version: 1 och municipalities: längst ut; se examples/lulea.yaml"
    if isinstance(value, str) and is_address(value):
        return f"ska ha nycklar under sig; skriv {path[-1]}: {{email: {value}}}"
    return f"ska ha nycklar under sig, indragna, inte {written}"


def _empty(written: str, value: Any, path: Path) -> str:
    del written, value
    return f"är tom; skriv {_example(path)}"


def _too_long(written: str, value: Any, path: Path) -> str:
    del written, path
    return f"är {len(value)} tecken lång; skriv högst 200"


def _not_segments(written: str, value: Any, path: Path) -> str:
    del path
    times = re.findall(r"([0-9]{1,2})[:.]?([0-9]{2})?", str(value))
    right = ", ".join(
        f"{_clock(*opens)}-{_clock(*closes)}"
        for opens, closes in zip(times[::2], times[1::2], strict=False)
    )
    wanted = "tider från-till i ordning, utan att de möts, eller closed"
    example = right if right and _is_segments(right) else "08:00-12:00, 13:00-17:00"
    return f'{written} är inte {wanted}; skriv till exempel "{example}"'


def _clock(hour: str, minute: str) -> str:
    return f"{hour:0>2}:{minute or '00'}"


def _is_segments(text: str) -> bool:
    try:
        segments(text)
    except ValueError:
        return False
    return True


def _not_a_limit(written: str, value: Any, path: Path) -> str:
    del path
    text = str(value)
    if re.fullmatch(r"[1-9][0-9]?", text):
        right = f"{text}wd (arbetsdagar), {text}wh (timmar) eller {text}d (dygn)"
        return f"{written} saknar enhet; skriv {right}"
    right = "2wd (arbetsdagar), 8wh (timmar) eller 3d (dygn)"
    return f"{written} är ingen svarstid; skriv {right}"


def _not_a_time(written: str, value: Any, path: Path) -> str:
    del path
    found = re.fullmatch(r"\s*([01]?[0-9]|2[0-3])(?:[:.]([0-5][0-9]))?\s*", str(value))
    right = _clock(found[1], found[2]) if found else "15:00"
    return f'{written} är inte ett klockslag; skriv "{right}"'


def _not_weekdays(written: str, value: Any, path: Path) -> str:
    del path
    parts = [_DAYS_IN_SWEDISH.get(part[:3].lower(), "") for part in str(value).split("-")]
    right = "-".join(parts) if all(parts) else "mon-fri"
    example = right if _is_weekdays(right) else "mon-fri"
    return f"{written} är inte veckodagar; skriv {example} (mon, tue, wed, thu, fri, sat, sun)"


def _is_weekdays(text: str) -> bool:
    try:
        weekdays(text)
    except ValueError:
        return False
    return True


def _not_an_instant(written: str, value: Any, path: Path) -> str:
    del value, path
    return f"{written} är ingen tidpunkt; skriv till exempel 2026-03-10 08:00"


def _does_not_fit(written: str, value: Any, path: Path) -> str:
    del value, path
    return f"{written} passar inte här; jämför med examples/lulea.yaml"


def _not_an_address(written: str, value: Any, path: Path) -> str:
    del path
    local, at, domain = str(value).partition("@")
    if not domain.isascii():
        with suppress(UnicodeError):
            right = f"{local}{at}{domain.encode('idna').decode('ascii')}"
            if is_address(right):
                return f"{written} har en domän med å, ä eller ö; skriv {right}"
    return f"{written} är ingen e-postadress; skriv till exempel vaxel@example.org"


def _not_a_link(written: str, value: Any, path: Path) -> str:
    del value, path
    return f"{written} är ingen länk; skriv till exempel https://larm.example.org"


def _not_a_format(written: str, value: Any, path: Path) -> str:
    del value, path
    return (
        f"{written} är inget sätt att skriva en tid; skriv med %Y (eller %y), %m, %d, %H, %M, "
        'och %S om den har sekunder, till exempel "%d/%m/%Y %H:%M"'
    )


def _two_at_most(written: str, value: Any, path: Path) -> str:
    del written, value, path
    return "är för många kolumner; skriv en, eller två: [Datum, Tid]"


def _not_senders(written: str, value: Any, path: Path) -> str:
    del value, path
    return f"{written} är varken adress eller domän; skriv till exempel example.org"


def _not_a_flag(written: str, value: Any, path: Path) -> str:
    del value, path
    return f"{written} är ingen flagga i IMAP; skriv till exempel $Ringt (utan å, ä, ö, blanksteg)"


def _not_a_pattern(written: str, value: Any, path: Path) -> str:
    del value, path
    return (
        f"{written} är inget reguljärt uttryck för ett ärendenummer; skriv till exempel "
        "'KC-[0-9]{4}-[0-9]+' (högst 100 tecken)"
    )


_EXPLAINED: Final[dict[str, Callable[[str, Any, Path], str]]] = {
    "string_type": _not_text,
    "string_pattern_mismatch": _empty,
    "string_too_long": _too_long,
    "int_type": _not_a_number,
    "float_type": _not_a_number,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
    "literal_error": _not_among,
    "date_type": _not_a_day,
    "unknown_zone": _not_a_zone,
    "address": _not_an_address,
    "link": _not_a_link,
    "senders": _not_senders,
    "flag": _not_a_flag,
    "pattern": _not_a_pattern,
    "segments": _not_segments,
    "time": _not_a_time,
    "limit": _not_a_limit,
    "instant": _not_an_instant,
    "weekdays": _not_weekdays,
    "list_type": _not_a_list,
    "dict_type": _not_a_mapping,
    "model_type": _not_a_mapping,
    "too_short": _empty,
    "too_long": _two_at_most,
    "time_format": _not_a_format,
}
"""Pydantic's name of an error → what to say, of (how it is written, the value, its path)."""


def _kind_of(value: Any) -> str:
    return "nycklar" if isinstance(value, dict) else "en lista"


def _listed(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} eller {last}" if most else last
