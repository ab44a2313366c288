"""What is to be said of Prometheus: what it scrapes of ours, and which rules it has."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from alerts.rule import Group, Recording, Rule
from doctor.finding import Finding, as_said, ok, soon, untried, wrong
from doctor.judging.words import lasting
from doctor.seen import Failed, LoadedRule, PrometheusSeen
from streams.domain.swedish import counted, listed

RENDER: Final = (
    "gör filen med rules render (docs/alerts.md), lägg den bland rule_files, och ladda om "
    "Prometheus"
)
MOST_NAMED: Final = 3
_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
_PART: Final = re.compile(r"(\d+)(ms|[smhdwy])")
_RANGE: Final = re.compile(r"\[((?:\d+(?:ms|[smhdwy]))+)[]:]")


def expressions(groups: Iterable[Group]) -> frozenset[str]:
    """Return the expressions of some groups' rules."""
    return frozenset(its.expr for group in groups for its in _both(group))


def judge_no_prometheus(failed: Failed) -> Iterator[Finding]:
    """Yield that there is no Prometheus, and what can't be told without it."""
    yield as_said("prometheus", failed.line)
    for check in ("scraping", "rules"):
        yield untried(check, "Prometheus svarar inte")


def judge_prometheus(
    seen: PrometheusSeen, address: str, groups: Sequence[Group], workers: int, *, archives: bool
) -> Iterator[Finding]:
    """Yield how Prometheus is.

    ``groups`` are the rules that it should have, ``workers`` how many there are at least, and
    ``archives`` whether there is an archive.
    """
    told = f"{address} svarar: version {seen.version}"
    needed = max(map(_longest, expressions(groups)), default=0.0)
    kept = _seconds(seen.retention.partition(" ")[0])
    if not seen.is_as_configured:
        yield wrong(
            "prometheus",
            f"{address} kunde inte läsa sin ändrade konfiguration och går på den förra",
            "promtool check config prometheus.yml visar felet; rätta det och ladda om",
        )
    elif kept is not None and kept < needed:
        yield wrong(
            "prometheus",
            f"{address} sparar {seen.retention}, larmen ser {lasting(needed)} bakåt",
            "sätt --storage.tsdb.retention.time till minst 15d",
        )
    else:
        yield ok("prometheus", f"{told}, sparar {seen.retention}" if seen.retention else told)
    yield from _scraping(seen, workers, archives=archives)


def judge_rules(seen: PrometheusSeen, groups: Sequence[Group]) -> Iterator[Finding]:
    """Yield whether Prometheus has the rules of the catalogue, and can tell of what fires."""
    faults = [*_missing(seen, groups), *_failing(seen, groups)]
    if not seen.alertmanagers:
        faults.append(
            wrong(
                "rules",
                "Prometheus har ingen Alertmanager att berätta för",
                "skriv Alertmanagers adress under alerting i prometheus.yml",
            )
        )
    yield from faults
    if not faults:
        rules = sum(len(group.rules) for group in groups)
        yield ok(
            "rules", f"{counted(rules, 'regel', 'regler')}, de som katalogen ger, och alla räknas"
        )


def _scraping(seen: PrometheusSeen, workers: int, *, archives: bool) -> Iterator[Finding]:
    check = "scraping"
    workers -= sum(its.is_worker for its in seen.down)
    for its in seen.down:
        yield wrong(
            check,
            f"{its.address} svarar inte Prometheus{f' ({_short(its.why)})' if its.why else ''}",
            "se om den är i gång, och nås från Prometheus maskin",
        )
    told = (
        f"{counted(seen.workers, 'räknare', 'räknare')} och "
        f"{counted(seen.archives, 'arkiv', 'arkiv')} hämtas"
    )
    if not seen.workers and not any(its.is_worker for its in seen.down):
        yield wrong(
            check,
            "Prometheus hämtar inte från någon räknare",
            "lägg räknarnas adresser (--listen) bland scrape_configs (svarsgrad stack: --target)",
        )
    elif seen.workers < workers:
        yield wrong(
            check,
            f"Prometheus hämtar från {seen.workers} av {workers} räknare",
            "lägg de andras adresser bland scrape_configs: deras kommuner saknas på väggen",
        )
    elif archives and not seen.archives:
        yield soon(
            check,
            f"{told}, men arkivet är i gång",
            "lägg arkivets adress bland scrape_configs: annars larmar ingen när det står still",
        )
    elif not seen.down:
        yield ok(check, told)


