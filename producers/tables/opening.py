"""Opens a file of rows, whichever kind it is: told by how it begins, not by its name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from producers.tables.csv_file import open_csv
from producers.tables.table import Table, TableError
from producers.tables.workbook_file import open_workbook
from streams.domain.catalogue.tables import TableFile
from streams.domain.swedish import reason

_WORKBOOK: Final = b"PK\x03\x04"
_OTHERS: Final = (
    (b"\xd0\xcf\x11\xe0", "är en arbetsbok av äldre slag, eller har lösenord: spara den som XLSX"),
    (b"\x1f\x8b", "är packad: packa upp den först (gunzip)"),
    (b"%PDF", "är en PDF: exportera som CSV eller XLSX"),
    (b"<", "är en webbsida eller XML: exportera som CSV eller XLSX"),
)


@contextmanager
def opened(path: Path, spec: TableFile, wanted: Sequence[str]) -> Iterator[Table]:
    """Open a file as the catalogue says that it is read. Raises :class:`TableError`."""
    try:
        if not path.is_file() and path.exists():
            raise TableError(f"{path} är ingen fil: ange filen med raderna.")
        with path.open("rb") as file:
            start = file.read(4)
        for mark, what in _OTHERS:
            if start.startswith(mark):
                raise TableError(f"{path} {what}.")
        is_workbook = start == _WORKBOOK
        with (
            open_workbook(path, wanted, spec.sheet)
            if is_workbook
            else open_csv(path, wanted, spec.encoding, spec.separator)
        ) as table:
            yield table
    except FileNotFoundError:
        raise TableError(f"{path} finns inte: ange filen med raderna.") from None
    except OSError as error:
        raise TableError(
            f"{path} går inte att läsa ({reason(error)}): se över fil och rättigheter."
        ) from None
