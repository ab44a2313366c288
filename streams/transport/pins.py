"""The libraries whose inner parts the worker overrides: the very versions, and compiled.

Pure Python versions of the same parts exist, and are used silently where the compiled ones can't
be loaded; they are several times slower. The overrides are guarded by
tests/streams/transport/test_consumer.py.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

import faust.streams
import faust.transport.conductor
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

VERSIONS: Final[Mapping[str, str]] = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}
COMPILED: Final[Mapping[str, object]] = {
    "faust.streams": getattr(faust.streams, "_CStreamIterator", None),
    "faust.transport.conductor": getattr(faust.transport.conductor, "ConductorHandler", None),
    "aiokafka.record.default_records": DefaultRecordBatch,
    "aiokafka.record.memory_records": MemoryRecords,
}


def faults(
    versions: Mapping[str, str] = VERSIONS, compiled: Mapping[str, object] = COMPILED
) -> list[str]:
    """Return what is wrong with the libraries, a clause each; nothing if all is as it must be."""
    found = [
        f"{name} är {version(name)}, ska vara {wanted}"
        for name, wanted in versions.items()
        if version(name) != wanted
    ]
    return found + [
        f"{name} är inte kompilerad"
        for name, part in compiled.items()
        if "._c" not in getattr(part, "__module__", "")
    ]
