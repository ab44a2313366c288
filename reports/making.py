"""Makes a report as it was asked for: what is given, the figures, the files, and what is kept."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from sqlalchemy import URL
from sqlalchemy.engine import Connection

from reports import periods
from reports.analysis import Analysis, AnalysisError, read_analysis
from reports.comparison import ComparisonError, Comparisons, read_comparisons
from reports.document import Document, Head, Paragraph
from reports.established import Decision, Standing
from reports.evidence import Evidence, NothingToReportError, gather
from reports.formats import pages, pdf, rows_file, workbook
from reports.periods import Period, PeriodError
from streams import options
from streams.archive import database
from streams.catalogue_file import one_municipality, read_catalogue
from streams.domain.catalogue import CatalogueError, Municipality
from streams.domain.instants import moment
from streams.domain.swedish import listed, reason
from streams.domain.windows import day_of
from streams.instants_as_typed import typed_instant
from streams.ledgers import system_clock
from streams.whole_file import FOR_ALL, staged

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
    dated: str | None
    at: str | None
    decision: str | None
    is_brief: bool


def make(asked: Asked, period_asked: Callable[[], Period]) -> None:
    """Make the report that was asked for, and say where it is. Raises ``click.ClickException``."""
    try:
        formats = _formats(asked.formats)
        period = period_asked()
        catalogue = read_catalogue(asked.catalogue)
        municipality = one_municipality(catalogue, asked.municipality, asked.catalogue)
        _require_administration(municipality, asked.administration)
        now = system_clock()
        periods.require_past(period, now, municipality.zone)
        if asked.decision is not None and not asked.decision.strip():
            raise click.UsageError("--establish är tomt: skriv beslutet, t.ex. KS-AU § 12")
        as_of = _as_of(asked, period, municipality, now)
        _dated(asked, municipality)  # what is typed wrong is told before all is read
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
                if standing.is_unchanged:
                    last = standing.established[-2]
                    raise click.UsageError(
                        f"--establish: rapporten är redan fastställd enligt {last.decision}, och "
                        "inget har ändrats sedan dess"
                    )
            document = _composed(asked, evidence, standing, analysis, compared)
            files = _drawn(document, formats, lambda what: status.update(f"Ritar {what} …"))
        written = _named(asked, evidence, files)
        try:
            options.make_folder(asked.folder)
            with staged(written, FOR_ALL):
                if asked.decision is not None:
                    _keep(standing, url)
        except OSError as error:
            raise click.ClickException(
                f"rapporten går inte att spara i {asked.folder}: {reason(error)}; inget är ändrat"
            ) from None
    except (
        AnalysisError, CatalogueError, ComparisonError, NothingToReportError, PeriodError,
        database.DatabaseError, pdf.PdfError,
    ) as error:  # fmt: skip
        raise click.ClickException(str(error)) from None
    for heading in analysis.others:
        click.echo(f"Rubriken {heading!r} står under Analys och åtgärder", err=True)
    click.echo(_said(standing, document), err=True)
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
        Decision(asked.decision.strip(), now, _dated(asked, evidence.municipality))
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
        dated=_dated(asked, municipality),
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
        is_brief=asked.is_brief,
        administration=asked.administration,
    )


def _dated(asked: Asked, municipality: Municipality) -> str:
    """Return the date of a report, local to the municipality."""
    if asked.dated is None:
        return day_of(system_clock(), municipality.zone).isoformat()
    try:
        return date.fromisoformat(asked.dated).isoformat()
    except ValueError:
        raise click.UsageError(
            f"--dated {asked.dated} är inget datum: skriv som 2026-02-09"
        ) from None


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


def _said(standing: Standing, document: Document) -> str:
    """Return what has been made, in a line."""
    kept = " Det som den säger är sparat i arkivet." if standing.is_new else ""
    told = [
        part.text
        for section in document.sections
        if section.id == "sammanfattning"
        for part in section.parts
        if isinstance(part, Paragraph)
    ]
    how_many = " ".join(told).rpartition(". ")[2]
    return f"{standing.said}.{kept} {how_many}".strip()


def _named(asked: Asked, evidence: Evidence, files: dict[str, bytes]) -> dict[Path, bytes]:
    """Return the files by where they are to be."""
    of = f"-{asked.administration}" if asked.administration else ""
    name = f"kundservicerapport-{evidence.municipality.id}{of}-{evidence.period.name}"
    return {asked.folder / f"{name}.{suffix}": content for suffix, content in files.items()}


def _keep(standing: Standing, url: URL) -> None:
    """Note in the archive that the report is established."""
    engine = database.engine_of(url)
    try:
        with database.refusals(url), database.transaction(engine) as connection:
            standing.keep(connection)
    finally:
        engine.dispose()
