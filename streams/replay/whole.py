"""What a municipality promises as a whole, its contacts and its administrations, for people."""

from typing import Final

from rich.markup import escape
from rich.table import Table

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import HOUR
from streams.domain.presence.figures import Standing
from streams.domain.report import Report
from streams.domain.swedish import NO_DATA, count, counted, decimal, listed, percent, share
from streams.domain.windows import Window, day_of
from streams.replay.cells import BROKEN, TOO_HIGH, kept, table_of, verdict

WIDEST_PROMISE: Final = 46
"""So that the table fits in 80 columns; longer names are wrapped."""
CHANNELS_IN_SWEDISH: Final = {
    "phone": "telefon",
    "email": "e-post",
    "e_service": "e-tjänst",
    "chat": "chatt",
    "social": "sociala medier",
    "visit": "besök",
    "post": "brev",
}
STANDINGS: Final = {
    Standing.KEPT: "✓ hålls",
    Standing.BROKEN: "✗ under",
    Standing.UNREPORTED: "rapporterar inte",
    Standing.NOT_YET: "har inte börjat",
    Standing.NO_GUIDELINE: "ingen riktlinje",
}


def contacts(report: Report, name: str) -> list[str]:
    """Return what became of those who called, in sentences; none if nobody did."""
    its = report.phone.contacts[name]
    if not its.contacts:
        return []
    classes = its.kkik.shares
    within = [percent(classes[name].ratio) for name in ("within_1_min", "within_2_min", "later")]
    lines = [
        f"{counted(its.contacts, 'kontakt', 'kontakter')} per telefon: "
        f"{count(its.counts['answered'])} fick svar, "
        f"{count(its.counts['lost'])} förlorades ({percent(its.lost.ratio)}). "
        f"Svar inom 1 minut {within[0]}, inom 2 minuter {within[1]}, senare {within[2]}."
    ]
    callers = its.callers
    if callers.callers and callers.mean_calls is not None:
        known = counted(callers.callers, "känd", "kända")
        lines.append(
            f"{known} uppringare: {percent(callers.got_through.ratio)} kom fram till slut, efter "
            f"{decimal(round(callers.mean_calls, 2))} samtal i medel."
        )
    return lines


def administrations(municipality: Municipality, report: Report, name: str) -> Table | None:
    """Return how each administration was staffed; None if there is no guideline for any."""
    presence = report.presence.get(name)
    if presence is None or all(
        its.standing is Standing.NO_GUIDELINE for its in presence.administrations.values()
    ):
        return None
    table = table_of("Förvaltning", "Bemannat", "av", "", left=("",))
    for id_, its in presence.administrations.items():
        opening = its.opening
        table.add_row(
            escape(municipality.administrations[id_].name),
            percent(opening.ratio if opening else None),
            "" if opening is None else f"{decimal(round(opening.promised / HOUR, 1))} h",
            STANDINGS[its.standing],
        )
    return table


def as_a_whole(municipality: Municipality, report: Report, over: Window) -> Table | None:
    """Return how what the municipality promises as a whole stands; None if it promises nothing."""
    day = day_of(over.end - 1, municipality.zone)
    promised = [target for target in municipality.promises if target.is_valid_on(day)]
    if not promised:
        return None
    table = table_of("Kommunen lovar", "Mål", "Utfall", "", "av", left=("",))
    table.columns[0].max_width = WIDEST_PROMISE
    for target in promised:
        value, verdict, number, remark = _whole(municipality, report, target, over.name)
        goal = "" if target.goal is None else share(target.goal)
        table.add_row(escape(target.name), goal, value, verdict, number)
        if remark:
            table.add_row(f"  [dim]{escape(remark)}[/]", "", "", "", "")
    return table


def _whole(
    municipality: Municipality, report: Report, target: ServiceTarget, name: str
) -> tuple[str, str, str, str]:
    """Return value, verdict, number and a remark."""
    match target.measure:
        case "solved_in_centre":
            solved = report.cases.solved.get(target.id, {}).get(name)
            if solved is not None:
                silent = [CHANNELS_IN_SWEDISH[channel] for channel in solved.silent]
                remark = f"rapporterar inte: {listed(silent)}" if silent else ""
                return _ratio(solved.ratio, target.goal, solved.whole, remark)
        case "satisfied":
            its = report.surveys.satisfied.get(target.id, {}).get(name)
            if its is not None:
                return _ratio(its.ratio, target.goal, its.answers, "")
        case "open_as_promised":
            presence = report.presence.get(name)
            if presence is not None:
                silent = [
                    municipality.administrations[id_].name
                    for id_ in presence.standing(Standing.UNREPORTED)
                ]
                remark = f"rapporterar inte: {listed(silent)}" if silent else ""
                return _ratio(presence.kept_ratio, target.goal, presence.asked, remark)
        case "channel_share":
            channels = report.channels.get(name)
            found = channels.promised.get(target.id) if channels else None
            if found is not None and found.share is not None:
                earlier = found.earlier
                remark = f"{earlier.on.year}: {percent(earlier.value)}" if earlier else ""
                its_share = found.share
                verdict = kept(found.is_kept)
                return percent(its_share.ratio), verdict, count(its_share.whole), remark
        case "external":
            figures = report.measures.figures.get(target.id)
            latest = figures.latest if figures else None
            if latest is not None:
                value = percent(latest.value) if latest.is_share else decimal(latest.value)
                number = "" if latest.n is None else count(latest.n)
                broken = BROKEN if target.better == "higher" else TOO_HIGH
                verdict = kept(latest.kept, broken)
                return value, verdict, number, f"{latest.on}, {latest.document}"
        case _:
            pass
    return NO_DATA, "", "", ""


def _ratio(
    ratio: float | None, goal: float | None, number: int, remark: str
) -> tuple[str, str, str, str]:
    return percent(ratio), verdict(ratio, goal), count(number), remark
