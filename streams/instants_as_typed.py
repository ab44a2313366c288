"""Instants as people type them on the command line."""

from datetime import datetime, tzinfo

import click

from streams.domain.instants import micros, moment

EXAMPLE = "2026-03-10T10:15"


def typed_instant(text: str, name: str, zone: tzinfo | None = None) -> int:
    """Return the instant of an ISO 8601 text; without an offset it is a time in ``zone``.

    ``click.UsageError`` for what isn't one, for a time the zone's clock skips or shows twice, and
    for one without an offset where there is no zone.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or (at.tzinfo is None and zone is None):
        example = EXAMPLE if zone else f"{EXAMPLE}+01:00"
        what = "tidpunkt" if zone else "tidpunkt med zon"
        raise click.UsageError(f"{name}: {text!r} är ingen {what}; skriv till exempel {example}")
    if not 1970 < at.year < 3000:
        raise click.UsageError(f"{name}: {text!r} ligger inte mellan 1971 och 2999")
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
        offsets = {at.replace(fold=fold).utcoffset() for fold in (0, 1)}
        if len(offsets) > 1:
            shown = moment(micros(at)).astimezone(zone).replace(tzinfo=None)
            how = "två gånger" if shown == at.replace(tzinfo=None) else "inte"
            raise click.UsageError(
                f"{name}: klockan visade {how} {text} den dagen; skriv med förskjutning, "
                f"till exempel {EXAMPLE}+01:00"
            )
    return micros(at)
