"""A report as PDF: its page, printed by WeasyPrint, tagged for who can't see it (PDF/UA-1)."""

import logging
from typing import Final

VARIANT: Final = "pdf/ua-1"
PACKAGES: Final = "libpango-1.0-0, libpangoft2-1.0-0 och libharfbuzz-subset0"


class PdfError(Exception):
    """No PDF can be made on this machine; whoever runs it must act. One line."""


def printed(page: str, identifier: bytes) -> bytes:
    """Return a page as PDF; the same page and identifier give the same bytes.

    Raises :class:`PdfError`.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - it needs libraries that may be missing
    except OSError:
        raise PdfError(
            f"PDF behöver systempaketen {PACKAGES}: installera dem, eller välj --format html"
        ) from None
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    made = HTML(string=page, base_url=None).write_pdf(
        pdf_variant=VARIANT, pdf_identifier=identifier
    )
    return bytes(made)
