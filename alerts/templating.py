"""Pieces of Prometheus' templates: texts with figures that are asked for when they are sent.

A figure that there is none of is said to be missing, never 0. Shares are rounded away from what
would flatter, so that no message says that 90 % is under 90 %.
"""

from typing import Final

from streams.domain.swedish import NO_DATA

_TINY: Final = "0.000001"
"""So that what is 90 % but for the last digit of a binary fraction is not 89 %."""


def figure(expr: str, how: str, unit: str = "", none: str = NO_DATA) -> str:
    """Return a text of a figure, or that there is none."""
    return (
        f"{{{{ with query `{expr}` }}}}{{{{ . | first | value | {how} }}}}{unit}"
        f"{{{{ else }}}}{none}{{{{ end }}}}"
    )


def reached(expr: str) -> str:
    """Return a share that was reached, in whole percent, rounded down."""
    return figure(f"floor(100 * ({expr}) + {_TINY})", 'printf "%.0f"', " %")


def required(expr: str) -> str:
    """Return a share that must be reached, in whole percent, rounded up."""
    return figure(f"ceil(100 * ({expr}) - {_TINY})", 'printf "%.0f"', " %")


def promised(expr: str) -> str:
    """Return a goal as it is written: 90 %, 98,5 %."""
    return figure(f"100 * {expr}", 'printf "%.4g" | reReplaceAll "[.]" ","', " %")


def count(expr: str) -> str:
    """Return a whole number."""
    return figure(expr, 'printf "%.0f"')


def counted(expr: str, one: str, several: str) -> str:
    """Return a number of things."""
    return when(f"{expr} == 1", f"1 {one}", f"{count(expr)} {several}")


def seconds(expr: str) -> str:
    """Return a wait: seconds, or whole minutes from two on."""
    minutes = figure(f"floor({expr} / 60) >= 2", 'printf "%.0f"', " min", none="")
    return when(f"{expr} >= 120", minutes, figure(expr, 'printf "%.0f"', " s"))


def lateness(expr: str) -> str:
    """Return for how long something is late: hours, or days from two on."""
    days = figure(f"floor({expr} / 86400)", 'printf "%.0f"', " dygn")
    hours = when(
        f"{expr} >= 7200",
        figure(f"floor({expr} / 3600)", 'printf "%.0f"', " timmar"),
        when(f"{expr} >= 3600", "en timme", "mindre än en timme"),
    )
    return when(f"{expr} >= 172800", days, hours)


def when(expr: str, text: str, otherwise: str = "") -> str:
    """Return a text that is there if there is a figure, and another if not."""
    other = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ if query `{expr}` }}}}{text}{other}{{{{ end }}}}"
