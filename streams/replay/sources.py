"""Where commands that count what has been kept read it from: files, or a broker's topics."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import click

from streams.kafka import security as kafka_security
from streams.replay import Log
from streams.replay.event_files import read_files
from streams.replay.topic_log import read_topic

_ALL: Mapping[str, Mapping[int, int]] = MappingProxyType({})


def one_of(files: Sequence[Path], topics: Sequence[str], flags: str = "--topics") -> None:
    """Raise a usage error unless either files or topics are given."""
    if bool(files) == bool(topics):
        raise click.UsageError(f"ange antingen filer eller ämnen ({flags})")


def read_logs(
    files: Sequence[Path],
    topics: Sequence[str],
    kafka: str,
    until: Mapping[str, Mapping[int, int]] = _ALL,
) -> Iterable[Log]:
    """Return the logs of files, or of topics up to some offsets.

    Raises :class:`~streams.kafka.topics.TopicError`; records of files
    :class:`~streams.replay.event_files.EventFileError`.
    """
    if not topics:
        return read_files(files)
    security = kafka_security.security_as_told()
    return [
        log for topic in topics for log in read_topic(kafka, topic, until.get(topic), security)
    ]
