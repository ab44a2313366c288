"""Makes a backup: what tells where reading goes on first, then the archive, and the topics last.

In that order what is put back overlaps: sources are read again from before the topics' ends, and
the archive reads on from before them. Both count nothing twice; a gap would be a loss.
"""

import asyncio
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from streams.archive.database import file_refusal
from streams.backup import (
    HALF,
    MANIFEST,
    STAMP,
    VERSION,
    BackupError,
    Manifest,
    SavedLog,
    files,
    record_of,
)
from streams.domain.swedish import reason
from streams.kafka.administration import administered, partition_count, require_readable
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import event_topics
from streams.replay.topic_log import reader_of, records_until
from streams.whole_file import sync_directory

ARCHIVE: Final = "arkiv.db"
ONLY_OURS: Final = 0o700
Told = Callable[[SavedLog], None]


def make_backup(
    to: Path,
    now: datetime,
    *,
    kafka: str,
    security: KafkaSecurity,
    prefix: str,
    archive: Path | None,
    beside: Sequence[Path] = (),
    told: Told = lambda _: None,
) -> tuple[Path, Manifest]:
    """Return the folder of a new backup below ``to``, and what it has.

    Raises :class:`BackupError`, and :class:`~streams.kafka.topics.TopicError`.
    """
    folder = to / now.strftime(STAMP)
    half = folder.with_name(folder.name + HALF)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for stale in to.glob(f"*{HALF}"):
            shutil.rmtree(stale)
        half.mkdir(ONLY_OURS)
        for source in beside:
            _pack(source, half / f"{source.name}.tar.gz")
        if archive is not None:
            copy_of_database(archive, half / ARCHIVE)
        partitions, logs = _topics(half, kafka, security, prefix, told)
        names = sorted(path.name for path in half.iterdir())
        manifest = Manifest(
            version=VERSION,
            made_at=now,
            partitions=partitions,
            logs=logs,
            sha256={name: files.sha256(half / name) for name in names},
            archive=ARCHIVE if archive is not None else None,
        )
        files.write_manifest(half, manifest)
        half.rename(folder)
        sync_directory(to)
    except OSError as error:
        raise BackupError(
            f"kopian i {half} kunde inte skrivas ({reason(error)}): se över plats och rättigheter"
        ) from None
    return folder, manifest


def copy_of_database(source: Path, to: Path) -> None:
    """Copy a file of SQLite as it is at one instant, while it may be written.

    Raises :class:`BackupError`.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as of,
            closing(sqlite3.connect(to)) as copy,
        ):
            of.backup(copy)
        to.chmod(0o600)
    except sqlite3.Error as error:
        raise BackupError(
            f"arkivet {source} {file_refusal(error)} (kopian skulle bli {to})"
        ) from None


def forget_old(to: Path, keep: int) -> list[Path]:
    """Remove all backups below a folder but the latest ``keep``; return those that went."""
    old = whole_below(to)[:-keep]
    for folder in old:
        shutil.rmtree(folder)
    return old


def whole_below(to: Path) -> list[Path]:
    """Return the backups below a folder that are whole, the oldest first."""
    return sorted(path.parent for path in to.glob(f"*/{MANIFEST}") if _is_ours(path.parent))


def _is_ours(folder: Path) -> bool:
    try:
        datetime.strptime(folder.name, STAMP)  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return True


def _pack(source: Path, to: Path) -> None:
    with tarfile.open(to, "x:gz") as packed:
        packed.add(source, source.name)
    to.chmod(0o600)


def _topics(
    folder: Path, kafka: str, security: KafkaSecurity, prefix: str, told: Told
) -> tuple[int, tuple[SavedLog, ...]]:
    topics = event_topics(prefix)
    with administered(kafka, security) as admin:
        partitions = partition_count(admin, [*topics])
        require_readable(admin, [*topics])
    places = [TopicPartition(topic, p) for topic in topics for p in range(partitions)]
    try:
        return partitions, tuple(asyncio.run(_logs(folder, kafka, security, topics, places, told)))
    except (KafkaError, TimeoutError) as error:
        raise BackupError(
            f"Kafka på {kafka} slutade svara ({type(error).__name__}): försök igen"
        ) from None


async def _logs(  # noqa: PLR0917 - as much as there is to know
    folder: Path,
    kafka: str,
    security: KafkaSecurity,
    topics: dict[str, str],
    places: list[TopicPartition],
    told: Told,
) -> list[SavedLog]:
    saved = []
    reader = reader_of(kafka, security)
    await reader.start()
    try:
        begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
        for place in places:
            name = f"{topics[place.topic]}-{place.partition}.jsonl.gz"
            with files.records_file(folder / name) as file:
                count = await _save(reader, place, ends[place], file)
            log = SavedLog(
                topics[place.topic], place.partition, begins[place], ends[place], count, name
            )
            saved.append(log)
            told(log)
    finally:
        await reader.stop()
    return saved


async def _save(reader: Any, place: TopicPartition, end: int, file: IO[bytes]) -> int:
    reader.assign([place])
    count = 0
    async for record in records_until(reader, {place: end}):
        if record.offset >= end:
            continue
        headers = tuple((name, value or b"") for name, value in record.headers)
        its = record_of(record.offset, record.timestamp, record.key, record.value, headers)
        file.write(files.line(its))
        count += 1
    return count
