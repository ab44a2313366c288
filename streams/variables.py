"""Environment variables as the fields of a dataclass: what they are called, and what they mean."""

from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints


def variables(kind: type[Any], prefix: str) -> dict[str, Field[Any]]:
    """Return the fields of a dataclass, by the variables that they are read from."""
    return {prefix + one.name.upper(): one for one in fields(kind)}


def described(kind: type[Any], prefix: str) -> str:
    """Return every variable with its meaning and its default, a line each.

    A field is ``Annotated`` with its meaning and, if its default does not speak for itself, with
    what stands in the place of that.
    """
    hints = get_type_hints(kind, include_extras=True)
    lines = []
    known = variables(kind, prefix)
    width = max(map(len, known))
    for name, one in known.items():
        meaning, *shown = hints[one.name].__metadata__
        default = shown[0] if shown else str(one.default).removesuffix(".0")
        told = "" if one.default is MISSING else f" [förval: {default}]"
        lines.append(f"{name:{width}}  {meaning}{told}")
    return "\n".join(lines)
