"""Numbers, shares and times as Swedes write them: decimal comma, 24 hours, no-break spaces.

Also what the system says of files, in Swedish.
"""

import errno
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

WEEKDAYS: Final = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
MONTHS: Final = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
NO_DATA: Final = "inga data"
_NBSP: Final = "\N{NO-BREAK SPACE}"
_REASONS: Final = {
    errno.EACCES: "behörighet saknas",
    errno.EPERM: "det är inte tillåtet",
    errno.ENOENT: "filen eller mappen finns inte",
    errno.EEXIST: "en fil är i vägen",
    errno.ENOTDIR: "en fil är i vägen",
    errno.EISDIR: "det är en mapp",
    errno.ENOTEMPTY: "mappen är inte tom",
    errno.EROFS: "filsystemet är skrivskyddat",
    errno.ENOSPC: "disken är full",
    errno.EDQUOT: "diskkvoten är slut",
    errno.EFBIG: "filen blir för stor",
    errno.EIO: "fel på disken",
    errno.ESTALE: "nätverksdisken svarar inte som den ska",
    errno.EBUSY: "den är upptagen",
    errno.ENXIO: "ingen tar emot i andra änden",
    errno.EPIPE: "mottagaren har slutat läsa",
    errno.ELOOP: "länkarna går runt i ring",
    errno.ENAMETOOLONG: "namnet är för långt",
    errno.EMFILE: "för många filer är öppna",
    errno.ENFILE: "för många filer är öppna",
    errno.ENOMEM: "minnet räcker inte",
    errno.ECONNREFUSED: "ingen lyssnar där",
    errno.ECONNRESET: "förbindelsen bröts",
    errno.EHOSTUNREACH: "maskinen går inte att nå",
    errno.ENETUNREACH: "nätet går inte att nå",
    errno.ETIMEDOUT: "det tog för lång tid",
}


def percent(ratio: float | None, decimals: int = 1) -> str:
    """Return a ratio in [0, 1] as a share, ``"84,7 %"``; no value is ``"inga data"``."""
    if ratio is None:
        return NO_DATA
    return f"{100 * ratio:.{decimals}f}".replace(".", ",") + f"{_NBSP}%"


def count(value: int) -> str:
    """Return a whole number with a no-break space between thousands: ``"1 234"``."""
    return f"{value:,}".replace(",", _NBSP)


def counted(number: int, one: str, several: str) -> str:
    """Return a number of things: ``"1 kopia"``, ``"3 kopior"``."""
    return f"{count(number)} {one if number == 1 else several}"


def span(low: float | None, high: float | None) -> str:
    """Return an interval of ratios as shares, ``"49,9–58,0 %"``; none is ``"–"``."""
    if low is None or high is None:
        return "–"
    return f"{percent(low).removesuffix(f'{_NBSP}%')}–{percent(high)}"


def share(goal: float) -> str:
    """Return a goal as a share just as it was typed, ``"98,5 %"``: it is never rounded."""
    written = (Decimal(str(goal)) * 100).normalize()
    return f"{written:f}".replace(".", ",") + f"{_NBSP}%"


def limit(seconds: int) -> str:
    """Return a limit, ``"15 s"``, and whole minutes from two on as ``"5 min"``."""
    return f"{seconds // 60} min" if seconds >= 120 and seconds % 60 == 0 else f"{seconds} s"


def decimal(value: float) -> str:
    """Return a number with a decimal comma and no more decimals than it has: ``"89,3"``."""
    return f"{value:.6f}".rstrip("0").rstrip(".").replace(".", ",")


def deadline(number: int, unit: str) -> str:
    """Return a limit in days or hours: ``"2 arbetsdagar"``, ``"8 timmar"``, ``"3 dygn"``."""
    one, several = {
        "wd": ("arbetsdag", "arbetsdagar"),
        "wh": ("öppen timme", "öppna timmar"),
        "d": ("dygn", "dygn"),
    }[unit]
    return counted(number, one, several)


def promise(goal: float | None, limit_seconds: int | None) -> str:
    """Return what is promised: ``"90 % ≤ 15 s"``, ``"högst 10 %"`` or ``"i medel ≤ 50 s"``."""
    if limit_seconds is None:
        return f"högst {share(goal or 0)}"
    return f"{'i medel' if goal is None else share(goal)} ≤ {limit(limit_seconds)}"


def mean_seconds(value: float | None) -> str:
    """Return a mean duration in seconds, ``"42,3 s"``; no value is ``"inga data"``."""
    return NO_DATA if value is None else f"{value:.1f}".replace(".", ",") + f"{_NBSP}s"


def day(value: date) -> str:
    """Return a date in full: ``"tisdag 23 juni 2026"``."""
    return f"{WEEKDAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]} {value.year}"


def clock(value: datetime) -> str:
    """Return a time of day as its zone has it: ``"17.00"``, with seconds where there are any."""
    return f"{value:%H.%M.%S}" if value.second else f"{value:%H.%M}"


def period(start: datetime, end: datetime) -> str:
    """Return a stretch of time, ``"2026-03-10 kl. 08.00–12.00"``; whole days by their dates."""
    first, after = start.date(), end.date()
    if start.time() == end.time() == time() and first < after:
        last = after - timedelta(days=1)
        return f"{first}" if first == last else f"{first} till och med {last}"
    if first == after:
        return f"{first} kl. {clock(start)}–{clock(end)}"
    return f"{first} kl. {clock(start)} – {after} kl. {clock(end)}"


def listed(words: list[str]) -> str:
    """Return words as a list: ``"julafton, juldagen och annandag jul"``; none of none."""
    *most, last = words or [""]
    return f"{', '.join(most)} och {last}" if most else last


def reason(error: OSError) -> str:
    """Return why the system refused, ``"behörighet saknas"``; its name for what has no words."""
    number = error.errno or 0
    return _REASONS.get(number) or f"systemfel {errno.errorcode.get(number, number)}"