def _missing(seen: PrometheusSeen, groups: Sequence[Group]) -> Iterator[Finding]:
    """Yield that groups are not there, or are not as the catalogue gives them."""
    if absent := [group.name for group in groups if group.name not in seen.groups]:
        yield wrong("rules", f"Prometheus har inte regelgrupperna {listed(absent)}", RENDER)
    there = [group for group in groups if group.name in seen.groups]
    different = sorted({name for group in there for name in _different(group, seen)})
    if different:
        more = [f"{len(different) - MOST_NAMED} till"] if different[MOST_NAMED:] else []
        named = listed([*different[:MOST_NAMED], *more])
        yield wrong("rules", f"{named} är inte som katalogen ger dem", RENDER)


def _different(group: Group, seen: PrometheusSeen) -> Iterator[str]:
    """Yield the names of rules of a group that are there otherwise than they should be."""
    wanted = {_key(rule): rule for rule in map(_as_loaded, _both(group))}
    found = {_key(rule): rule for rule in seen.groups[group.name]}
    for key in wanted.keys() | found.keys():
        if not _equal(wanted.get(key), found.get(key), seen.written):
            yield key[0]


def _failing(seen: PrometheusSeen, groups: Sequence[Group]) -> Iterator[Finding]:
    names = {group.name for group in groups}
    rules = [rule for name in names for rule in seen.groups.get(name, ()) if rule.error]
    if rules:
        yield wrong(
            "rules",
            f"{rules[0].name} går inte att räkna ({_short(rules[0].error)})",
            "vänta en minut om en räknare nyss flyttats; annars se Prometheus logg",
        )


def _both(group: Group) -> tuple[Recording | Rule, ...]:
    return (*group.recordings, *group.rules)


def _as_loaded(rule: Recording | Rule) -> LoadedRule:
    if isinstance(rule, Recording):
        return LoadedRule(rule.record, {}, {}, rule.expr, 0, 0)
    return LoadedRule(
        rule.alert,
        rule.labels,
        rule.annotations,
        rule.expr,
        _seconds(rule.for_) or 0,
        _seconds(rule.keep_firing_for) or 0,
    )


def _key(rule: LoadedRule) -> tuple[str, frozenset[tuple[str, str]]]:
    return rule.name, frozenset((name, value) for name, value in rule.labels.items() if value)


def _equal(
    wanted: LoadedRule | None, found: LoadedRule | None, written: Mapping[str, str]
) -> bool:
    if wanted is None or found is None:
        return False
    # One that can't write expressions anew is believed: it has a rule of that name and labels.
    here, there = wanted.expression, found.expression
    is_same = here == there or not written or written.get(here, here) == written.get(there, there)
    return (
        is_same
        and dict(wanted.annotations) == dict(found.annotations)
        and (wanted.for_seconds, wanted.keep_seconds) == (found.for_seconds, found.keep_seconds)
    )


def _seconds(text: str) -> float | None:
    """Return a duration as Prometheus writes it, ``1h30m``; None for what is none."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return float(sum(int(number) * _UNITS[unit] for number, unit in parts))


def _longest(expression: str) -> float:
    """Return how far back an expression looks."""
    return max((_seconds(one) or 0.0 for one in _RANGE.findall(expression)), default=0.0)


def _short(text: str) -> str:
    return " ".join(text.split())[:120]
