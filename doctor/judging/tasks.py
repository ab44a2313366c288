"""What is to be said of what is done by the clock, and of what the backup leaves."""

from collections.abc import Iterator
from typing import Final

from doctor.finding import Finding, ok, soon, untried, wrong
from doctor.judging.words import lasting
from doctor.seen import CopiesSeen, Failed, TasksSeen
from streams.domain.swedish import listed

OLD_SECONDS: Final = 30 * 3_600
"""A backup is made each night; this has room for one that takes hours."""
MISSED_SECONDS: Final = 3 * 86_400
_OURS: Final = "-doctor"
"""The job that runs the doctor itself: that it found something is told by what it found."""


def judge_copies(seen: CopiesSeen | Failed | None, now: float) -> Iterator[Finding]:
    """Yield how old the newest backup is; nothing where none are kept."""
    if seen is None:
        return
    if isinstance(seen, Failed):
        yield untried("copies", seen.line)
        return
    do = "journalctl -u svarsgrad-backup -n 30; gör en nu: systemctl start svarsgrad-backup"
    if seen.newest is None:
        yield soon("copies", f"det finns ingen hel säkerhetskopia i {seen.folder}", do)
        return
    told = f"den senaste hela säkerhetskopian är {lasting(now - seen.newest)} gammal"
    if now - seen.newest > MISSED_SECONDS:
        yield wrong("copies", told, do)
    elif now - seen.newest > OLD_SECONDS:
        yield soon("copies", told, do)
    else:
        yield ok("copies", told)


def judge_tasks(seen: TasksSeen, *, is_host: bool) -> Iterator[Finding]:
    """Yield which of what is done by the clock failed, or was not done.

    ``is_host`` says whether svarsgrad's own timers are here; else nobody may have to tell of them.
    Operations are alerted of each, so that none of it is a fault here once more.
    """
    if not seen.known:
        if is_host:
            yield untried(
                "tasks",
                "Prometheus vet inte hur det går för svarsgrads timrar: se att node_exporter "
                "har --collector.systemd, och att larmens regler är de nya",
            )
        return
    failed, late = (
        [name for name in names if not name.endswith(_OURS)] for names in (seen.failed, seen.late)
    )
    if failed:
        yield soon(
            "tasks", f"{listed(failed)} misslyckades senast",
            "läs loggen (journalctl -u, kubectl logs), åtgärda felet och kör igen",
        )  # fmt: skip
    if late:
        yield soon(
            "tasks", f"{listed(late)} har inte körts när det skulle, eller blir inte klart",
            "systemctl list-timers --all, eller kubectl get cronjobs; docs/runbooks.md",
        )  # fmt: skip
    if not failed and not late:
        yield ok("tasks", "inget av det som körs efter klockan har misslyckats eller uteblivit")
