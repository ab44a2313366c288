"""Environment variables as the fields of a dataclass: what they are called, and what they mean."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, TypeVar, get_type_hints

SECRETS: Final = {"PASSWORD": "lösenordet", "TOKEN": "token"}
"""What is told by the file it stands in, ``…_FILE``, and what it is called."""
YES_OR_NO: Final = {"ALLOW_CLEARTEXT": ("no", "yes")}
_T = TypeVar("_T")


class VariableError(ValueError):
    """A variable can't be used; whoever set it must act. The message is one line."""


def variables(kind: type[Any], prefix: str) -> dict[str, Field[Any]]:
    """Return the fields of a dataclass, by the variables that they are read from."""
    return {prefix + one.name.upper(): one for one in fields(kind)}


def read(kind: type[_T], prefix: str, environ: Mapping[str, str]) -> _T:
    """Return what ``environ`` says with a dataclass, whose fields are text.

    Raises :class:`VariableError` for a variable that begins so and is none of them, for a secret,
    and for what is neither yes nor no where it should be.
    """
    known = variables(kind, prefix)
    for name in sorted(environ):
        its = name.removeprefix(prefix)
        if its in SECRETS and f"{name}_FILE" in known:
            if environ[name]:
                raise VariableError(
                    f"{name} kan läsas av andra på maskinen: lägg {SECRETS[its]} i en fil, och "
                    f"ange den med {name}_FILE"
                )
        elif name.startswith(prefix) and name not in known:
            raise VariableError(f"{name} är ingen inställning; de som finns: {', '.join(known)}")
    given = {one.name: environ.get(name, "").strip() for name, one in known.items()}
    told = kind(**{name: text for name, text in given.items() if text})
    for its, choices in YES_OR_NO.items():
        if f"{prefix}{its}" in known:
            require_one_of(f"{prefix}{its}", getattr(told, its.lower()), choices)
    return told


def require_one_of(name: str, text: str, choices: tuple[str, ...]) -> None:
    """Raise :class:`VariableError` if a variable says none of what it may."""
    if text not in choices:
        some = f"{', '.join(choices[:-1])} eller {choices[-1]}"
        raise VariableError(f"{name}={text!r} går inte: skriv {some}")


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
