"""``svarsgrad simulate``: days like Luleå's, as events or as an exchange's log."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from producers import options
from producers.interruption import sigterm_as_ctrl_c
from producers.pacing import LONGEST_REST_SECONDS, clock_at_speed, local_date, paced
from producers.simulator import asked
from producers.simulator.outputs import Outputs
from producers.simulator.presence import HEARTBEAT_SECONDS
from producers.simulator.timeline import Item, Timeline
from streams import options as common
from streams.domain.instants import micros, moment
from streams.domain.swedish import counted
from streams.kafka.security import HELP


@click.command("simulate", short_help="Simulera dagar som Luleås.", epilog=HELP)
@click.option(
    "--municipality",
    "municipalities",
    metavar="ID[=STORLEK]",
    multiple=True,
    default=["lulea"],
    show_default=True,
    help="Kommun; boden=0,3 är 0,3 gånger Luleå. Kan anges flera gånger. Alla är som Luleå, utom "
    "skelleftea, som har en enda kundtjänst.",
)
@click.option(
    "--with",
    "kinds_text",
    metavar="SLAG",
    default="calls",
    show_default=True,
    help="Händelser av slagen calls, emails, cases (ärenden, enkätsvar), presence (bemanning, "
    "källors livstecken) och measures (andras mätningar, den första dagen), med komma emellan; "
    "eller all. Med fler slag än calls är kommunen hel: en kundtjänst har kort öppet, en ringer "
    "upp, och det händer något alla dagar.",
)
@click.option("--date", "dates", metavar="FRÅN[/TILL]", help="Dagar; TILL räknas inte med.")
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, 3660),
    help="De N senaste öppna dagarna före i dag. Med fler slag än calls kommer också dagarna "
    "mellan dem, då det händer annat: 5 blir en vecka med sin helg.",
)
@click.option("--live", is_flag=True, help="I dag: allt hittills genast, sedan i verklig tid.")
@click.option(
    "--like",
    metavar="DATUM",
    help="Låt dagen bli som den dagen: samma samtal vid samma klockslag, vilken dag det än är.",
)
@click.option(
    "--from-now",
    is_flag=True,
    help="Som --live, men bara samtal som börjar, och annat som händer, från nu.",
)
@click.option(
    "--to", metavar="FIL", help="Händelser som rader av JSON; .gz packas, - är standard ut."
)
@click.option(
    "--queue-log",
    metavar="FIL",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Asterisks queue_log, rad för rad som en växel skriver den.",
)
@click.option(
    "--call-list",
    metavar="FIL",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Växelns samtalslista (CSV): en rad för varje samtal i en kö, när det är slut. Läses in "
    "med import-calls.",
)
@click.option(
    "--case-export",
    metavar="FIL",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ärendesystemets export (CSV): en rad för varje ärende som har öppnats, som det står när "
    "simuleringen slutar. Läses in med import-cases.",
)
@click.option(
    "--mail",
    metavar="MAPP",
    type=click.Path(file_okay=False, path_type=Path),
    help="Brevlådorna (mbox), med det som kom in och det som skickades, som de står när "
    "simuleringen slutar. Läses med follow-mailbox. Det vars slut inte syns i brev är inte med.",
)
@click.option(
    "--append",
    is_flag=True,
    help="Skriv vidare i filer som redan finns. Med --live går en queue_log vidare från nu, som "
    "efter en omstart av växeln.",
)
@click.option(
    "--kafka",
    metavar="VÄRD:PORT",
    help="Händelser till Kafka på den här adressen; SVARSGRAD_KAFKA läses inte.",
)
@click.option(
    "--topics",
    metavar="NAMN",
    default=common.TOPICS,
    show_default=True,
    help="Början på ämnenas namn i Kafka: samtal går till NAMN.calls, frågor till NAMN.emails och "
    "så vidare.",
)
@click.option(
    "--heartbeat",
    metavar="SEKUNDER",
    type=click.IntRange(1, 3600),
    default=HEARTBEAT_SECONDS,
    show_default=True,
    help="Så ofta säger varje källa att den lever; 60 ger en mindre fil.",
)
@click.option(
    "--zone",
    "zone_name",
    metavar="ZON",
    default="Europe/Stockholm",
    show_default=True,
    help="Kommunens tidszon, eller en fast förskjutning som +03:30.",
)
@click.option(
    "--seed",
    metavar="HELTAL",
    type=int,
    default=1,
    show_default=True,
    help="Samma slumpfrö ger samma dagar.",
)
@click.option(
    "--scale",
    metavar="TAL",
    type=options.Number(),
    default=1,
    show_default=True,
    help="Multiplicera alla kommuners storlek med TAL.",
)
@click.option(
    "--staffing",
    metavar="TAL",
    type=options.Number(),
    default=1,
    show_default=True,
    help="Bemanning: 1 ger Luleås 70 % inom 15 s, 0,7 en svår dag, 1,3 en bra.",
)
@click.option(
    "--max-waiting",
    metavar="N",
    type=click.IntRange(min=0),
    help="Så många får vänta i växeln; fler avvisas.",
)
@click.option("--every-day", is_flag=True, help="Öppet även lördagar, söndagar och helgdagar.")
@click.option(
    "--closed",
    metavar="FRÅN[/TILL]",
    multiple=True,
    help="Stängt även då, t.ex. en klämdag. Flera går bra.",
)
@click.option(
    "--whole-seconds", is_flag=True, help="Händelser i hela sekunder: lika med en queue_log."
)
@click.option(
    "--speed",
    metavar="TAL",
    type=options.Number(),
    default=0,
    show_default=True,
    help="För --date och --days: 1 är verklig tid, 60 en timme på en minut, 0 genast.",
)
def command(
    *,
    municipalities: tuple[str, ...],
    kinds_text: str,
    dates: str | None,
    days: int | None,
    live: bool,
    like: str | None,
    from_now: bool,
    to: str | None,
    queue_log: Path | None,
    call_list: Path | None,
    case_export: Path | None,
    mail: Path | None,
    append: bool,
    kafka: str | None,
    topics: str,
    heartbeat: int,
    zone_name: str,
    seed: int,
    scale: float,
    staffing: float,
    max_waiting: int | None,
    every_day: bool,
    closed: tuple[str, ...],
    whole_seconds: bool,
    speed: float,
) -> None:
    """Simulera dagar som Luleås, med samtal, frågor och ärenden.

    Väntetiderna uppstår i köer där människor svarar, så att de klumpar sig som verkliga. Samma
    slumpfrö ger samma dagar. Skriv till en fil, en queue_log eller Kafka, eller till flera.

    En fråga besvaras, och ett ärende blir klart, dagar efter att det kom: en dags händelser gäller
    också det som kom under de 59 dagarna före. Det som står öppet i 28 dagar anges på nytt.

    \b
    En vecka:            svarsgrad simulate --date 2026-03-02/2026-03-07 --to vecka.jsonl.gz
    I dag, som en växel: svarsgrad simulate --live --queue-log queue_log
    Av alla slag:        svarsgrad simulate --days 5 --with all --to allt.jsonl.gz
    """  # noqa: D301 - the escape is a mark to click: don't rewrap what follows
    is_live = live or from_now
    if (dates is not None) + (days is not None) + is_live != 1:
        raise click.ClickException("Ange vilka dagar: ett av --date, --days och --live.")
    kinds = options.kinds(kinds_text)
    has_events = bool(to or kafka or case_export or mail)
    _require_use(
        len(municipalities),
        kinds,
        has_events=has_events,
        queue_log=queue_log,
        call_list=call_list,
        case_export=case_export,
        mail=mail,
    )
    speed = options.speed(speed)
    if is_live and speed not in (0, 1):
        raise click.ClickException("--live går i verklig tid: --speed hör till --date och --days.")
    timeline = Timeline(
        plans=asked.plans(
            municipalities,
            scale,
            staffing,
            max_waiting,
            is_open_daily=every_day,
            kinds=kinds,
        ),
        zone=options.zone(zone_name),
        seed=seed,
        has_events=has_events,
        has_lines=queue_log is not None,
        has_rows=call_list is not None,
        whole_seconds=whole_seconds,
        like=None if like is None else options.one_date(like),
        kinds=kinds,
        closed=asked.closed_days(closed),
        heartbeat_seconds=heartbeat,
    )
    today = local_date(_now(), timeline.zone)
    chosen = asked.days(timeline, today, dates, days)
    timeline = replace(timeline, begins=chosen[0])
    if kafka and not is_live and chosen[-1] >= today:
        raise click.ClickException(
            "Datum som inte är slut går inte att skicka till Kafka; använd --live för i dag."
        )
    outputs = Outputs()
    is_continued = False
    with _stopped_by_signals():
        with ExitStack() as stack:
            if to:
                outputs.open_event_file(to, stack, append=append)
            if queue_log:
                is_continued = outputs.open_queue_log(queue_log, stack, append=append)
            if call_list:
                outputs.open_call_list(call_list, stack, append=append)
            if case_export:
                outputs.open_case_export(case_export, timeline.zone, stack)
            if mail:
                outputs.open_mail(mail, stack)
            if kafka:
                outputs.open_kafka(kafka, asked.topics(kinds, topics), stack)
            if is_live:
                _follow_today(
                    timeline,
                    outputs,
                    today,
                    is_restarted=is_continued or not from_now,
                    has_past=not (is_continued or from_now),
                )
            else:
                _write_days(timeline, outputs, chosen, speed)
        done = "Dagen är slut" if is_live else f"Klart, {counted(len(chosen), 'dag', 'dagar')}"
        _say(f"{done}: {_written(outputs)}.")


def _require_use(
    municipalities: int,
    kinds: frozenset[str],
    *,
    has_events: bool,
    queue_log: Path | None,
    call_list: Path | None,
    case_export: Path | None,
    mail: Path | None,
) -> None:
    """Refuse files that nothing, or what can't be told apart, would come to."""
    files = {
        "queue_log är en kommuns växel": queue_log,
        "samtalslista är en kommuns växel": call_list,
        "ärendeexport är en kommuns system": case_export,
        "mapp med brevlådor är en kommuns": mail,
    }
    if not has_events and not any(files.values()):
        raise click.ClickException(
            "Ange vart det ska skrivas: --to, --queue-log, --call-list, --case-export, --mail "
            "eller --kafka."
        )
    for what, file in files.items():
        if file and municipalities > 1:
            raise click.ClickException(f"En {what}: ange en --municipality.")
    if case_export and "cases" not in kinds:
        raise click.ClickException("En ärendeexport har bara ärenden: ange cases bland --with.")
    if mail and "emails" not in kinds:
        raise click.ClickException("I brevlådor finns bara frågor: ange emails bland --with.")
    if "calls" not in kinds and not has_events:
        name = "queue_log" if queue_log else "samtalslista"
        raise click.ClickException(
            f"En {name} har bara samtal: ange calls bland --with, eller --to eller --kafka för "
            "händelserna."
        )


