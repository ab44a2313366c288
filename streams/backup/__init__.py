"""Backups of one host: the archive's file and all records of the topics, and the way back.

A backup is a folder with a file for each partition (a gzip of lines of JSON, one a record, with
the time at which the broker took it in), the archive, and ``backup.json``, which says what there
is and the checksum of each. It is there whole or not at all.

Records are put back as they were: the same bytes, in the same partition and order, with the same
times. Those times decide what is still held and what came too early, so that all figures are the
same. Kafka takes times only while a topic has ``message.timestamp.type=CreateTime``; it has that
for as long as it is being restored, and no worker starts on it then.

Source: docs/decisions/0021-backup.md.
"""

from datetime import datetime
from typing import Final

import msgspec

MANIFEST: Final = "backup.json"
VERSION: Final = 1
STAMP: Final = "%Y-%m-%dT%H%M%SZ"
"""How a backup's folder is named: when it was begun, UTC."""
HALF: Final = ".half"
"""What the name of one that is not whole ends with."""


class BackupError(RuntimeError):
    """A backup can't be made or put back; whoever runs the command must act. One line."""


class Record(msgspec.Struct, omit_defaults=True, frozen=True):
    """A record as it stands in a file: text where it is text, else its bytes in base64."""

    offset: int
    timestamp: int
    """When the broker took it in (ms)."""
    key: str | None = None
    value: str | None = None
    key_bytes: bytes | None = None
    value_bytes: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def raw(self) -> tuple[bytes | None, bytes | None]:
        """Return key and value as they were."""
        return _raw(self.key, self.key_bytes), _raw(self.value, self.value_bytes)


class SavedLog(msgspec.Struct, frozen=True):
    """What a backup has of a partition."""

    topic: str
    """As it is called after the topics' common beginning: ``calls``."""
    partition: int
    begin: int
    end: int
    records: int
    file: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup has."""

    version: int
    made_at: datetime
    partitions: int
    logs: tuple[SavedLog, ...]
    sha256: dict[str, str]
    """Of each file, by its name."""
    archive: str | None = None
    """The archive's file, if it was one."""


def record_of(
    offset: int,
    timestamp: int,
    key: bytes | None,
    value: bytes | None,
    headers: tuple[tuple[str, bytes], ...] = (),
) -> Record:
    """Return a record to be written."""
    key_text, key_bytes = _text(key)
    value_text, value_bytes = _text(value)
    return Record(offset, timestamp, key_text, value_text, key_bytes, value_bytes, headers)


def _text(raw: bytes | None) -> tuple[str | None, bytes | None]:
    if raw is None:
        return None, None
    try:
        return raw.decode(), None
    except UnicodeDecodeError:
        return None, raw


def _raw(text: str | None, raw: bytes | None) -> bytes | None:
    return raw if text is None else text.encode()
