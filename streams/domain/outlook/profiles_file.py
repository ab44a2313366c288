"""The file of profiles: JSON, which ``svarsgrad learn-profile`` writes and others may read.

::

    {"version": 1, "municipalities": {"lulea": {"vaxel": {
        "days": 48, "day_spread": 0.11, "quarter_spread": 0.15, "talk_seconds": 41.2,
        "patience_seconds": 88.0, "levels": {"svar-15s": [0.71, …]},
        "clustering": {"svar-15s": 0.04},
        "week": {"mon": {"08:00": 31.5, …}, …}}}}}
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import orjson
from pydantic import Field, ValidationError

from streams.domain.catalogue.fields import Form, Ratio, Slug
from streams.domain.outlook.profile import QUARTERS, Profile

VERSION: Final = 1
"""Of the file's form; a newer one is refused as that."""
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUARTER_NAMES: Final = tuple(
    f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(0, 15 * QUARTERS, 15)
)
DECIMALS: Final = 4
MOST_BYTES: Final = 64 << 20
"""No file is larger: one of 300 municipalities with ten queues each is half of it."""

Profiles = Mapping[str, Mapping[str, Profile]]
"""By municipality and queue."""

Many = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0.001, le=100, allow_inf_nan=False)]
Time = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Day = dict[Literal[QUARTER_NAMES], Many]  # type: ignore[valid-type] # for msgspec


class ProfilesFileError(ValueError):
    """The file can't be used; whoever wrote it must act. The message is one line."""


class _QueueForm(Form):
    days: Annotated[int, Field(ge=0)]
    day_spread: Spread | None
    quarter_spread: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    talk_seconds: Time | None
    patience_seconds: Time | None
    levels: dict[Slug, list[Ratio]]
    clustering: dict[Slug, Ratio] = Field(default={})
    week: dict[Literal[WEEKDAYS], Day]  # type: ignore[valid-type] # likewise


class _FileForm(Form):
    version: Literal[1]
    municipalities: dict[Slug, dict[Slug, _QueueForm]]


def load_profiles(source: bytes, name: str) -> Profiles:
    """Return the profiles in the file called ``name``.

    Raises :class:`ProfilesFileError`, and nothing else.
    """
    if len(source) > MOST_BYTES:
        raise ProfilesFileError(f"{name} är större än 64 MiB; ange en fil med profiler")
    try:
        content = orjson.loads(source)
        _refuse_newer(content, name)
        filled = _FileForm.model_validate(content, strict=True)
    except orjson.JSONDecodeError as error:
        raise ProfilesFileError(
            f"{name} rad {error.lineno} är inte JSON; gör om filen med svarsgrad learn-profile"
        ) from None
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"] if part != "[key]")
        raise ProfilesFileError(
            f"{name}: {place or 'innehållet'} har inte rätt form; "
            "gör om filen med svarsgrad learn-profile"
        ) from None
    return {
        municipality: {queue: _profile(its) for queue, its in queues.items()}
        for municipality, queues in filled.municipalities.items()
    }


def _refuse_newer(content: object, name: str) -> None:
    found = content.get("version") if isinstance(content, dict) else None
    if isinstance(found, int) and found > VERSION:
        raise ProfilesFileError(
            f"{name} är av en nyare version ({found}) än den här svarsgrad ({VERSION}): "
            "uppgradera svarsgrad, eller gör om filen med svarsgrad learn-profile"
        )


def write_profiles(profiles: Profiles) -> bytes:
    """Return the file of some profiles."""
    data = {
        "version": VERSION,
        "municipalities": {
            municipality: {queue: _data(profile) for queue, profile in queues.items()}
            for municipality, queues in profiles.items()
        },
    }
    return orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _profile(form: _QueueForm) -> Profile:
    return Profile(
        week=tuple(
            tuple(
                round(form.week.get(weekday, {}).get(quarter, 0.0), DECIMALS)
                for quarter in QUARTER_NAMES
            )
            for weekday in WEEKDAYS
        ),
        day_spread=form.day_spread,
        quarter_spread=form.quarter_spread,
        days=form.days,
        talk_seconds=form.talk_seconds,
        patience_seconds=form.patience_seconds,
        levels={target: tuple(its) for target, its in form.levels.items()},
        clustering=form.clustering,
    )


def _data(profile: Profile) -> dict[str, object]:
    """Return a profile as plain data; quarters in which nothing comes are left out."""
    return {
        "days": profile.days,
        "day_spread": _rounded(profile.day_spread),
        "quarter_spread": round(profile.quarter_spread, DECIMALS),
        "talk_seconds": _rounded(profile.talk_seconds),
        "patience_seconds": _rounded(profile.patience_seconds),
        "levels": {
            target: [round(level, DECIMALS) for level in levels]
            for target, levels in profile.levels.items()
        },
        "clustering": {
            target: round(value, DECIMALS) for target, value in profile.clustering.items()
        },
        "week": {
            weekday: {
                quarter: round(count, DECIMALS)
                for quarter, count in zip(QUARTER_NAMES, day, strict=True)
                if round(count, DECIMALS)
            }
            for weekday, day in zip(WEEKDAYS, profile.week, strict=True)
        },
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)
