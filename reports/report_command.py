"""``svarsgrad report``: the report on a month, a year or a part of one, for a board."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from sqlalchemy.engine import Connection

from reports import overdue_command, pages, pdf, periods, rows_file, workbook
from reports.analysis import Analysis, AnalysisError, read_analysis
from reports.comparison import ComparisonError, Comparisons, read_comparisons
from reports.document import Document, Head
from reports.established import Decision, Standing
from reports.evidence import Evidence, NothingToReportError, gather
from reports.periods import Period, PeriodError
from streams import options
from streams.archive import database
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError, Municipality
from streams.domain.instants import moment
from streams.domain.swedish import listed, reason
from streams.instants_as_typed import typed_instant
from streams.ledgers import system_clock
from streams.whole_file import FOR_ALL, write_all_whole

FORMATS: Final = ("html", "pdf", "xlsx", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as it was typed."""

    catalogue: Path
    told: str
    password_file: str | None
    municipality: str | None
    formats: str
    folder: Path
    administration: str | None
    analysis: Path | None
    comparison: Path | None
    dnr: str
    case_worker: str
    dated: datetime | None
    at: str | None
    decision: str | None


_OPTIONS: Final = (
    options.catalogue,
    options.database,
    options.database_password,
    options.municipality,
    click.option(
        "--format",
        "formats",
        metavar="FORMAT",
        default="pdf,xlsx,csv,html",
        show_default=True,
        help="html, pdf, xlsx och csv, med komma emellan.",
    ),
    click.option(
        "--to",
        "folder",
        metavar="MAPP",
        type=click.Path(path_type=Path),
        default=Path(),
        help="Mappen som rapporten sparas i, annars den här.",
    ),
    click.option(
        "--administration", metavar="ID", help="Bara en förvaltning, med dess id i katalogen."
    ),
    click.option(
        "--analysis",
        metavar="FIL",
        type=click.Path(path_type=Path),
        help="Egen analys, åtgärder och förslag till beslut, i Markdown.",
    ),
    click.option(
        "--comparison",
        metavar="FIL",
        type=click.Path(path_type=Path),
        help="Andra kommuners nyckeltal (CSV: kpi, municipality, period, value).",
    ),
    click.option("--dnr", metavar="DNR", default="", help="Diarienummer."),
    click.option(
        "--case-worker", metavar="TEXT", default="", help="Handläggare, som det ska stå."
    ),
    click.option(
        "--dated",
        metavar="DATUM",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Rapportens datum, annars i dag.",
    ),
    click.option(
        "--at",
        metavar="TIDPUNKT",
        help="Räkna som läget var då, annars vid periodens slut.",
    ),
    click.option(
        "--establish",
        "decision",
        metavar="BESLUT",
        help="Rapporten är fastställd enligt det här beslutet: siffrorna och löftena som de nu "
        "står sparas i arkivet, och senare ändringar blir rättelser.",
    ),
)


