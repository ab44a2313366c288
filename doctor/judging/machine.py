"""What the machine is like: room, files, time, and the libraries that we run on."""

from collections.abc import Iterator, Sequence
from typing import Final

from doctor.finding import Finding, as_said, ok, soon, untried, wrong
from doctor.judging.words import lasting, room
from doctor.seen import ClockSeen, Disk, Failed, MachineSeen
from streams.domain.swedish import count, counted, decimal, listed, percent

LEAST_BYTES: Final = 1 << 30
LEAST_SHARE: Final = 0.02
SCARCE_SHARE: Final = 0.1
OPEN_FILES: Final = 1_024
"""What a worker may need: 656 connections to its endpoints, and those to Kafka."""
FAR_SECONDS: Final = 60.0
"""Events so far ahead of the log are counted as skewed (docs/limits.md)."""
OFF_SECONDS: Final = 2.0


def judge_machine(seen: MachineSeen) -> Iterator[Finding]:
    """Yield what is to be said of the program, of the disks and of files."""
    yield _program(seen)
    for disk in seen.disks:
        yield as_said("disk", disk.line) if isinstance(disk, Failed) else _disk(disk)
    yield _files(seen)


def judge_clocks(
    is_synced: bool | None, others: Sequence[ClockSeen], newest_ms: int | None, now: float
) -> Iterator[Finding]:
    """Yield what is to be said of our clock, by those of others and by the log's newest record.

    ``now`` is what ours shows (Unix time).
    """
    ahead = 0.0 if newest_ms is None else newest_ms / 1000 - now
    seen = [*others, *([ClockSeen("Kafka", ahead, 0.0)] if ahead > OFF_SECONDS else [])]
    off = [its for its in seen if abs(its.ahead_seconds) - its.unsure_seconds > OFF_SECONDS]
    for its in off:
        far = abs(its.ahead_seconds) > FAR_SECONDS
        side = "före" if its.ahead_seconds > 0 else "efter"
        told = f"klockan hos {its.of} går {lasting(abs(its.ahead_seconds))} {side} den här"
        yield (wrong if far else soon)(
            "clock", told, "ställ den som går fel med NTP (chrony); jämför med date -u på båda"
        )
    if is_synced is False:
        yield soon(
            "clock",
            "ingenting håller klockan rätt (NTP)",
            "starta chrony eller systemd-timesyncd; i en virtuell maskin kan värden göra det",
        )
    if not off and seen:
        most = max(abs(its.ahead_seconds) for its in seen)
        names = listed([its.of for its in seen])
        within = "inom en sekund" if most < 1 else f"inom {decimal(round(most + 0.5))} s"
        yield ok("clock", f"går {within} lika med {names}")
    elif not seen and is_synced is not False:
        yield untried("clock", "inget annat med en klocka svarar")


def _program(seen: MachineSeen) -> Finding:
    if seen.library_faults:
        return wrong(
            "program",
            listed([*seen.library_faults]),
            "installera om med requirements.txt, i en egen miljö (docs/install.md)",
        )
    if not seen.zone_data:
        return wrong("program", "data om tidszoner saknas", "installera paketet tzdata")
    return ok("program", f"Python {seen.python}, tidszoner {seen.zone_data}")


def _disk(disk: Disk) -> Finding:
    share = disk.free_bytes / max(1, disk.total_bytes)
    told = f"{disk.path} har {room(disk.free_bytes)} ledigt ({percent(share, 0)})"
    if disk.total_files and disk.free_files / disk.total_files < LEAST_SHARE:
        told = f"{disk.path} har plats för bara {counted(disk.free_files, 'fil', 'filer')} till"
        return wrong("disk", told, "ta bort filer där, eller gör filsystemet större")
    if disk.free_bytes < LEAST_BYTES or share < LEAST_SHARE:
        return wrong(
            "disk", told, "frigör plats, eller gör filsystemet större, innan det är fullt"
        )
    if share < SCARCE_SHARE:
        return soon("disk", told, "se vad som växer: du -x --max-depth=2 på den disken")
    return ok("disk", told)


def _files(seen: MachineSeen) -> Finding:
    told = f"en process som startas här får ha {count(seen.open_files)} öppna"
    if seen.open_files < OPEN_FILES:
        return wrong(
            "files",
            f"{told}, en räknare kan behöva {count(OPEN_FILES)}",
            "höj den med LimitNOFILE i enheten (systemd), eller ulimit -n",
        )
    return ok("files", told)
