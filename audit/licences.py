"""Under which licences our dependencies are, and which of these we may pass on.

svarsgrad is under EUPL-1.2. Its dependencies stay under their own licences and are passed on as
they are, as libraries beside it: so permissive licences fit, and those whose conditions stop at
the library itself (LGPL, MPL). One that would reach our own code (GPL, AGPL) does not: a package
that can be had under several is taken under one that fits.
"""

from typing import Final

from license_expression import Licensing

_BY_LICENCE: Final = {
    "Apache-2.0": (
        "aiohttp-cors aiokafka aiosignal async-timeout frozenlist grafana-foundation-sdk "
        "imap-tools intervaltree kafka-python multidict propcache requests sortedcontainers "
        "tzdata yarl zopfli"
    ),
    "Apache-2.0 AND BSD-2-Clause": "prometheus-client",
    "Apache-2.0 AND MIT": "aiohttp",
    "Apache-2.0 OR BSD-2-Clause": "packaging",
    "Apache-2.0 OR BSD-3-Clause": "python-dateutil",
    "BSD-2-Clause": "pygments xlsxwriter",
    "BSD-3-Clause": (
        "click colorama contourpy cssselect2 cycler faust-streaming google-re2 idna jinja2 "
        "kiwisolver markupsafe mode-streaming msgspec pycparser pydyf tinycss2 weasyprint "
        "webencodings"
    ),
    "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0": "numpy",
    "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1": "pyphen",
    "LGPL-2.1-or-later": "crc32c",
    "LGPL-3.0-only": "psycopg psycopg-binary",
    "LicenseRef-Matplotlib": "matplotlib",  # as PSF's, with its own name in it
    "LicenseRef-Repoze": "venusian",  # as BSD's, and names may not be used
    "MIT": (
        "alembic annotated-types attrs brotli brotlicffi charset-normalizer colorlog cramjam "
        "croniter fonttools grafana-api holidays mako markdown-it-py mdurl mypy-extensions "
        "pydantic pydantic-core pyparsing python-calamine pytz pyyaml rich six sqlalchemy "
        "terminaltables tinyhtml5 typing-inspection urllib3"
    ),
    "MIT-0": "cffi",
    "MIT-CMU": "pillow",
    "MPL-2.0": "certifi",
    "MPL-2.0 AND (Apache-2.0 OR MIT)": "orjson",
    "PSF-2.0": "aiohappyeyeballs typing-extensions",
}
LICENCES: Final = {name: its for its, names in _BY_LICENCE.items() for name in names.split()}
"""Each package's licence, as SPDX writes it; a test compares it with what packages say."""

FITTING: Final = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "LGPL-2.1-or-later",
        "LGPL-3.0-only", "LicenseRef-Matplotlib", "LicenseRef-Repoze", "MIT", "MIT-0", "MIT-CMU",
        "MPL-1.1", "MPL-2.0", "PSF-2.0", "Zlib",
    }
)  # fmt: skip


def fits(licence: str) -> bool:
    """Return whether what is under a licence (SPDX) may be passed on with svarsgrad."""
    licensing = Licensing()
    parsed = licensing.parse(licence)
    known = {symbol: licensing.TRUE for symbol in parsed.symbols if str(symbol) in FITTING}
    return bool(parsed.subs(known, simplify=True) == licensing.TRUE)
