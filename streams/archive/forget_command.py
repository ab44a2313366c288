"""``svarsgrad forget``: erases old facts from the archive, by a decision that is noted."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from sqlalchemy import Engine

from streams import options
from streams.archive import database
from streams.archive.forgetting import Erasure
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError
from streams.domain.instants import moment
from streams.domain.swedish import count, day
from streams.domain.windows import day_of, item_horizon
from streams.ledgers import system_clock

_CALLED: Final = {
    "leg": "samtal i köer",
    "question": "frågor",
    "question_fact": "händelser i frågor",
    "case_copy": "ärenden",
    "case_fact": "händelser i ärenden",
    "case_contact": "kontakter i ärenden",
    "survey_answer": "enkätsvar",
    "staffed": "uppgifter om bemanning",
    "measure": "andras mätningar",
}


@click.command("forget")
@options.catalogue
@options.database
@options.database_password
@options.municipality
@click.option(
    "--before",
    metavar="DATUM",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="Allt som började före den dagen gallras, t.ex. 2024-01-01.",
)
@click.option(
    "--decision",
    metavar="HÄNVISNING",
    required=True,
    help="Gallringsbeslutet, t.ex. dess diarienummer: det står i protokollet.",
)
@click.option("--dry-run", is_flag=True, help="Visa vad som skulle gallras; gallra inget.")
def command(  # noqa: PLR0917 - click calls it by name
    catalogue: Path,
    told: str,
    password_file: str | None,
    municipality: str | None,
    before: datetime,
    decision: str,
    dry_run: bool,
) -> None:
    """Gallra arkivet enligt ett beslut.

    Allt som började före en dag tas bort. Allmänna handlingar får bara gallras enligt beslut: vad
    som gallrades, när och enligt vilket beslut skrivs ut som ett protokoll, och står kvar i
    arkivet. Det gallrade kommer inte tillbaka, även om ämnena läses om. Säkerhetskopior gallras
    var för sig.
    """
    if not decision.strip():
        raise click.UsageError("--decision är tomt: skriv gallringsbeslutets diarienummer")
    try:
        its = one_municipality(
            read_catalogue(catalogue, with_profiles=False), municipality, catalogue
        )
        erasure = Erasure(its.id, before.date(), its.zone, decision.strip())
        now = system_clock()
        last = day_of(item_horizon(now, its.zone).began, its.zone)
        if erasure.before > last:
            raise click.UsageError(
                f"--before {erasure.before} är för nära: räknarna räknar ännu med det som började "
                f"efter {last}; ange högst den dagen"
            )
        url = database.address(told, password_file)
        engine = database.engine_of(url, reads_only=dry_run)
        database.require(engine)
        with database.refusals(url):
            counts = _done(engine, erasure, now, is_tried=dry_run)
    except (CatalogueError, database.DatabaseError) as error:
        raise click.ClickException(str(error)) from None
    local = moment(now).astimezone(its.zone)
    head = "Skulle gallras" if dry_run else "Gallringsprotokoll"
    when = "" if dry_run else f"Gallrat {day(local.date())} kl. {local:%H.%M} "
    lines = [
        f"{head}: {its.name}, {database.told(url)}",
        f"{when}enligt {erasure.decision}: det som började före {day(erasure.before)}.",
        *(f"  {count(number)} {_CALLED[table]}" for table, number in counts.items()),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _done(engine: Engine, erasure: Erasure, now: int, *, is_tried: bool) -> dict[str, int]:
    if is_tried:
        with engine.connect() as connection:
            return erasure.counts(connection)
    with database.transaction(engine) as connection:
        counts = erasure.carry_out(connection, now)
    database.make_anew(engine)
    return counts
