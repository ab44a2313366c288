"""Files that are read again when they change; a mistake in one changes nothing of what runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Stamp = tuple[int, int, int]


@dataclass(slots=True)
class Watched:
    """Some files, and what is done when one of them has changed."""

    files: tuple[Path, ...]
    reload: Callable[[], None]
    _seen: list[Stamp | None] = field(init=False)

    def __post_init__(self) -> None:
        self._seen = self._stamps()

    def look(self, *, must: bool = False) -> bool:
        """Reload if a file has changed, or it ``must`` be; return whether. Raises what it does."""
        stamps = self._stamps()
        if stamps == self._seen and not must:
            return False
        self._seen = stamps
        self.reload()
        return True

    def __str__(self) -> str:
        return str(self.files[0])

    def _stamps(self) -> list[Stamp | None]:
        return [_stamp(file) for file in self.files]


def _stamp(file: Path) -> Stamp | None:
    try:
        its = file.stat()
    except OSError:
        return None
    return its.st_mtime_ns, its.st_size, its.st_ino