def _write_days(timeline: Timeline, outputs: Outputs, days: list[date], speed: float) -> None:
    """Write past days: as fast as possible, or paced from their first item on."""
    console = Console(stderr=True)
    clock = None
    for day in track(
        days,
        description="Simulerar",
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ):
        items = timeline.of(day, is_restarted=day == days[0])
        if speed and items:
            clock = clock or clock_at_speed(items[0][0], speed, time.monotonic)
            rest = _rest_at_speed(outputs, speed)
            _write(outputs, paced(items, _instant, clock, rest))
        else:
            _write(outputs, items)


def _follow_today(
    timeline: Timeline, outputs: Outputs, today: date, *, is_restarted: bool, has_past: bool
) -> None:
    """Write today's past, if it is to be there, at once; then the rest of the day as it comes."""
    now = _now()
    items = timeline.of(today, is_restarted=is_restarted, since=None if has_past else now)
    past = sum(1 for at, _ in items if at <= now)
    _write(outputs, items[:past])
    outputs.flush()
    if past < len(items):
        clock = moment(now).astimezone(timeline.zone)
        _say(
            f"Fram till {clock:%H.%M}: {_written(outputs)}. Fortsätter i verklig tid till "
            "dagens slut; Ctrl-C avslutar."
        )
    _write(outputs, paced(items[past:], _instant, _now, outputs.rest))


def _write(outputs: Outputs, items: Iterable[Item]) -> None:
    for item in items:
        outputs.write(item)


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end what is inside, quietly, at a whole line."""
    try:
        with sigterm_as_ctrl_c():
            yield
    except KeyboardInterrupt:
        _say("Avbruten.")


def _rest_at_speed(outputs: Outputs, speed: float) -> Callable[[float], None]:
    return lambda seconds: outputs.rest(min(seconds / speed, LONGEST_REST_SECONDS))


def _instant(item: Item) -> int:
    return item[0]


def _now() -> int:
    return micros(datetime.now(UTC))


def _written(outputs: Outputs) -> str:
    return (
        " och ".join(
            counted(number, *words)
            for number, words in (
                (outputs.written_events, ("händelse", "händelser")),
                (outputs.written_lines, ("rad i queue_log", "rader i queue_log")),
                (outputs.written_rows, ("rad i samtalslistan", "rader i samtalslistan")),
                (outputs.written_cases, ("ärende i exporten", "ärenden i exporten")),
                (outputs.written_messages, ("brev", "brev")),
            )
            if number
        )
        or "inget"
    )


def _say(text: str) -> None:
    click.echo(text, err=True)
