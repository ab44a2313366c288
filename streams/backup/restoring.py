"""Puts a backup back: each record in its place, with its time; and the archive, if it is gone."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import AuthorizationError, KafkaError
from kafka.structs import TopicPartition

from streams.backup import BackupError, Manifest, SavedLog, files
from streams.domain.swedish import counted, listed, reason
from streams.kafka.administration import administered, config_of, create, partition_count
from streams.kafka.security import KafkaSecurity
from streams.kafka.topics import APPEND_TIME, GRANT, TIMESTAMP_TYPE, Topic, wanted
from streams.whole_file import written_whole

GIVEN_TIME: Final = "CreateTime"
"""The kind of time of a topic that is being restored: as the sender says."""
MOST_WAITING: Final = 2_000
"""Records on their way at a time."""
MOST_BYTES: Final = 64 << 20
"""Of a message before it is packed, which the broker has a limit for after that."""
SECONDS: Final = 120.0
Told = Callable[[SavedLog], None]
Ends = Mapping[tuple[str, int], int]


def restore_archive(folder: Path, manifest: Manifest, to: Path) -> bool:
    """Put the archive's file back, and say so; one that is there is left as it is.

    Raises :class:`BackupError`.
    """
    if manifest.archive is None or to.exists():
        return False
    try:
        with (folder / manifest.archive).open("rb") as of, written_whole(to) as file:
            shutil.copyfileobj(of, file)
    except OSError as error:
        raise BackupError(
            f"arkivet {to} kunde inte skrivas ({reason(error)}): se över plats och rättigheter"
        ) from None
    return True


def restore_topics(
    folder: Path,
    manifest: Manifest,
    *,
    kafka: str,
    security: KafkaSecurity,
    prefix: str,
    replication: int,
    told: Told = lambda _: None,
) -> None:
    """Put all records back, in topics that are missing, empty, or half restored.

    Nobody else may write meanwhile. Stopped at any time it goes on the next time. Raises
    :class:`BackupError`, and :class:`~streams.kafka.topics.TopicError`.
    """
    topics = wanted(prefix, manifest.partitions, replication)
    saved = {f"{prefix}.{log.topic}" for log in manifest.logs}
    events = [topic for topic in topics if topic.name in saved]
    with administered(kafka, security) as admin:
        ends = _ready_for_it(admin, events, manifest, prefix)
        try:
            with closing(_producer(kafka, security)) as producer:
                for log in manifest.logs:
                    place = (f"{prefix}.{log.topic}", log.partition)
                    _send(producer, folder / log.file, place, ends[place])
                    told(log)
        except AuthorizationError:
            raise BackupError(f"Kafka låter oss inte skriva i ämnena (Write): {GRANT}") from None
        except KafkaError as error:
            raise BackupError(
                f"Kafka på {kafka} tog inte emot allt ({type(error).__name__}): kör igen, så "
                "kommer resten"
            ) from None
        _require_all(manifest, prefix, _ends(admin, events))
        for topic in events:
            _set_time(admin, topic.name, APPEND_TIME)
        create(admin, topics)


def _ready_for_it(
    admin: KafkaAdminClient, topics: list[Topic], manifest: Manifest, prefix: str
) -> Ends:
    """Make the topics take the times of their records; return how far each has been restored.

    Raises :class:`BackupError`, with nothing changed, if one has records of its own.
    """
    wanted_number = manifest.partitions
    existing = [topic for topic in topics if topic.name in set(admin.list_topics())]
    ends = _ends(admin, existing)
    full = sorted(
        topic.name
        for topic in existing
        if config_of(admin, topic.name).get(TIMESTAMP_TYPE) != GIVEN_TIME
        and any(end for (name, _), end in ends.items() if name == topic.name)
    )
    if full:
        raise BackupError(
            f"{listed(full)} har redan händelser: ta bort {'det' if len(full) == 1 else 'dem'} "
            "först, eller ange andra ämnen med --topics"
        )
    if existing and partition_count(admin, [topic.name for topic in existing]) != wanted_number:
        raise BackupError(
            f"kopian har {counted(wanted_number, 'partition', 'partitioner')} av varje ämne, men "
            "ämnena som finns har andra antal: ta bort dem, så görs de som de var"
        )
    create(admin, topics)
    for topic in topics:
        _set_time(admin, topic.name, GIVEN_TIME)
    ends = _ends(admin, topics)
    for log in manifest.logs:
        if ends[f"{prefix}.{log.topic}", log.partition] > log.records:
            raise BackupError(
                f"{prefix}.{log.topic} har mer än kopian: ta bort ämnet, och stoppa det som "
                "skriver i det"
            )
    return ends


def _ends(admin: KafkaAdminClient, topics: list[Topic]) -> Ends:
    places = [
        TopicPartition(name, p)
        for name in (topic.name for topic in topics)
        for p in range(partition_count(admin, [name]))
    ]
    if not places:
        return {}
    told: dict[Any, Any] = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    return {(tp.topic, tp.partition): its.offset for tp, its in told.items()}


def _require_all(manifest: Manifest, prefix: str, ends: Ends) -> None:
    for log in manifest.logs:
        if ends[f"{prefix}.{log.topic}", log.partition] != log.records:
            raise BackupError(
                f"{prefix}.{log.topic} har inte blivit som kopian, någon annan skriver i det: "
                "stoppa det som skriver, ta bort ämnet och kör igen"
            )


def _set_time(admin: KafkaAdminClient, topic: str, kind: str) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {TIMESTAMP_TYPE: kind})
    told = admin.alter_configs([resource])["topic"][topic]
    if told != "OK":
        raise BackupError(
            f"Kafka låter oss inte ändra {TIMESTAMP_TYPE} för {topic} (AlterConfigs): {GRANT}"
        )


def _producer(kafka: str, security: KafkaSecurity) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=kafka.split(","),
        client_id="svarsgrad-restore",
        acks="all",
        enable_idempotence=True,
        compression_type="gzip",
        linger_ms=20,
        batch_size=500_000,
        max_request_size=MOST_BYTES,
        delivery_timeout_ms=round(SECONDS * 1000),
        allow_auto_create_topics=False,
        **security.options(),
    )


def _send(producer: KafkaProducer, file: Path, place: tuple[str, int], done: int) -> None:
    """Send the records of a partition but those that are there; return when all are taken."""
    topic, partition = place
    waiting: list[Any] = []
    for number, record in enumerate(files.records_in(file)):
        if number < done:
            continue
        key, value = record.raw
        waiting.append(
            producer.send(
                topic,
                value,
                key=key,
                headers=list(record.headers),
                partition=partition,
                timestamp_ms=record.timestamp,
            )
        )
        if len(waiting) >= MOST_WAITING:
            _settle(waiting)
    _settle(waiting)


def _settle(waiting: list[Any]) -> None:
    for future in waiting:
        future.get(timeout=SECONDS)
    waiting.clear()