def _asked(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all options of a report; it is called with :class:`Asked`."""

    def called(*, period: str, **told: Any) -> None:
        command(period, Asked(**told))

    called.__doc__ = command.__doc__
    its: Callable[..., None] = called
    for option in reversed(_OPTIONS):
        its = option(its)
    return its


@click.group("report", subcommand_metavar="KOMMANDO …")
def command() -> None:
    """Gör rapporten om en månad, ett år eller en del av ett år.

    Siffrorna kommer ur arkivet, och är de som svarsgrad replay har. Rapporten är ett utkast tills
    den fastställs.
    """


@command.command("month", options_metavar="[FLAGGOR]")
@click.argument("period", metavar="ÅÅÅÅ-MM")
@_asked
def month_command(period: str, asked: Asked) -> None:
    """Gör en månadsrapport."""
    _run(asked, lambda: periods.month(period))


@command.command("year", options_metavar="[FLAGGOR]")
@click.argument("period", metavar="ÅÅÅÅ")
@_asked
def year_command(period: str, asked: Asked) -> None:
    """Gör en årsrapport."""
    _run(asked, lambda: periods.year(period))


@command.command("delar", options_metavar="[FLAGGOR]")
@click.option("--through", "period", metavar="ÅÅÅÅ-MM", required=True, help="Till och med.")
@_asked
def part_command(period: str, asked: Asked) -> None:
    """Gör en delårsrapport: från januari, med prognos för helåret."""
    _run(asked, lambda: periods.part(period))


command.add_command(overdue_command.command)


def _run(asked: Asked, period_asked: Callable[[], Period]) -> None:
    try:
        formats = _formats(asked.formats)
        period = period_asked()
        catalogue = read_catalogue(asked.catalogue)
        municipality = one_municipality(catalogue, asked.municipality, asked.catalogue)
        _require_administration(municipality, asked.administration)
        _require_folder(asked.folder)
        now = system_clock()
        periods.require_past(period, now, municipality.zone)
        if asked.decision is not None and not asked.decision.strip():
            raise click.UsageError("--establish är tomt: skriv beslutet, t.ex. KS-AU § 12")
        as_of = _as_of(asked, period, municipality, now)
        analysis = (
            read_analysis(asked.analysis, list(municipality.targets))
            if asked.analysis
            else Analysis()
        )
        compared = (
            read_comparisons(asked.comparison, municipality, period.first.year)
            if asked.comparison
            else None
        )
        url = database.address(asked.told, asked.password_file)
        with Console(stderr=True).status("Gör rapporten …") as status:
            with database.opened_to_read(url) as connection:
                evidence = gather(
                    connection,
                    municipality,
                    period,
                    as_of,
                    lambda doing: status.update(f"Gör rapporten: {doing} …"),
                )
                standing = _standing(asked, evidence, connection, now)
            document = _composed(asked, evidence, standing, analysis, compared)
            files = _drawn(document, formats, lambda what: status.update(f"Ritar {what} …"))
        written = _write(asked, evidence, files)
        if asked.decision is not None:
            with database.refusals(url), database.engine_of(url).begin() as connection:
                standing.keep(connection)
    except (
        AnalysisError, CatalogueError, ComparisonError, NothingToReportError, PeriodError,
        database.DatabaseError, pdf.PdfError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None
    for path in written:
        click.echo(str(path))


def _formats(text: str) -> list[str]:
    told = [part.strip() for part in text.split(",") if part.strip()]
    strange = [its for its in told if its not in FORMATS]
    if strange or not told:
        raise click.UsageError(
            f"--format {(strange or [text])[0]!r} finns inte: välj bland {listed(list(FORMATS))}"
        )
    return list(dict.fromkeys(told))


def _require_administration(municipality: Municipality, told: str | None) -> None:
    known = municipality.administrations
    if told is not None and told not in known:
        those = f"välj bland {listed(sorted(known))}" if known else "katalogen har inga"
        raise click.UsageError(f"förvaltningen {told} finns inte: {those}")


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise click.UsageError(f"--to {folder}: mappen finns inte; skapa den")


def _as_of(asked: Asked, period: Period, municipality: Municipality, now: int) -> int:
    end = period.window(municipality.zone).end
    if asked.at is None:
        return end
    at = typed_instant(asked.at, "--at", municipality.zone)
    if not end <= at <= now:
        raise click.UsageError("--at måste ligga vid eller efter periodens slut, och inte framåt")
    return at


def _standing(asked: Asked, evidence: Evidence, connection: Connection, now: int) -> Standing:
    return Standing.of(
        connection,
        evidence,
        asked.administration,
        Decision(asked.decision.strip(), now, _dated(asked))
        if asked.decision is not None
        else None,
    )


def _composed(
    asked: Asked,
    evidence: Evidence,
    standing: Standing,
    analysis: Analysis,
    compared: Comparisons | None,
) -> Document:
    # What draws takes memory too: it is loaded when what was read has been let go of.
    from reports.composing import compose  # noqa: PLC0415

    municipality, period = evidence.municipality, evidence.period
    kind = {"month": "månadsrapport", "year": "", "part": "delårsrapport"}[period.kind]
    of = ""
    if asked.administration is not None:
        of = f", {municipality.administrations[asked.administration].name}"
    as_of = moment(evidence.as_of).astimezone(municipality.zone)
    head = Head(
        municipality=f"{municipality.name} kommun",
        title=f"Kundservicerapport {municipality.name} kommun {period.said}"
        + (f", {kind}" if kind else "")
        + of,
        dated=_dated(asked),
        status=standing.said,
        is_draft=standing.is_draft,
        dnr=asked.dnr,
        case_worker=asked.case_worker,
        as_of=f"Siffrorna är som läget var {as_of:%Y-%m-%d kl. %H.%M}.",
    )
    return compose(
        evidence,
        head,
        analysis=analysis,
        compared=compared,
        corrections=standing.section,
        administration=asked.administration,
    )


def _dated(asked: Asked) -> str:
    at = asked.dated or datetime.now(UTC).astimezone()
    return at.date().isoformat()


def _drawn(
    document: Document, formats: list[str], progress: Callable[[str], None]
) -> dict[str, bytes]:
    """Return the files of a report by what their names end with; nothing is written yet."""
    files: dict[str, bytes] = {}
    page = pages.page(document) if {"html", "pdf"} & set(formats) else ""
    for format_ in formats:
        progress(format_.upper())
        match format_:
            case "html":
                files["html"] = page.encode()
            case "pdf":
                identifier = hashlib.sha256(page.encode()).digest()[:16]
                files["pdf"] = pdf.printed(page, identifier)
            case "xlsx":
                files["xlsx"] = workbook.workbook(document)
            case _:
                files["csv"] = rows_file.for_excel(document)
                files["plain.csv"] = rows_file.plain(document)
    return files


def _write(asked: Asked, evidence: Evidence, files: dict[str, bytes]) -> list[Path]:
    """Write all files, or none; return where they are."""
    of = f"-{asked.administration}" if asked.administration else ""
    name = f"kundservicerapport-{evidence.municipality.id}{of}-{evidence.period.name}"
    named = {asked.folder / f"{name}.{suffix}": content for suffix, content in files.items()}
    try:
        write_all_whole(named, FOR_ALL)
    except OSError as error:
        raise click.ClickException(
            f"rapporten går inte att spara i {asked.folder}: {reason(error)}; inget är ändrat där"
        ) from None
    return list(named)
