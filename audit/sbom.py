"""The software bill of materials: svarsgrad and every package that it installs, as CycloneDX.

It is a function of ``requirements.txt``, ``pyproject.toml`` and the table of licences: no time, no
machine. What the operator runs beside (Kafka, Prometheus, Grafana, the system's packages) is not
in it.
"""

import json
import tomllib
from typing import Any, Final
from uuid import UUID, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement

from audit.licences import LICENCES
from audit.pinned import Pinned, read

_OURS: Final = UUID("6ad0b3f0-6b7f-5d0e-9c5e-5a1f3d2f7c11")
"""What our bills' serial numbers are made from."""


class UnknownLicenceError(LookupError):
    """A package's licence is not in the table; whoever added it must say which it has."""


def bill(requirements: str, project: str) -> str:
    """Return the bill as JSON, of the texts of requirements.txt and pyproject.toml.

    Raises :class:`UnknownLicenceError`.
    """
    told = tomllib.loads(project)["project"]
    ours = Component(
        name=told["name"],
        version=told["version"],
        type=ComponentType.APPLICATION,
        bom_ref=told["name"],
        description=told["description"],
        licenses=[LicenseFactory().make_with_expression(told["license"])],
    )
    packages = {its: _component(its) for its in read(requirements)}
    direct = {Requirement(its).name.lower() for its in told["dependencies"]}
    made = Bom(
        components=packages.values(),
        metadata=BomMetaData(component=ours),
        serial_number=uuid5(_OURS, repr((told["version"], sorted(direct), requirements))),
    )
    made.register_dependency(
        ours, [component for its, component in packages.items() if its.name in direct]
    )
    written: dict[str, Any] = json.loads(JsonV1Dot6(made).output_as_string())
    del written["metadata"]["timestamp"]  # the same bill, whenever it is made
    return json.dumps(written, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _component(pinned: Pinned) -> Component:
    url = PackageURL("pypi", name=pinned.name, version=pinned.version)
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(url.to_string()),
        comment="the files that it may be installed from, each by its hash",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=its) for its in pinned.hashes],
    )
    return Component(
        name=pinned.name,
        version=pinned.version,
        type=ComponentType.LIBRARY,
        bom_ref=url.to_string(),
        purl=url,
        licenses=[LicenseFactory().make_from_string(_licence(pinned.name))],
        external_references=[files],
        properties=[Property(name="svarsgrad:marker", value=pinned.marker)]
        if pinned.marker
        else [],
    )


def _licence(name: str) -> str:
    try:
        return LICENCES[name]
    except KeyError:
        raise UnknownLicenceError(f"say in audit/licences.py which licence {name} has") from None
