"""Where events go that are not sent to Kafka."""

from pathlib import Path

from producers.sinks import open_lines


def test_a_device_takes_what_is_written_though_it_has_no_disk() -> None:
    sink = open_lines(Path("/dev/null"), is_continued=False)
    sink.send([])
    assert sink.wait(0)
    sink.close()
