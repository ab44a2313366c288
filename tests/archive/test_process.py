"""The archive's process ends when a part of it has: it would stand still, unseen."""

import asyncio
from typing import Any

import pytest

from streams.archive.app import Archiver, Settings
from streams.domain.catalogue import Catalogue
from streams.kafka.security import PLAINTEXT


class App:
    """What crashes."""

    def __init__(self) -> None:
        self.why: list[Exception] = []

    async def crash(self, error: Exception) -> None:
        self.why.append(error)


@pytest.fixture
def archiver() -> Archiver:
    settings = Settings(kafka="127.0.0.1:1", topics="t", listen=("127.0.0.1", 1), group="g")
    nothing = Catalogue(municipalities={})
    made = Archiver(settings, nothing, 1, engine=None, security=PLAINTEXT)  # type: ignore[arg-type]
    made.app = App()
    return made


async def fails() -> None:
    raise ZeroDivisionError


async def test_a_part_that_ends_by_a_mistake_ends_the_process(archiver: Archiver) -> None:
    archiver._start(fails())
    await asyncio.sleep(0.01)
    assert [type(error) for error in archiver.app.why] == [ZeroDivisionError]


async def test_what_fails_while_it_leaves_does_not(archiver: Archiver) -> None:
    archiver._is_leaving = True
    task: asyncio.Task[Any] = archiver._start(fails())
    await asyncio.sleep(0.01)
    assert archiver.app.why == []
    with pytest.raises(ZeroDivisionError):
        task.result()
