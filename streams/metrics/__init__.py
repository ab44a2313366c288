"""Every metric svarsgrad exports: name, kind, labels, meaning. Here, and nowhere else.

Each subject has a room; together they are one table, ``m.ARRIVED`` of all that ``m`` has.
Business numbers are gauges over a window, exact at the instant of the scrape; there are no
business counters, since one that is rebuilt from a log would jump at every restart. Counters are
about the process. Units are seconds and ratios in [0, 1]. No data is no sample, never 0 or 1.
"""

# ruff: noqa: F403 - a list of three hundred names would stand here beside the tables themselves

from typing import Final

from streams.metrics.archive import *
from streams.metrics.cases import *
from streams.metrics.cases import CASES
from streams.metrics.intake import *
from streams.metrics.kinds import *
from streams.metrics.kinds import Former
from streams.metrics.measures import *
from streams.metrics.measures import MEASURES
from streams.metrics.names import *
from streams.metrics.names import NAMES
from streams.metrics.outlook import *
from streams.metrics.outlook import OUTLOOK
from streams.metrics.presence import *
from streams.metrics.presence import PRESENCE
from streams.metrics.producer import *
from streams.metrics.questions import *
from streams.metrics.questions import QUESTIONS
from streams.metrics.telephone import *
from streams.metrics.telephone import PHONE
from streams.metrics.verification import *
from streams.metrics.worker import *

BUSINESS: Final = (
    *PHONE, *OUTLOOK, *QUESTIONS, *CASES, *PRESENCE, *MEASURES, *NAMES,
)  # fmt: skip
"""About municipalities; only once their ledger is ready."""
FORMERLY: Final[tuple[Former, ...]] = ()
"""Metrics that have been renamed, and are shown under both names as yet (docs/upgrade.md)."""
