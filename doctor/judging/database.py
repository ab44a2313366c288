"""What is to be said of the archive's database."""

from collections.abc import Iterator, Mapping
from typing import Final

from alerts.rules import IDLE_SECONDS
from doctor.finding import Finding, as_said, ok, soon, wrong
from doctor.judging.words import lasting, room
from doctor.seen import DatabaseSeen, Failed, Place
from streams.domain.swedish import counted

MOST_LOG_BYTES: Final = 1 << 30


def judge_database(
    seen: DatabaseSeen | Failed, ends: Mapping[Place, int] | None, now: float
) -> Iterator[Finding]:
    """Yield how the archive is, given where its topics end, if that is known; now is Unix time."""
    check = "database"
    if isinstance(seen, Failed):
        yield as_said(check, seen.line)
        return
    lacks = _lacks(seen.positions, ends)
    age = None if seen.written_at is None else max(0.0, now - seen.written_at)
    told = seen.told if age is None else f"{seen.told} skrevs för {lasting(age)} sedan"
    if not seen.positions:
        yield wrong(check, f"{seen.told} har inte läst något ämne än", "starta svarsgrad archive")
    elif lacks and age is not None and age > IDLE_SECONDS:
        yield wrong(
            check,
            f"{told}, och saknar {counted(lacks, 'post', 'poster')}",
            "se om svarsgrad archive är i gång, och i dess logg vad som hindrar; det läser vidare "
            "där det slutade",
        )
    else:
        missing = counted(lacks, "post", "poster") if lacks else "inget"
        yield ok(check, told if lacks is None else f"{told}, och saknar {missing}")
    if seen.gaps:
        yield soon(
            check,
            f"{counted(seen.gaps, 'gång', 'gånger')} har ett ämne tappat poster innan de lästs",
            "se tabellen gap: vad som stod där är borta, om ingen källa kan läsas om",
        )
    if seen.log_bytes > MOST_LOG_BYTES:
        yield soon(
            check,
            f"loggen bredvid filen (-wal) är {room(seen.log_bytes)}",
            "avsluta det som läst arkivet länge; nästa skrivning krymper den då",
        )


def _lacks(positions: Mapping[Place, int], ends: Mapping[Place, int] | None) -> int | None:
    """Return how many records it lacks of what the topics say."""
    if ends is None:
        return None
    return sum(max(0, end - positions.get(place, 0)) for place, end in ends.items())
