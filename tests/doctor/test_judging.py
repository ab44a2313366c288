"""What is said of what was seen: each thing that can be wrong, and where it turns."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest
from alerts_cases import CATALOGUE, loaded

from alerts.rule import Group, Recording, Rule
from doctor.finding import CHECKS, Finding, Verdict, as_said, in_order, ok, wrong
from doctor.judging.alertmanager import judge_alertmanager, judge_receivers
from doctor.judging.catalogue import judge_catalogue, judge_unusable
from doctor.judging.database import judge_database
from doctor.judging.kafka import judge_group, judge_kafka, judge_no_kafka, newest
from doctor.judging.machine import judge_clocks, judge_machine
from doctor.judging.prometheus import judge_prometheus, judge_rules
from doctor.judging.tasks import judge_copies, judge_tasks
from doctor.judging.words import lasting, room
from doctor.judging.workers import judge_partitions, judge_sources, judge_workers
from doctor.seen import (
    AlertmanagerSeen,
    ClockSeen,
    CopiesSeen,
    DatabaseSeen,
    Disk,
    Down,
    Failed,
    GroupSeen,
    KafkaSeen,
    LoadedRule,
    MachineSeen,
    PrometheusSeen,
    TasksSeen,
    TopicSeen,
    WorkerSeen,
)
from doctor.telling import as_text
from streams import metrics as m
from streams.domain.catalogue import load_catalogue
from streams.verify.scrape import Scrape, series

NOW = 1_800_000_000.0
GIB = 1 << 30
DISK = Disk("/var/lib/svarsgrad", 50 * GIB, 100 * GIB, 900, 1_000)
MACHINE = MachineSeen([DISK], 4_096, True, "3.11.7", [], "2026a")
TOPIC = TopicSeen(4, [], [], [], 3, {0: 5, 1: 0, 2: 0, 3: 0}, int(NOW * 1000) - 3_000)
KAFKA = KafkaSeen(3, {"svarsgrad.calls": TOPIC, "svarsgrad.cases": TOPIC}, {})
ARCHIVE = DatabaseSeen("arkiv.db", {("svarsgrad.calls", 0): 10}, 0, NOW - 10, 0)
PLACES = frozenset((f"svarsgrad.{kind}", n) for kind in ("calls", "cases") for n in range(3))
PROMETHEUS = PrometheusSeen("2.42.0", None, True, "15d", 1, 1, [], 1, {})
ALERTMANAGER = AlertmanagerSeen("0.25.0", None, {}, 0, 12)


def told(findings: Iterable[Finding], verdict: Verdict = Verdict.WRONG) -> list[str]:
    """What is found of one kind; what needs doing says what to do."""
    found = [its for its in findings if its.verdict is verdict]
    assert all(its.do for its in found if its.verdict in {Verdict.WRONG, Verdict.SOON})
    return [its.seen for its in found]


def worker(*places: tuple[str, int], address: str = "http://a:9101", **ages: float) -> WorkerSeen:
    samples = {series(m.OWNED, topic=t, partition=str(n)): 1.0 for t, n in places}
    samples[series(m.EVALUATED_AT, municipality="lulea")] = NOW
    for source, age in ages.items():
        samples[series(m.HEARTBEAT_AGE, municipality="lulea", source=source)] = age
    return WorkerSeen(address, {}, {}, Scrape(samples), None)


# The machine.


def test_a_machine_that_is_well_has_nothing_to_be_done() -> None:
    assert all(its.verdict is Verdict.OK for its in judge_machine(MACHINE))


@pytest.mark.parametrize(
    ("disk", "verdict", "said"),
    [
        (replace(DISK, free_bytes=GIB, total_bytes=9 * GIB), Verdict.OK, "har 1 GiB ledigt"),
        (replace(DISK, free_bytes=GIB - 1), Verdict.WRONG, "har 1024 MiB ledigt (1\N{NBSP}%)"),
        (replace(DISK, free_bytes=5 * GIB), Verdict.SOON, "har 5 GiB ledigt (5\N{NBSP}%)"),
        (replace(DISK, total_bytes=9_000 * GIB), Verdict.WRONG, "har 50 GiB ledigt"),
        (replace(DISK, free_files=9), Verdict.WRONG, "har plats för bara 9 filer till"),
        (replace(DISK, free_files=0, total_files=0), Verdict.OK, "har 50 GiB ledigt"),
        (Failed("/x går inte att se (fel): rätta sökvägen"), Verdict.WRONG, "/x går inte att se"),
    ],
)
def test_a_disk_that_fills_is_told_before_it_is_full(
    disk: Disk | Failed, verdict: Verdict, said: str
) -> None:
    (line,) = (
        line
        for line in told(judge_machine(replace(MACHINE, disks=[disk])), verdict)
        if "/" in line
    )
    assert said in line


def test_too_few_files_wrong_libraries_and_missing_zones_are_told() -> None:
    assert told(judge_machine(replace(MACHINE, open_files=1_023))) == [
        "en process som startas här får ha 1\N{NBSP}023 öppna, en räknare kan behöva 1\N{NBSP}024"
    ]
    assert told(judge_machine(replace(MACHINE, library_faults=["x är 2, ska vara 1"]))) == [
        "x är 2, ska vara 1"
    ]
    assert told(judge_machine(replace(MACHINE, zone_data=""))) == ["data om tidszoner saknas"]


@pytest.mark.parametrize(
    ("ahead", "unsure", "verdict"),
    [
        (0.4, 0.5, Verdict.OK),
        (2.5, 0.5, Verdict.OK),
        (2.6, 0.5, Verdict.SOON),
        (-2.6, 0.5, Verdict.SOON),
        (60.0, 0.0, Verdict.SOON),
        (60.1, 0.0, Verdict.WRONG),
        (-61.0, 0.5, Verdict.WRONG),
        (20.0, 18.5, Verdict.OK),
    ],
)
def test_a_clock_is_wrong_by_more_than_it_took_to_ask(
    ahead: float, unsure: float, verdict: Verdict
) -> None:
    (finding,) = judge_clocks(True, [ClockSeen("Prometheus", ahead, unsure)], None, NOW)
    assert finding.verdict is verdict
    if verdict is not Verdict.OK:
        assert ("före den här" if ahead > 0 else "efter den här") in finding.seen


def test_a_record_from_the_future_shows_a_clock_that_is_wrong() -> None:
    assert told(judge_clocks(True, [], int(NOW + 90) * 1000, NOW)) == [
        "klockan hos Kafka går 90 s före den här"
    ]
    assert [its.verdict for its in judge_clocks(True, [], int(NOW - 90) * 1000, NOW)] == [
        Verdict.UNTRIED
    ]


def test_a_clock_that_nothing_keeps_right_is_told() -> None:
    found = [*judge_clocks(False, [], None, NOW)]
    assert told(found, Verdict.SOON) == ["ingenting håller klockan rätt (NTP)"]


# The catalogue.


def judged(text: str, today: date) -> list[str]:
    catalogue = load_catalogue(text, "k.yaml")
    return told(judge_catalogue(catalogue, "k.yaml", "1 kommun", today), Verdict.SOON)


def test_a_promise_that_ends_with_none_to_follow_is_told_a_month_before_and_after() -> None:
    ends = CATALOGUE.replace("goal: 0.9,", "goal: 0.9, valid_to: 2026-12-31,")
    said = "löften som slutar gälla, och som inget följer på: svar-15s (2026-12-31)"
    for today, lines in (
        (date(2026, 11, 30), []),
        (date(2026, 12, 1), [said]),
        (date(2027, 1, 30), [said]),
        (date(2027, 1, 31), []),
    ):
        assert judged(ends, today) == lines
    assert judged(CATALOGUE, date(2026, 12, 1)) == []


def test_special_days_of_this_year_alone_are_told_in_december() -> None:
    special = CATALOGUE.replace(
        '"08:00-16:30"}', '"08:00-16:30"}, shortened: [{days: [2026-04-02], closes: "12:00"}]'
    )
    said = ["vaxel har avvikande dagar i år, men inga nästa år"]
    assert judged(special, date(2026, 12, 1)) == said
    assert judged(special, date(2026, 11, 30)) == []
    assert judged(special.replace("2026-04-02", "2026-04-02, 2027-03-25"), date(2026, 12, 1)) == []


def test_a_catalogue_where_nobody_is_told_anything_is_told() -> None:
    assert judged(CATALOGUE.partition("    alerts:")[0].replace(
        "tells: [handläggare, närmaste chef]", "tells: []"
    ), date(2026, 3, 1)) == ["ingen larmas"]  # fmt: skip


def test_what_keeps_a_catalogue_from_being_used_is_as_it_is_said_elsewhere() -> None:
    first, *others = judge_unusable("k.yaml finns inte; ange katalogens fil")
    assert (first.seen, first.do) == ("k.yaml finns inte", ("ange katalogens fil",))
    assert {its.check for its in others} == {"worker-catalogue", "sources", "rules", "receivers"}


# Kafka.


def test_a_topic_that_no_node_leads_or_whose_copies_fall_behind_is_told() -> None:
    headless = replace(KAFKA, topics={"svarsgrad.calls": replace(TOPIC, headless=[1, 3])})
    assert told(judge_kafka(headless, "k:9092", NOW)) == [
        "svarsgrad.calls har partitionerna 1 och 3 som ingen nod leder"
    ]
    behind = replace(KAFKA, topics={"svarsgrad.calls": replace(TOPIC, behind=[2])})
    assert told(judge_kafka(behind, "k:9092", NOW)) == [
        "svarsgrad.calls har partition 2 där en kopia inte hänger med"
    ]


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (1, ["k:9092 svarar: 1 nod; går den disken sönder är allt borta"]),
        (2, ["k:9092 svarar: 2 noder; går en sönder stannar allt"]),
        (3, []),
    ],
)
def test_too_few_nodes_are_told(nodes: int, said: list[str]) -> None:
    assert told(judge_kafka(replace(KAFKA, nodes=nodes), "k:9092", NOW), Verdict.SOON) == said


def test_when_topics_were_last_written_to_is_told() -> None:
    topics = {**KAFKA.topics, "svarsgrad.emails": replace(TOPIC, newest_ms=None)}
    (line,) = (
        its.seen
        for its in judge_kafka(replace(KAFKA, topics=topics), "k:9092", NOW)
        if its.check == "events"
    )
    assert line == "senast skrivet för så länge sedan: calls 3 s, cases 3 s; inget i emails"
    assert newest(KAFKA) == TOPIC.newest_ms


def test_topics_that_nothing_has_come_to_are_told() -> None:
    none = replace(KAFKA, topics={"svarsgrad.calls": replace(TOPIC, newest_ms=None)})
    assert told(judge_kafka(none, "k:9092", NOW), Verdict.SOON) == [
        "inget har kommit till något ämne"
    ]


def test_a_group_is_well_when_it_has_members_that_have_read_all() -> None:
    assert judge_group("group", "g", GroupSeen(2, 0), command="worker").verdict is Verdict.OK
    behind = judge_group("group", "g", GroupSeen(1, 1_500), command="worker")
    assert behind.seen == (
        "1 medlem i gruppen g, men 1\N{NBSP}500 poster är inte lästa efter några sekunder"
    )
    nobody = judge_group("group", "g", GroupSeen(0, 7), command="worker")
    assert nobody.seen == "ingen är med i gruppen g, och 7 poster är inte lästa"
    assert nobody.verdict is Verdict.WRONG


def test_without_kafka_all_that_stands_on_it_is_untried() -> None:
    first, *others = judge_no_kafka(Failed("ingen Kafka svarar: starta den"))
    assert (first.verdict, first.do) == (Verdict.WRONG, ("starta den",))
    assert {its.verdict for its in others} == {Verdict.UNTRIED}


# Workers.


def test_a_worker_that_is_unwell_or_not_ready_says_why_in_words() -> None:
    stuck = replace(worker(), unwell={"stuck": "lag, but no progress: calls-0"})
    waiting = replace(worker(), unready={"rejected": "folding waits: x"})
    newer = replace(worker(), unready={"moon": "full"})
    assert told(judge_workers([stuck, waiting, newer, Failed("b svarar inte: starta den")])) == [
        "http://a:9101 står still (stuck: lag, but no progress: calls-0)",
        "http://a:9101 får inte undan det som avvisats (rejected: folding waits: x)",
        "http://a:9101 är inte redo (moon: full)",
        "b svarar inte",
    ]


def test_a_partition_that_nobody_counts_is_told_unless_others_may() -> None:
    half = worker(*(place for place in PLACES if place[1] < 2))
    assert judge_partitions([half], PLACES, 1).seen == "partition 2 räknas inte av någon"
    assert judge_partitions([half], PLACES, 1).verdict is Verdict.WRONG
    assert judge_partitions([half], PLACES, 2).verdict is Verdict.UNTRIED
    both = [half, worker(*(place for place in PLACES if place[1] == 2))]
    assert judge_partitions(both, PLACES, 2).verdict is Verdict.OK


def test_partitions_that_two_count_are_told() -> None:
    found = judge_partitions([worker(*PLACES), worker(("svarsgrad.calls", 1))], PLACES, 1)
    assert (found.verdict, found.seen) == (Verdict.WRONG, "partition 1 räknas av flera")


def test_nothing_is_said_of_partitions_where_neither_side_tells() -> None:
    assert judge_partitions([worker()], None, None).verdict is Verdict.UNTRIED
    assert judge_partitions([Failed("x")], PLACES, 1).verdict is Verdict.UNTRIED


def test_a_source_is_silent_after_three_heartbeats() -> None:
    assert told(judge_sources([worker(pbx=90.0)], loaded())) == []
    assert told(judge_sources([worker(pbx=600.0)], loaded())) == [
        "lulea/pbx (Telefonväxeln) har inte hörts på 10 min"
    ]
    assert told(judge_sources([worker()], loaded()), Verdict.SOON) == [
        "lulea/pbx (Telefonväxeln) har inte hörts sedan i går"
    ]
    stranger = worker(**{"pbx": 1.0, "okänd källa": 2.0})
    assert told(judge_sources([stranger], loaded()), Verdict.SOON) == [
        "i lulea hörs en källa som katalogen inte har"
    ]


# The archive.


@pytest.mark.parametrize(
    ("age", "end", "said"),
    [
        (10.0, 12, []),
        (900.0, 12, []),
        (901.0, 10, []),
        (901.0, 12, ["arkiv.db skrevs för 15 min sedan, och saknar 2 poster"]),
    ],
)
def test_an_archive_stands_still_when_it_lacks_something_for_as_long_as_the_alert_has_it(
    age: float, end: int, said: list[str]
) -> None:
    seen = replace(ARCHIVE, written_at=NOW - age)
    assert told(judge_database(seen, {("svarsgrad.calls", 0): end}, NOW)) == said


def test_an_archive_that_began_nowhere_has_gaps_or_a_long_log_is_told() -> None:
    assert told(judge_database(replace(ARCHIVE, positions={}), None, NOW)) == [
        "arkiv.db har inte läst något ämne än"
    ]
    worn = replace(ARCHIVE, gaps=2, log_bytes=2 * GIB)
    assert told(judge_database(worn, None, NOW), Verdict.SOON) == [
        "2 gånger har ett ämne tappat poster innan de lästs",
        "loggen bredvid filen (-wal) är 2 GiB",
    ]


# Prometheus.

RULE = Rule("Akut", "up == 0", "2m", "5m", {"tier": "akut", "team": ""}, {"summary": "x"})
GROUP = Group("svarsgrad-lulea", (Recording("a:b", "max_over_time(up[7d])"),), (RULE,))
LOADED = [
    LoadedRule("a:b", {}, {}, "max_over_time(up[7d])", 0, 0),
    LoadedRule("Akut", {"tier": "akut"}, {"summary": "x"}, "up==0", 120, 300),
]
WRITTEN = {"up == 0": "up == 0", "up==0": "up == 0", "up == 1": "up == 1"}
HAS_RULES = replace(PROMETHEUS, groups={GROUP.name: LOADED}, written=WRITTEN)


def test_rules_are_equal_however_they_are_written() -> None:
    assert told(judge_rules(HAS_RULES, [GROUP])) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"expression": "up == 1"},
        {"annotations": {"summary": "y"}},
        {"for_seconds": 60.0},
        {"keep_seconds": 0.0},
        {"labels": {"tier": "drift"}},
    ],
)
def test_a_rule_that_differs_in_anything_is_named(changed: dict[str, object]) -> None:
    other = replace(LOADED[1], **changed)  # type: ignore[arg-type]
    seen = replace(HAS_RULES, groups={GROUP.name: [LOADED[0], other]})
    assert told(judge_rules(seen, [GROUP])) == ["Akut är inte som katalogen ger dem"]


def test_a_rule_too_many_or_too_few_or_one_that_fails_is_named() -> None:
    more = replace(HAS_RULES, groups={GROUP.name: [*LOADED, replace(LOADED[1], name="Mer")]})
    assert told(judge_rules(more, [GROUP])) == ["Mer är inte som katalogen ger dem"]
    fewer = replace(HAS_RULES, groups={GROUP.name: LOADED[:1]})
    assert told(judge_rules(fewer, [GROUP])) == ["Akut är inte som katalogen ger dem"]
    failing = replace(LOADED[1], error="many-to-many matching")
    fails = replace(HAS_RULES, groups={GROUP.name: [LOADED[0], failing]})
    assert told(judge_rules(fails, [GROUP])) == ["Akut går inte att räkna (many-to-many matching)"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"retention": "7d or 1GiB"}, []),
        ({"retention": "6d23h"}, ["p sparar 6d23h, larmen ser 7 dygn bakåt"]),
        ({"retention": "1GiB"}, []),
        (
            {"is_as_configured": False},
            ["p kunde inte läsa sin ändrade konfiguration och går på den förra"],
        ),
        ({"workers": 0}, ["Prometheus hämtar inte från någon räknare"]),
        ({"down": [Down("a:1", "refused", False)]}, ["a:1 svarar inte Prometheus (refused)"]),
        # One that is down is scraped all the same: it is not told twice.
        ({"workers": 0, "down": [Down("a:1", "", True)]}, ["a:1 svarar inte Prometheus"]),
        (
            {"workers": 0, "down": [Down("a:1", "", False)]},
            ["a:1 svarar inte Prometheus", "Prometheus hämtar inte från någon räknare"],
        ),
    ],
)
def test_what_keeps_figures_from_prometheus_is_told(
    changed: dict[str, object], said: list[str]
) -> None:
    seen = replace(PROMETHEUS, **changed)  # type: ignore[arg-type]
    assert told(judge_prometheus(seen, "p", [GROUP], 1, archives=True)) == said


def test_workers_and_archives_that_are_not_scraped_are_told() -> None:
    assert told(judge_prometheus(PROMETHEUS, "p", [], 2, archives=True)) == [
        "Prometheus hämtar från 1 av 2 räknare"
    ]
    without = replace(PROMETHEUS, archives=0)
    assert told(judge_prometheus(without, "p", [], 1, archives=True), Verdict.SOON) == [
        "1 räknare och 0 arkiv hämtas, men arkivet är i gång"
    ]
    assert told(judge_prometheus(without, "p", [], 1, archives=False), Verdict.SOON) == []


# Alertmanager.


def test_messages_that_did_not_arrive_are_told() -> None:
    lost = replace(ALERTMANAGER, failed=3)
    assert told(judge_alertmanager(lost, "a"), Verdict.SOON) == [
        "3 av 12 utskick har inte gått fram sedan den startade"
    ]


def test_an_alertmanager_of_somebody_else_lacks_all_receivers() -> None:
    found = told(judge_receivers(ALERTMANAGER, loaded(), date(2026, 3, 1)))
    assert found[0].startswith("Alertmanager har inte lulea-kundcenter-deputy, ")
    assert found[1].startswith("vägarna till mottagarna är inte som katalogen ger dem")


# How it is told.


def test_causes_stand_first_and_each_thing_is_named_once() -> None:
    findings = in_order(
        [wrong("rules", "b", "gör b"), wrong("kafka", "a", "gör a"), ok("kafka", "c")]
    )
    lines = [*as_text(findings)]
    assert [line.strip() for line in lines] == [
        "Kafka              ✗ a", "→ gör a", "✓ c", "Larmens regler     ✗ b", "→ gör b", "",
        "2 saker är fel. Börja med Kafka.",
    ]  # fmt: skip


def test_a_line_that_says_what_is_wrong_and_what_to_do_is_cut_there() -> None:
    found = as_said("kafka", "ingen svarar på k:9092: starta den: nu")
    assert (found.seen, found.do) == ("ingen svarar på k:9092", ("starta den: nu",))
    assert set(CHECKS) > {found.check}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (119.4, "119 s"), (120, "2 min"), (7_200, "2 tim"), (172_800, "2 dygn")],
)
def test_how_long_something_lasts_is_told_in_few_words(seconds: float, said: str) -> None:
    assert lasting(seconds) == said
    assert room(3 * GIB // 2) == "1,5 GiB"


# What is done by the clock.


@pytest.mark.parametrize(
    ("hours", "verdict", "said"),
    [
        (9, Verdict.OK, "den senaste hela säkerhetskopian är 9 tim gammal"),
        (31, Verdict.SOON, "den senaste hela säkerhetskopian är 31 tim gammal"),
        (73, Verdict.WRONG, "den senaste hela säkerhetskopian är 3 dygn gammal"),
        (None, Verdict.SOON, "det finns ingen hel säkerhetskopia i /k"),
    ],
)
def test_a_backup_that_is_old_is_told(hours: int | None, verdict: Verdict, said: str) -> None:
    seen = CopiesSeen("/k", None if hours is None else NOW - 3_600 * hours)
    assert told(judge_copies(seen, NOW), verdict) == [said]


def test_of_backups_nothing_is_said_where_none_are_kept() -> None:
    assert not [*judge_copies(None, NOW)]
    assert told(judge_copies(Failed("/k går inte att läsa: x"), NOW), Verdict.UNTRIED)


def test_jobs_that_failed_or_were_not_done_are_named_but_not_the_doctors_own() -> None:
    names = ["svarsgrad-backup", "svarsgrad-doctor", "svarsgrad-verify"]
    well = told(judge_tasks(TasksSeen(names), is_host=True), Verdict.OK)
    assert well == ["inget av det som körs efter klockan har misslyckats eller uteblivit"]
    ill = TasksSeen(names, failed=names[:2], late=names[2:])
    assert told(judge_tasks(ill, is_host=True), Verdict.SOON) == [
        "svarsgrad-backup misslyckades senast",
        "svarsgrad-verify har inte körts när det skulle, eller blir inte klart",
    ]
    assert not told(judge_tasks(TasksSeen(names, failed=["svarsgrad-doctor"]), is_host=True),
                    Verdict.SOON)  # fmt: skip


def test_where_nobody_tells_of_timers_it_is_said_on_their_host_alone() -> None:
    assert told(judge_tasks(TasksSeen(), is_host=True), Verdict.UNTRIED)
    assert not [*judge_tasks(TasksSeen(), is_host=False)]
