"""What a municipality promises as a whole, its contacts and its administrations, for people."""

from datetime import timedelta
from typing import Final

from rich.markup import escape
from rich.padding import Padding

from streams.domain.catalogue import Municipality, ServiceTarget
from streams.domain.instants import HOUR, SECOND, moment
from streams.domain.presence.figures import Standing
from streams.domain.report import Report
from streams.domain.swedish import NO_DATA, clock, count, counted, decimal, listed, percent, share
from streams.domain.windows import Window, day_of, midnight
from streams.domain.words import CHANNELS
from streams.replay.cells import (
    BROKEN,
    INDICATION_BELOW,
    TOO_HIGH,
    Fitting,
    Prose,
    fitting,
    kept,
    table_of,
    verdict,
)

WIDTHS_OF_PROMISES: Final = (46, 30, 16)
"""So that the table fits in 80 columns, and in fewer; longer names are wrapped."""
_BECAME: Final = {
    "answered": "fick svar",
    "lost": "förlorades",
    "unknown": "har okänt utfall",
    "waiting": "väntar",
}
_ANSWERS: Final = {
    "within_1_min": "inom 1\N{NO-BREAK SPACE}minut",
    "within_2_min": "efter 1–2\N{NO-BREAK SPACE}minuter",
    "later": "senare",
    "not_answered": "inget svar",
    "waiting": "väntar ännu",
}
"""Classes of the decided contacts → what is said of them; together they are all of them."""
STANDINGS: Final = {
    Standing.KEPT: "✓ hålls",
    Standing.BROKEN: "✗ under",
    Standing.UNREPORTED: "rapporterar inte",
    Standing.NOT_YET: "har inte börjat",
    Standing.NO_GUIDELINE: "ingen riktlinje",
}

CLOSED: Final = "stängt hela tiden"
"""What is said of an administration that the guideline asks nothing of on any of the days."""
NOT_JUDGED_YET: Final = "bedöms när en dags kontorstid är slut"
"""What is said of a share of contacts while more of what came in may be solved today."""
TOO_FEW: Final = "för få svar"


def contacts(report: Report, name: str) -> list[str]:
    """Return what became of those who called, in sentences; none if nobody did."""
    its = report.phone.contacts[name]
    if not its.contacts:
        return []
    became = [
        f"{count(its.counts[state])} {said}"
        + (f" ({percent(its.lost.ratio)})" if state == "lost" else "")
        for state, said in _BECAME.items()
        if its.counts[state] or state in {"answered", "lost"}
    ]
    lines = [f"{counted(its.contacts, 'kontakt', 'kontakter')} per telefon: {', '.join(became)}."]
    classes = its.kkik.classes
    if any(classes.values()):
        answers = [
            f"{said} {percent(its.kkik.shares[name].ratio)}"
            for name, said in _ANSWERS.items()
            if classes[name] or name != "waiting"
        ]
        lines.append(
            f"Första svar av en människa, även av den som kopplar vidare: {', '.join(answers)}."
        )
    callers = its.callers
    if callers.callers and callers.mean_calls is not None:
        mean = f"{callers.mean_calls:.2f}".replace(".", ",")
        known = counted(callers.callers, "känd", "kända")
        lines.append(
            f"{known} uppringare: {percent(callers.got_through.ratio)} kom fram till slut, efter "
            f"{mean} samtal i medel."
        )
    return lines


def staffing(municipality: Municipality, report: Report, name: str) -> list[str]:
    """Return who answers now and how many calls there were for each hour of a person."""
    presence = report.presence.get(name)
    if presence is None:
        return []
    lines = []
    now = [
        f"{municipality.queues[queue].name} {count(its.people)}"
        for queue, its in presence.queues.items()
        if its.people is not None and queue in municipality.queues
    ]
    if now:
        lines.append(f"Inloggade vid tidpunkten: {', '.join(now)}.")
    hourly = [
        f"{municipality.queues[queue].name} {_one_decimal(its.calls_per_hour)}"
        for queue, its in presence.queues.items()
        if its.calls_per_hour is not None and queue in municipality.queues
    ]
    if presence.calls_per_hour is not None:
        each = f" ({', '.join(hourly)})" if hourly else ""
        lines.append(
            f"Samtal per bemannad timme: {_one_decimal(presence.calls_per_hour)} i alla{each}."
        )
    return lines


def silent_sources(municipality: Municipality, report: Report, name: str, now: int) -> list[str]:
    """Return which sources have fallen silent and since when, in a sentence; none if none has."""
    presence = report.presence.get(name)
    if presence is None:
        return []
    told = []
    for source in dict.fromkeys(source for its in presence.silent.values() for source in its):
        seconds = presence.seconds_since_heartbeat[source]
        if seconds is None:
            since = "har inte hörts av"
        else:
            at = moment(now - round(seconds * SECOND)).astimezone(municipality.zone)
            since = f"sedan {at.date()} kl. {clock(at)}"
        told.append(f"{municipality.sources[source].name} {since}")
    return [f"Tysta källor: {', '.join(told)}."] if told else []


def shares(report: Report, name: str) -> list[str]:
    """Return by which channels residents got in touch, in a sentence; none if nobody did."""
    channels = report.channels.get(name)
    if channels is None:
        return []
    its = [
        f"{CHANNELS[channel]} {percent(share.ratio)}"
        for channel, share in channels.shares.items()
        if share.whole
    ]
    if not its:
        return []
    silent = [CHANNELS[channel] for channel in channels.silent]
    silence = f" Rapporterar inte: {listed(silent)}." if silent else ""
    whole = max(share.whole for share in channels.shares.values())
    return [f"{counted(whole, 'kontakt', 'kontakter')} i alla kanaler: {', '.join(its)}.{silence}"]


