"""Looks at the machine that we run on."""

import ctypes
import os
import platform
import resource
import zoneinfo
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from doctor.seen import Disk, Failed, MachineSeen
from streams.domain.swedish import reason
from streams.transport import pins

UNSYNCED: Final = 0x0040
"""The bit of the kernel's clock status that says that nothing keeps it right (STA_UNSYNC)."""
_TIMEX_BYTES: Final = 512
"""More than a ``struct timex`` has on any machine."""
_STATUS_AT: Final = 10
"""Where in it ``status`` stands, in ints of 4 bytes, where longs have 8."""


def see_machine(folders: Iterable[Path]) -> MachineSeen:
    """Return what can be seen of the machine, and of the disks that some folders are on."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MachineSeen(
        disks=[see_disk(folder) for folder in folders],
        open_files=soft,
        is_synced=is_synced(),
        python=platform.python_version(),
        library_faults=pins.faults(),
        zone_data=_zone_data(),
    )


def see_disk(folder: Path) -> Disk | Failed:
    """Return what room there is where a folder is."""
    try:
        its = os.statvfs(folder)
    except OSError as error:
        return Failed(f"{folder} går inte att se ({reason(error)}): rätta sökvägen")
    return Disk(
        str(folder),
        its.f_bavail * its.f_frsize,
        its.f_blocks * its.f_frsize,
        its.f_favail,
        its.f_files,
    )


def is_synced() -> bool | None:
    """Say whether the kernel's clock is kept right, as NTP does; None if it doesn't tell."""
    if ctypes.sizeof(ctypes.c_long) != 8:
        return None
    timex = (ctypes.c_int * (_TIMEX_BYTES // 4))()  # modes is 0: nothing is changed
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else not timex[_STATUS_AT] & UNSYNCED


def _zone_data() -> str:
    """Return which data of time zones are used; empty if there are none."""
    for folder in zoneinfo.TZPATH:
        for name in ("tzdata.zi", "+VERSION", "version"):
            try:
                with (Path(folder) / name).open(encoding="utf-8") as file:
                    return file.readline().removeprefix("# version ").strip()
            except OSError:
                continue
    try:
        return version("tzdata")  # where the system has none
    except PackageNotFoundError:
        return ""
