"""What is to be said of Kafka, the topics, and the groups that read them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from doctor.finding import Finding, as_said, ok, soon, untried, wrong
from doctor.judging.words import lasting
from doctor.seen import Failed, GroupSeen, KafkaSeen, TopicSeen
from streams.domain.swedish import counted, listed

KAFKA_IS_AWAY: Final = "Kafka svarar inte"
SAFE_NODES: Final = 3


def judge_no_kafka(failed: Failed) -> Iterator[Finding]:
    """Yield that there is no Kafka, and what can't be told without it."""
    yield as_said("kafka", failed.line)
    for check in ("topics", "events", "group", "archive-group"):
        yield untried(check, KAFKA_IS_AWAY)


def judge_kafka(seen: KafkaSeen, at: str, now: float) -> Iterator[Finding]:
    """Yield what is to be said of the nodes and the topics; ``now`` is Unix time."""
    yield _nodes(seen.nodes, at)
    faults = [*_topics(seen.topics)]
    yield from faults
    if not faults:
        copies = min(its.copies for its in _there(seen).values())
        partitions = max(its.partitions for its in _there(seen).values())
        yield ok(
            "topics",
            f"{counted(len(seen.topics), 'ämne', 'ämnen')} som de ska vara: "
            f"{counted(partitions, 'partition', 'partitioner')}, "
            f"{counted(copies, 'kopia', 'kopior')}",
        )
    yield _events(_there(seen), now)


def newest(seen: KafkaSeen) -> int | None:
    """Return when any topic was last written to, in milliseconds; None if nothing ever was."""
    told = [its.newest_ms for its in _there(seen).values() if its.newest_ms is not None]
    return max(told, default=None)


def judge_group(check: str, name: str, seen: GroupSeen | Failed, *, command: str) -> Finding:
    """Return what is to be said of a group, whose members are processes of a command."""
    if isinstance(seen, Failed):
        return as_said(check, seen.line)
    members = f"{counted(seen.members, 'medlem', 'medlemmar')} i gruppen {name}"
    behind = f"{counted(seen.lag, 'post', 'poster')} är inte lästa"
    if not seen.members:
        return wrong(
            check,
            f"ingen är med i gruppen {name}{f', och {behind}' if seen.lag else ''}",
            f"starta svarsgrad {command}, eller ange dess --group; se varför den slutat i dess "
            "logg (journalctl, eller podden)",
        )
    if seen.lag:
        return wrong(
            check,
            f"{members}, men {behind} efter några sekunder",
            f"vänta om den nyss startats; läser den inte ikapp, se loggen hos svarsgrad {command}",
        )
    return ok(check, f"{members}, och allt är läst")


def _there(seen: KafkaSeen) -> Mapping[str, TopicSeen]:
    return {name: its for name, its in seen.topics.items() if isinstance(its, TopicSeen)}


def _nodes(nodes: int, at: str) -> Finding:
    told = f"{at} svarar: {counted(nodes, 'nod', 'noder')}"
    if nodes < SAFE_NODES:
        return soon(
            "kafka",
            f"{told}; går den disken sönder är allt borta"
            if nodes == 1
            else f"{told}; går en sönder stannar allt",
            "i drift: tre noder, på var sin maskin, eller säkerhetskopiera (docs/backup.md)",
        )
    return ok("kafka", told)


def _topics(topics: Mapping[str, TopicSeen | Failed]) -> Iterator[Finding]:
    for name, its in topics.items():
        if isinstance(its, Failed):
            yield as_said("topics", its.line)
            continue
        for line in its.faults:
            yield as_said("topics", line)
        if its.headless:
            yield wrong(
                "topics",
                f"{name} har {_numbered(its.headless)} som ingen nod leder",
                "starta de Kafka-noder som är nere: där kan inget läsas eller skrivas",
            )
        elif its.behind:
            yield wrong(
                "topics",
                f"{name} har {_numbered(its.behind)} där en kopia inte hänger med",
                "se vilken Kafka-nod som är nere eller långsam; en till får inte gå ner",
            )


def _numbered(numbers: Sequence[int]) -> str:
    found = [str(one) for one in numbers]
    return f"{'partition' if len(found) == 1 else 'partitionerna'} {listed(found)}"


def _events(topics: Mapping[str, TopicSeen], now: float) -> Finding:
    told, silent = [], []
    for name, its in topics.items():
        kind = name.rpartition(".")[2]
        if its.newest_ms is None:
            silent.append(kind)
        else:
            told.append(f"{kind} {lasting(max(0.0, now - its.newest_ms / 1000))}")
    if not told:
        return soon(
            "events",
            "inget har kommit till något ämne",
            "starta en källa (docs/sources.md): follow-queue-log, follow-mailbox, intake",
        )
    none = f"; inget i {listed(silent)}" if silent else ""
    return ok("events", f"senast skrivet för så länge sedan: {', '.join(told)}{none}")