def solved(report: Report, name: str) -> list[str]:
    """Return how many cases were solved in the centre, at once and by channel, in sentences."""
    opened = report.cases.opened[name]
    if opened.first_contact_ratio is None:
        return []
    of = counted(opened.decided, "avgjort ärende", "avgjorda ärenden")
    few = "*" if opened.decided < INDICATION_BELOW else ""
    at_once = f"{percent(opened.first_contact_ratio)}{few}"
    lines = [f"Lösta vid första kontakten: {at_once} av {of}."]
    by_channel = [
        f"{CHANNELS.get(channel, channel)} {percent(its.ratio)}"
        f"{'*' if its.whole < INDICATION_BELOW else ''} av {count(its.whole)}"
        for channel, its in report.cases.solved_by_channel[name].items()
        if its.ratio is not None
    ]
    if by_channel:
        lines.append(f"Lösta i kundtjänst per kanal: {', '.join(by_channel)}.")
    return lines


def _one_decimal(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def administrations(municipality: Municipality, report: Report, over: Window) -> Fitting | None:
    """Return how each administration was staffed; None if none of them reports."""
    presence = report.presence.get(over.name)
    if presence is None or not any(its.opening for its in presence.administrations.values()):
        return None
    is_promised, rows = bool(presence.goals), []
    for id_, its in presence.administrations.items():
        opening = its.opening
        rows.append(
            (
                escape(municipality.administrations[id_].name),
                percent(opening.ratio if opening else None),
                ""
                if opening is None
                else f"{decimal(round(opening.promised / HOUR, 1))}\N{NO-BREAK SPACE}h",
                _standing(municipality, id_, its.standing, over, is_promised=is_promised),
            )
        )
    return fitting(("Förvaltning", "Bemannat", "av", ""), rows, left=("",), fewer=[(2,)])


def _standing(
    municipality: Municipality, id_: str, standing: Standing, over: Window, *, is_promised: bool
) -> str:
    """Return how an administration stands; kept or broken only where that is promised."""
    if standing in {Standing.KEPT, Standing.BROKEN}:
        return STANDINGS[standing] if is_promised else ""
    hours = municipality.administrations[id_].guideline
    if standing is Standing.NOT_YET and hours is not None:
        after = day_of(over.end - 1, municipality.zone) + timedelta(days=1)
        if not any(hours.spans(over.start, midnight(after, municipality.zone))):
            return CLOSED
    return STANDINGS[standing]


def as_a_whole(municipality: Municipality, report: Report, over: Window) -> Fitting | None:
    """Return how what the municipality promises as a whole stands; None if nothing is known."""
    day = day_of(over.end - 1, municipality.zone)
    promised = [target for target in municipality.promises if target.is_valid_on(day)]
    told = [(target, *_whole(municipality, report, target, over.name)) for target in promised]
    asked = {target.id for target in promised}
    for id_, its in report.measures.figures.items():
        if its.latest is not None and id_ not in asked:
            target = municipality.targets[id_][-1]
            value, said, number, remark = _measured(report, target)
            told.append((target, value, said, number, f"löftet gäller inte nu; {remark}"))
    if all(value == NO_DATA for _, value, *_ in told):
        return None
    tables = []
    for width in WIDTHS_OF_PROMISES:
        table = table_of("Kommunen lovar", "Mål", "Utfall", "", "av", left=("",))
        table.columns[0].max_width = width
        for target, value, said, number, remark in told:
            goal = "" if target.goal is None else share(target.goal)
            table.add_row(Prose(target.name), goal, value, said, number)
            if remark:
                table.add_row(Padding(Prose(remark, "dim"), (0, 0, 0, 2)), "", "", "", "")
        tables.append(table)
    return Fitting(tables)


def _whole(
    municipality: Municipality, report: Report, target: ServiceTarget, name: str
) -> tuple[str, str, str, str]:
    """Return value, verdict, number and a remark."""
    match target.measure:
        case "solved_in_centre":
            solved = report.cases.solved.get(target.id, {}).get(name)
            if solved is not None:
                silent = [CHANNELS[channel] for channel in solved.silent]
                remark = "" if solved.is_judged else NOT_JUDGED_YET
                if silent:
                    remark = f"rapporterar inte: {listed(silent)}"
                goal = target.goal if solved.is_judged else None
                return _ratio(solved.ratio, goal, solved.whole, remark)
        case "satisfied":
            its = report.surveys.satisfied.get(target.id, {}).get(name)
            if its is not None:
                value, said, number, remark = _ratio(its.ratio, target.goal, its.answers, "")
                few = its.ratio is None and its.answers > 0
                return TOO_FEW if few else value, said, number, remark
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
                said = kept(found.is_kept, number=its_share.whole)
                return percent(its_share.ratio), said, count(its_share.whole), remark
        case "external":
            return _measured(report, target)
        case _:
            pass
    return NO_DATA, "", "", ""


def _ratio(
    ratio: float | None, goal: float | None, number: int, remark: str
) -> tuple[str, str, str, str]:
    return percent(ratio), verdict(ratio, goal, number), count(number), remark


def _measured(report: Report, target: ServiceTarget) -> tuple[str, str, str, str]:
    """Return the latest value that somebody else has measured of a promise."""
    figures = report.measures.figures.get(target.id)
    latest = figures.latest if figures else None
    if latest is None:
        return NO_DATA, "", "", ""
    value = percent(latest.value) if latest.is_share else decimal(latest.value)
    number = "" if latest.n is None else count(latest.n)
    said = kept(latest.kept, BROKEN if latest.better == "higher" else TOO_HIGH, latest.n)
    how = "lägre är bättre; " if latest.better == "lower" else ""
    return value, said, number, f"{how}{latest.on}, {latest.document}"
