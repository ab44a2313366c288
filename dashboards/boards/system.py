"""*Systemet*: whether all that counts is alive, follows, and says the truth."""

from typing import Any, Final

from dashboards.boards import frame, parts
from dashboards.boards.parts import COUNT, EACH_SECOND, LONG, SECONDS, Ask, Column, Key, Word
from dashboards.boards.promql import STALE_SECONDS, figure, named, selector
from dashboards.words import BOOKS, COMPARED, REJECTIONS, RESULTS
from streams import metrics as m
from streams.domain.catalogue import UNKNOWN_QUEUE

UID = "systemet"
_DAY: Final = 86400
_HEARD: Final[tuple[Word, ...]] = ((0, "Aldrig hörd", "missing"), (1, "Hörd", "within"))


def board() -> Any:
    """Return the board."""
    made = frame.board(
        UID, "Systemet", "Om räknarna lever, hinner med och visar det som ämnena säger."
    )
    return frame.laid(
        made,
        [(_ready(), 6, 5), (_age(), 6, 5), (_differences(), 8, 5), (_last_run(), 4, 5)],
        [(_topics(), 12, 8), (_sources(), 12, 8)],
        [
            (
                parts.lines(
                    "Eftersläpning",
                    "Händelser i loggen som inte är räknade än, per ämne.",
                    COUNT,
                    Ask(_lag(), "{{topic}}"),
                ),
                12,
                8,
            ),
            (
                parts.lines(
                    "Händelser per sekund",
                    "Vad som läses, och vad det blir av det.",
                    EACH_SECOND,
                    *parts.each(
                        lambda result: (
                            f"sum(rate({selector(m.EVENTS, result=result)}[$__rate_interval]))"
                        ),
                        RESULTS,
                    ),
                    stacked=True,
                ),
                12,
                8,
            ),
        ],
        [
            (
                parts.lines(
                    "Avvisade, senaste timmen",
                    "Händelser som inte kan användas, per skäl.",
                    COUNT,
                    *parts.each(
                        lambda why: (
                            f"round(sum(increase({selector(m.REJECTED, reason=why)}[1h])))"
                        ),
                        REJECTIONS,
                    ),
                ),
                12,
                8,
            ),
            (
                parts.lines(
                    "Källornas livstecken",
                    "Tiden sedan varje källa senast sade att den lever.",
                    SECONDS,
                    Ask(named(figure(m.HEARTBEAT_AGE), m.SOURCE_INFO)),
                ),
                12,
                8,
            ),
        ],
        [
            (
                parts.lines(
                    "Vad som hålls i minnet",
                    "Samtal, frågor, ärenden och annat som räknarna håller för kommunen.",
                    COUNT,
                    *parts.each(lambda book: figure(m.HELD, book=book), BOOKS),
                ),
                12,
                8,
            ),
            (
                parts.lines(
                    "Omfyllningar",
                    "Hur många gånger räknarna har läst om sina loggar sedan de startade.",
                    COUNT,
                    Ask(f"sum({selector(m.RECOVERIES)})", "omfyllningar"),
                ),
                6,
                8,
            ),
            (
                parts.number(
                    "Annat att se över",
                    "Avvisade som inte har nått sitt ämne än; dagens samtal till köer, och värden "
                    "av mått, som katalogen inte har.",
                    COUNT,
                    Ask(f"sum({selector(m.REJECTED_PENDING)})", "avvisade som väntar"),
                    Ask(_unknown(), "samtal till okända köer"),
                    Ask(figure(m.EXTERNAL_UNKNOWN), "värden av okända mått"),
                    bad_above=0,
                ),
                6,
                8,
            ),
        ],
    )


def _ready() -> Any:
    ready = selector(m.READY)
    return parts.number(
        "Räknare som är redo",
        "Hur många räknare som har läst sina loggar till slutet, och hur många som svarar.",
        COUNT,
        Ask(f"sum({ready})", "redo"),
        Ask(f"count({ready})", "av"),
    )


def _age() -> Any:
    at = f"last_over_time({selector(m.EVALUATED_AT)}[1d])"
    return parts.number(
        "Siffrornas ålder",
        "Tiden sedan kommunens siffror räknades. Över 90 sekunder visar väggen dem inte.",
        SECONDS,
        Ask(f"time() - max({at})", "ålder"),
        bad_above=STALE_SECONDS,
    )


def _differences() -> Any:
    def of(metric: m.Metric, legend: str) -> list[Ask]:
        return parts.each(lambda its: f"max({selector(metric, of=its)})", COMPARED, legend)

    compared = of(m.VERIFY_COMPARED, "jämförda ")
    return parts.number(
        "Den senaste kontrollen",
        "Vad som skilde sig från händelseloggen vid senaste svarsgrad verify, av hur mycket som "
        "jämfördes; och vad som inte kunde jämföras.",
        COUNT,
        *of(m.VERIFY_DIFFERENCES, "fel i "),
        Ask(f"max({selector(m.VERIFY_MISSING)})", "kommuner som saknades"),
        Ask(f"max({selector(m.VERIFY_UNANSWERED)})", "räknare som saknades"),
        *compared,
        bad_above=0,
        good=compared,
    )


def _last_run() -> Any:
    return parts.number(
        "Kontrollerat för",
        "Tiden sedan svarsgrad verify senast kom till slutet: den går varje natt.",
        LONG,
        Ask(f"time() - max({selector(m.VERIFY_LAST_RUN)})", "sedan"),
        bad_above=1.5 * _DAY,
    )


def _lag() -> str:
    return f"sum by (topic) (max by (topic, partition) ({selector(m.LAG)}))"


def _topics() -> Any:
    owned, partition = selector(m.OWNED), "topic, partition"
    known = f"max by ({partition}) (last_over_time({owned}[1h]))"
    now = f"max by ({partition}) ({owned})"
    return parts.rows(
        "Ämnena",
        "Vad räknarna läser. Utan räknare: delar som någon räknade senaste timmen, men ingen nu.",
        Key("Ämne", "topic"),
        [
            Column("Delar", f"count by (topic) ({now})"),
            Column(
                "Utan räknare",
                f"count by (topic) ({known} unless {now}) or count by (topic) ({known}) * 0",
            ),
            Column("Släpar efter", _lag()),
            Column(
                "Senaste händelse",
                f"time() - max by (topic) ({selector(m.LAST_APPEND)})",
                LONG,
                nothing="ingen än",
            ),
        ],
    )


def _sources() -> Any:
    info = selector(m.SOURCE_INFO)
    by = "max by (municipality, source)"
    age = figure(m.HEARTBEAT_AGE)
    return parts.rows(
        "Källorna",
        "Om varje källa i katalogen någonsin har sagt att den lever, och när senast.",
        Key("Källa"),
        [
            Column("Läge", named(f"{by} ({age}) * 0 + 1 or {by} ({info}) * 0", m.SOURCE_INFO),
                   words=_HEARD),
            Column("Sedan", named(age, m.SOURCE_INFO), LONG, nothing="–"),
        ],
    )  # fmt: skip


def _unknown() -> str:
    """Return today's calls to queues that the catalogue doesn't have; none is a figure too."""
    calls = figure(m.ARRIVED, queue=UNKNOWN_QUEUE, window="today")
    return f"{calls} or {figure(m.EVALUATED_AT)} * 0"
