"""The chart, rendered: what Helm makes of it, and how its pods are found in that."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import helm_python
import jsonschema
import kubernetes_validate
import yaml

CHART: Final = Path("helm/svarsgrad")
VARIANTS: Final = ("default", "minimal", "full", "tls-sasl", "strimzi")
SCHEMAS: Final = Path("tests/helm/schemas")
RELEASE: Final = "svarsgrad"
NAMESPACE: Final = "kundcenter"

Data = dict[str, Any]

helm_python.disable_logging()


class _Loader(yaml.CSafeLoader):
    """Reads as Kubernetes does: a sign of equality alone is a text, not YAML 1.1's own value."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def variant(name: str) -> Data:
    """Return the values of a variant."""
    text = (CHART / "ci" / f"{name}-values.yaml").read_text(encoding="utf-8")
    its: Data = yaml.safe_load(text)
    return its


def changed(values: Mapping[str, Any], path: str, value: object) -> Data:
    """Return values with another one at a path, as ``--set`` does."""
    name, _, rest = path.partition(".")
    below = values.get(name, {})
    return {**values, name: changed(below, rest, value) if rest else value}


def rendered(values: Mapping[str, Any], **how: Any) -> list[Data]:
    """Return the resources of a release; NOTES.txt is none. HelmError for values it refuses."""
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(dict(values), **{"name": RELEASE, "namespace": NAMESPACE, **how})
    return [
        resource
        for name, text in files.items()
        if name.endswith(".yaml")
        for resource in yaml.load_all(text, Loader=_Loader)
        if resource
    ]


def schema_of(resource: Data) -> Data | None:
    """Return the schema of a custom resource; None for one of Kubernetes' own."""
    if "." not in resource["apiVersion"].partition("/")[0].replace(".k8s.io", ""):
        return None
    file = SCHEMAS / f"{resource['kind'].lower()}.json"
    schema: Data = json.loads(file.read_text("utf-8"))
    return schema


def validate(resource: Data, version: str) -> None:
    """Raise an error for a resource that a version of Kubernetes doesn't take, strictly."""
    schema = schema_of(resource)
    if schema is None:
        kubernetes_validate.validate(resource, version, strict=True)
    else:
        jsonschema.validate(resource, schema)


def notes(values: Mapping[str, Any]) -> str:
    """Return what people are told after an installation."""
    with helm_python.Chart.load(CHART) as chart:
        files = chart.render(dict(values), name=RELEASE, namespace=NAMESPACE)
    return files[f"{CHART.name}/templates/NOTES.txt"]


def of_kind(resources: list[Data], kind: str) -> dict[str, Data]:
    """Return the resources of a kind by name."""
    return {its["metadata"]["name"]: its for its in resources if its["kind"] == kind}


def pods(resources: list[Data]) -> Iterator[tuple[str, Data]]:
    """Yield each pod that resources make, with ``kind/name`` of what makes it."""
    for resource in resources:
        spec = resource.get("spec", {})
        if resource["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if resource["kind"] in {"CronJob", "Deployment", "Job", "StatefulSet"}:
            yield f"{resource['kind']}/{resource['metadata']['name']}", spec["template"]


def container(pod: Data) -> Data:
    """Return the only container of a pod."""
    (only,) = pod["spec"]["containers"]
    its: Data = only
    return its


def environment(pod: Data) -> dict[str, str]:
    """Return the variables of a pod's container."""
    return {one["name"]: one["value"] for one in container(pod)["env"]}
