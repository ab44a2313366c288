"""Catalogues that tests write."""

from collections.abc import Iterable

QUEUES = ("vaxel", "kundtjanst-teknik", "kundtjanst-skola", "kundtjanst-social")
_QUEUE = "{{name: {0}, kind: customer_centre, team: alla, targets: [svar-15s, svar-5min, lost]}}"
_TARGET = """      svar-{name}:
        name: Svar inom {name}
        measure: answered_within
        limit_seconds: {limit}
        goal: 0.90
        valid_from: 2014-01-01
        source: Kundservicerapport Luleå kommun 2014
"""


_LOST = """      lost:
        {name: Förlorade, measure: lost, goal: 0.10, valid_from: 2014-01-01, source: Luleå 2014}"""


def catalogue(municipalities: Iterable[str], zone: str, queues: Iterable[str] = QUEUES) -> str:
    """Return a catalogue of municipalities with the simulator's queues, and two promises."""
    lines = ["version: 1", "municipalities:"]
    for name in municipalities:
        lines += [
            f"  {name}:",
            f"    name: {name.title()}",
            f'    zone: "{zone}"',
            "    teams: {alla: {name: Alla}}",
            "    targets:",
            _TARGET.format(name="15s", limit=15) + _TARGET.format(name="5min", limit=300).rstrip(),
            _LOST,
            "    queues:",
            *(f"      {queue}: {_QUEUE.format(queue)}" for queue in queues),
            "      kalix-tele24: {name: Kalix Tele24, kind: partner}",
        ]
    return "\n".join(lines) + "\n"
