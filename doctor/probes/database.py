"""Looks into the archive, and only reads."""

from pathlib import Path

from sqlalchemy import URL, func, select

from doctor.seen import DatabaseSeen, Failed
from streams.archive import schema
from streams.archive.database import DatabaseError, is_file, opened_to_read, told
from streams.archive.writing import positions


def see_database(url: URL) -> DatabaseSeen | Failed:
    """Return what an archive has, and when it was last written."""
    stats = [its.stat() for its in _files(url)]  # before: who closes it last may tidy its log away
    try:
        with opened_to_read(url) as connection:
            places = {place: its.next_offset for place, its in positions(connection).items()}
            gaps = connection.execute(select(func.count()).select_from(schema.gap)).scalar_one()
    except DatabaseError as error:
        return Failed(str(error))
    return DatabaseSeen(
        told=told(url),
        positions=places,
        gaps=gaps,
        written_at=max((its.st_mtime for its in stats), default=None),
        log_bytes=sum(its.st_size for its in stats[1:]),
    )


def folder_of(url: URL) -> Path | None:
    """Return the folder that an archive of SQLite is in; None of any other."""
    return Path(str(url.database)).absolute().parent if is_file(url) else None


def _files(url: URL) -> list[Path]:
    """Return the file of an archive of SQLite, and its log if there is one."""
    if not is_file(url):
        return []
    file = Path(str(url.database))
    return [its for its in (file, file.with_name(file.name + "-wal")) if its.exists()]
