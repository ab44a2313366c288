"""The packages that a file of requirements pins."""

from dataclasses import dataclass

from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Pinned:
    """A package at a version, and the files that it may be installed from."""

    name: str
    version: str
    marker: str
    """Where it is installed, as PEP 508 has it; empty for everywhere."""
    hashes: tuple[str, ...]
    """SHA-256 of each file, hexadecimal, in order."""


def read(text: str) -> list[Pinned]:
    """Return what a file pins, as it is written by ``make lock``. ValueError for another."""
    packages = []
    for entry in text.replace("\\\n", " ").splitlines():
        if not entry.strip() or entry.startswith("#"):
            continue
        told, *hashes = entry.split("--hash=sha256:")
        requirement = Requirement(told.strip())
        (specifier,) = requirement.specifier
        if specifier.operator != "==" or not hashes:
            raise ValueError(f"{requirement.name} is not pinned with hashes")
        packages.append(
            Pinned(
                name=requirement.name,
                version=specifier.version,
                marker=str(requirement.marker or ""),
                hashes=tuple(sorted(its.strip() for its in hashes)),
            )
        )
    return packages
