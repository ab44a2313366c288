"""``python -m audit``: writes the bill of materials, and says which licences don't fit."""

import sys
from pathlib import Path
from typing import Final

from audit import licences
from audit.sbom import UnknownLicenceError, bill

BILL: Final = Path("docs/sbom.cdx.json")


def main() -> int:
    """Write the bill; return 1 if a package may not be passed on, or if it isn't known."""
    try:
        made = bill(
            Path("requirements.txt").read_text("utf-8"), Path("pyproject.toml").read_text()
        )
    except UnknownLicenceError as error:
        print(error, file=sys.stderr)  # noqa: T201 - what it is run to say
        return 1
    BILL.write_text(made, encoding="utf-8")
    unfit = sorted(name for name, its in licences.LICENCES.items() if not licences.fits(its))
    for name in unfit:
        told = f"{name}: {licences.LICENCES[name]} does not go with EUPL-1.2"
        print(told, file=sys.stderr)  # noqa: T201 - likewise
    return 1 if unfit else 0


if __name__ == "__main__":
    sys.exit(main())
