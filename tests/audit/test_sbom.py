"""What svarsgrad is made of: the list is whole, valid, the same each time; all fits EUPL-1.2."""

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from audit.licences import LICENCES, fits
from audit.sbom import UnknownLicenceError, bill

REQUIREMENTS = Path("requirements.txt").read_text("utf-8")
PROJECT = Path("pyproject.toml").read_text("utf-8")
KEPT = Path("docs/sbom.cdx.json").read_text("utf-8")
PINNED = re.findall(r"^([a-z0-9-]+)==(\S+)(.*(?:\n +--hash.*)*)", REQUIREMENTS, re.MULTILINE)


@pytest.fixture(scope="module")
def components() -> dict[tuple[str, str], Any]:
    return {(its["name"], its["version"]): its for its in json.loads(KEPT)["components"]}


def test_the_list_that_is_kept_is_of_what_is_pinned_now() -> None:
    """If not, `make sbom` makes it anew."""
    assert bill(REQUIREMENTS, PROJECT) == KEPT


def test_it_is_as_cyclonedx_says() -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(KEPT) is None
    assert validator.validate_str(KEPT.replace('"library"', '"librry"', 1)) is not None


def test_each_package_is_in_it_with_its_version_files_and_licence(
    components: dict[tuple[str, str], Any],
) -> None:
    assert len(PINNED) == REQUIREMENTS.count("==") - REQUIREMENTS.count(" == ")
    assert [its[:2] for its in PINNED if its[:2] not in components] == []
    assert len(components) == len(PINNED)
    for name, version, rest in PINNED:
        its = components[name, version]
        (files,) = its["externalReferences"]
        assert {one["content"] for one in files["hashes"]} == set(
            re.findall(r"sha256:([0-9a-f]{64})", rest)
        )
        assert its["licenses"]
        assert its["purl"] == f"pkg:pypi/{name}@{version}"


def test_each_licence_may_be_passed_on() -> None:
    assert {name: its for name, its in LICENCES.items() if not fits(its)} == {}
    assert set(LICENCES) == {name for name, *_ in PINNED}


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MPL-2.0 AND (Apache-2.0 OR AGPL-3.0-only)", True),
        ("LicenseRef-Proprietary", False),
    ],
)
def test_a_licence_that_would_reach_our_own_code_does_not_fit(licence: str, may: bool) -> None:
    assert fits(licence) is may


def test_a_package_of_no_known_licence_is_named() -> None:
    with pytest.raises(UnknownLicenceError, match="hemligt"):
        bill(f"hemligt==1.0 \\\n    --hash=sha256:{'0' * 64}\n", PROJECT)


@pytest.mark.parametrize("name", sorted({name for name, *_ in PINNED}))
def test_a_licence_is_as_the_package_says(name: str) -> None:
    """Packages that are installed elsewhere only are believed."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        assert name in {"brotlicffi", "colorama"}
        return
    if expression := told.get("License-Expression"):
        assert LICENCES[name] == expression
        return
    classifiers = " ".join(its for its in told.get_all("Classifier", []) if "License ::" in its)
    said = f"{classifiers} {(told.get('License') or '').splitlines()[:1]}"
    known = {
        "Apache-2.0": "Apache", "BSD-3-Clause": "BSD", "MIT": "MIT", "MPL-2.0": "Mozilla",
        "PSF-2.0": "Python Software Foundation", "LGPL-2.1-or-later": "LGPL",
        "LicenseRef-Repoze": "Repoze", "LicenseRef-Matplotlib": "Python Software Foundation",
    }  # fmt: skip
    parts = [its for its in known if its in LICENCES[name]]
    assert parts
    for part in parts:
        assert known[part] in said
