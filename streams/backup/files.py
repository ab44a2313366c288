"""The files of a backup: written whole, and held against their checksums before they are used."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import msgspec

from streams.backup import MANIFEST, VERSION, BackupError, Manifest, Record
from streams.domain.swedish import reason
from streams.whole_file import write_whole, written_whole

LEVEL: Final = 6
_PART: Final = 1 << 20
_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Record)


@contextmanager
def records_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file of records to write lines to; it is there when all is written."""
    with written_whole(path) as file, gzip.GzipFile("", "wb", LEVEL, file, mtime=0) as packed:
        yield packed  # type: ignore[misc] # a binary file in all but its type


def line(record: Record) -> bytes:
    """Return a record's line."""
    return _encoder.encode(record) + b"\n"


def records_in(path: Path) -> Iterator[Record]:
    """Yield the records of a file. Raises :class:`BackupError`."""
    try:
        with gzip.open(path) as lines:
            yield from map(_decoder.decode, lines)
    except (OSError, EOFError, zlib.error, msgspec.MsgspecError):
        raise BackupError(f"{path} är skadad: ta en annan kopia") from None


def sha256(path: Path) -> str:
    """Return a file's checksum in hex. Raises OSError."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_PART):
            total.update(part)
    return total.hexdigest()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write what a backup has. Raises OSError."""
    write_whole(folder / MANIFEST, msgspec.json.format(_encoder.encode(manifest)) + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup has, when each of its files is as it was written.

    Raises :class:`BackupError`.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError as error:
        raise BackupError(
            f"{folder} är ingen kopia som går att läsa ({reason(error)}): ange en mapp som "
            "svarsgrad backup har gjort"
        ) from None
    except msgspec.MsgspecError:
        raise BackupError(f"{folder / MANIFEST} är skadad: ta en annan kopia") from None
    if manifest.version != VERSION:
        raise BackupError(f"{folder} är gjord av en annan version av svarsgrad: använd den")
    for name, told in manifest.sha256.items():
        try:
            is_whole = sha256(folder / name) == told
        except OSError as error:
            raise BackupError(
                f"{folder / name} går inte att läsa ({reason(error)}): ta en annan kopia"
            ) from None
        if not is_whole:
            raise BackupError(f"{folder / name} är inte som den skrevs: ta en annan kopia")
    return manifest
