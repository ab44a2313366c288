"""What came of a comparison as metrics, in a file that node_exporter reads."""

from pathlib import Path

from prometheus_client.exposition import write_to_textfile

from streams import metrics as m
from streams.domain.instants import SECOND
from streams.exposition.sheet import Sheet
from streams.verify import Comparison


def write(
    path: Path, comparison: Comparison, *, missing: int, unanswered: int, began: int, ended: int
) -> None:
    """Write the file in one step: who reads it has the whole, this one or the one before.

    An OSError if it can't be written. Instants in microseconds.
    """
    sheet = Sheet()
    of_books = sum(one.is_of_book for one in comparison.differences)
    sheet.add(m.VERIFY_DIFFERENCES, len(comparison.differences) - of_books, "figures")
    sheet.add(m.VERIFY_DIFFERENCES, of_books, "books")
    sheet.add(m.VERIFY_COMPARED, comparison.figures, "figures")
    sheet.add(m.VERIFY_COMPARED, comparison.books, "books")
    sheet.add(m.VERIFY_MISSING, missing)
    sheet.add(m.VERIFY_UNANSWERED, unanswered)
    sheet.add(m.VERIFY_LAST_RUN, ended / SECOND)
    sheet.add(m.VERIFY_DURATION, (ended - began) / SECOND)
    write_to_textfile(str(path), sheet)
