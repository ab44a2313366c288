"""``svarsgrad dashboards annotate``: notes on the boards what happened, as an outage."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from dashboards.grafana.annotating import Done, Note, annotate, tag
from dashboards.grafana.options import connection_options, grafana_as_told
from streams.domain.instants import micros, moment
from streams.domain.swedish import period
from streams.instants_as_typed import typed_instant

ZONE: Final = ZoneInfo("Europe/Stockholm")
TAG: Final = "svarsgrad"
SAID: Final = {
    Done.WRITTEN: "Antecknat",
    Done.THERE: "Fanns redan",
    Done.ENDED: "Slutet är ändrat",
}


@click.command(
    "annotate", options_metavar="[FLAGGOR]", short_help="Anteckna i Grafana vad som har hänt."
)
@connection_options
@click.argument("text")
@click.option(
    "--tag", "tags", metavar="TAGG", multiple=True, default=(TAG,), show_default=True,
    help="Det som tavlorna väljer anteckningar efter; kan anges flera gånger.",
)  # fmt: skip
@click.option("--at", metavar="TIDPUNKT", help="När det hände, svensk tid; annars nu.")
@click.option("--until", metavar="TIDPUNKT", help="När det slutade; kan läggas till efteråt.")
def write(
    text: str, tags: tuple[str, ...], at: str | None, until: str | None, **told: Any
) -> None:
    """Anteckna i Grafana vad som har hänt, till exempel ett avbrott.

    Med samma text, tid och taggar en gång till blir det ingen ny anteckning.
    """
    note = _note(text, tags, at, until, datetime.now(UTC))
    with grafana_as_told(**told) as server:
        done = annotate(server, note)
    click.echo(f"{SAID[done]}: {' '.join(note.text.split())} ({_when(note)})")


def _note(
    text: str, tags: tuple[str, ...], at: str | None, until: str | None, now: datetime
) -> Note:
    """Return what is told; :class:`click.UsageError` for what Grafana would not take as it is."""
    if not text.strip():
        raise click.UsageError("TEXT är tom: skriv vad som har hänt")
    kept = {tag(one): one for one in tags}
    if "" in kept:
        raise click.UsageError(f"--tag {kept['']!r} är ingen tagg: skriv ett ord")
    start = _milliseconds(typed_instant(at, "--at", ZONE) if at else micros(now))
    end = _milliseconds(typed_instant(until, "--until", ZONE)) if until else None
    if end is not None and end < start:
        raise click.UsageError("--until ligger före --at: byt plats på dem")
    return Note(text.strip(), start, end, frozenset(kept))


def _milliseconds(at: int) -> int:
    return at // 1000


def _when(note: Note) -> str:
    start = moment(note.at * 1000).astimezone(ZONE)
    if note.until is None or note.until == note.at:
        return f"{start:%Y-%m-%d kl. %H.%M}"
    return period(start, moment(note.until * 1000).astimezone(ZONE))
