"""Files of events are read line by line, and no line can fill the memory."""

import gzip
from pathlib import Path

import pytest

from streams.domain.events import MAX_VALUE_BYTES
from streams.replay.event_files import lines_of

MORE = MAX_VALUE_BYTES + 2
"""So much of a longer line is enough to see that it is too long."""


@pytest.mark.parametrize("length", [MORE - 1, MORE, MORE + 1, 2 * MORE, 3 * MORE + 5])
@pytest.mark.parametrize("name", ["rader.jsonl", "rader.jsonl.gz"])
def test_a_line_without_an_end_is_not_held(tmp_path: Path, name: str, length: int) -> None:
    file = tmp_path / name
    text = b"{}\n" + b"x" * length + b"\n\n{}"
    file.write_bytes(gzip.compress(text, 1) if name.endswith(".gz") else text)
    lines = list(lines_of(file))
    assert [line.offset for line in lines] == [0, 1, 3]
    assert [line.value[:2] for line in lines] == [b"{}", b"xx", b"{}"]
    assert MAX_VALUE_BYTES < len(lines[1].value) <= MORE
