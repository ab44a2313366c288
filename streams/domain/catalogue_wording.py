"""What is said of a mistake in a catalogue: what is wrong, and what would be right, in Swedish."""

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Collection
from typing import Any, Final, get_args

from streams.domain.catalogue_form import form_at
from streams.domain.document import Path

_MAX_COMPARED: Final = 500
_UNQUOTED: Final = " utan citattecken"
_SECTIONS: Final = {"teamet": "teams", "kön": "queues", "målet": "targets"}

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
    "source": "source: och vilket dokument som lovar det",
}
"""Key → what to write where it is missing."""


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


def _not_text(written: str, value: Any, path: Path) -> str:
    if isinstance(value, (dict, list)):
        return f"ska vara en text, inte {_kind_of(value)}"
    del path
    return f'YAML läser inte {written} som text; skriv "{written}"'


def _not_a_number(written: str, value: Any, path: Path) -> str:
    is_goal = path[-1] == "goal"
    wanted = "en andel mellan 0 och 1" if is_goal else "ett helt antal sekunder"
    right = "till exempel 0.90" if is_goal else "till exempel 15"
    if isinstance(value, str) and (found := re.match(r"\s*([0-9]+(?:[.,][0-9]+)?)", value)):
        number = float(found[1].replace(",", "."))
        if is_goal:
            right = _share(number) or right
        elif number.is_integer():
            right = f"{number:.0f}"
    quotes = _UNQUOTED if written.startswith('"') else ""
    return f"{written} är inte {wanted}; skriv {right}{quotes}"


def _out_of_range(written: str, value: Any, path: Path) -> str:
    if path and path[-1] == "goal":
        share = _share(value) if value > 1 else None
        right = f"skriv {written} % som {share}" if share else "skriv till exempel 0.90"
        return f"{written} är inte en andel mellan 0 och 1; {right}"
    if value < 0:
        return f"{written} är mindre än noll; skriv sekunder, som 15"
    if value == 0:
        return "0 är för litet; skriv minst 1"
    return f"{written} är mer än ett dygn; skriv sekunder, som 15"


def _share(number: float) -> str | None:
    """Return a number, or a number of percent, as a share that YAML reads."""
    share = number if number <= 1 else number / 100
    if not 0 <= share <= 1:
        return None
    text = f"{share:.6f}".rstrip("0")
    return text if len(text) >= len("0.00") else f"{share:.2f}"


def _not_among(written: str, value: Any, path: Path) -> str:
    annotation = form_at(path[:-1]).model_fields[str(path[-1])].annotation
    choices = [str(choice) for choice in get_args(annotation)]
    near = nearest(str(value), choices)
    if len(choices) == 1:
        return f"{written} finns inte; skriv {choices[0]}"
    right = f"menade du {near}?" if near else f"skriv {_listed(choices)}"
    return f"{written} finns inte; {right}"


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
    if path and path[-1] == "targets":
        example = written if isinstance(value, str) else "svar-15s"
        return f"ska vara en lista; skriv [{example}]"
    return f"ska ha nycklar under sig, indragna, inte {written}"


def _not_a_mapping(written: str, value: Any, path: Path) -> str:
    del value
    if not path:
        return "filen ska ha version: 1 och municipalities: längst ut; se examples/lulea.yaml"
    return f"ska ha nycklar under sig, indragna, inte {written}"


def _empty(written: str, value: Any, path: Path) -> str:
    del written, value
    return f"är tom; skriv {_example(path)}"


def _too_long(written: str, value: Any, path: Path) -> str:
    del written, path
    return f"är {len(value)} tecken lång; skriv högst 200"


def _does_not_fit(written: str, value: Any, path: Path) -> str:
    del value, path
    return f"{written} passar inte här; jämför med examples/lulea.yaml"


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
    "list_type": _not_a_list,
    "dict_type": _not_a_mapping,
    "model_type": _not_a_mapping,
    "too_short": _empty,
}
"""Pydantic's name of an error → what to say, of (how it is written, the value, its path)."""


def _kind_of(value: Any) -> str:
    return "nycklar" if isinstance(value, dict) else "en lista"


def _listed(words: Collection[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} eller {last}" if most else last


def nearest(word: str, words: Collection[str], most: int = _MAX_COMPARED) -> str | None:
    """Return the word most like another; none if none is, or there are too many to compare."""
    near = difflib.get_close_matches(word[:80], words, n=1) if len(words) <= most else []
    return near[0] if near else None
