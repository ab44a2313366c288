"""docs/kubernetes.md speaks of values that there are, and of the versions that are tried."""

import gzip
import json
import re
from base64 import b64encode
from pathlib import Path

import helm_python
import pytest
import yaml
from charted import CHART, Data, changed, variant

PAGE = Path("docs/kubernetes.md").read_text("utf-8")
VALUES: Data = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
LISTED = {
    "queueLogs[]": {"name", "source", "municipality", "claim", "file"},
    "mailboxes[]": {"name", "source", "municipality", "secret", "passwordKey", "tokenKey"},
}


def is_value(path: str) -> bool:
    """Say whether there is a value at a path; ROLE stands for any role."""
    first, _, rest = path.partition(".")
    if first in LISTED:
        return rest in LISTED[first]
    found: object = VALUES
    for name in path.replace("ROLE", "worker").split("."):
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return True


def named(text: str) -> list[str]:
    tops = "|".join(re.escape(name) for name in (*VALUES, *LISTED))
    in_words = re.findall(rf"`((?:{tops})\.[\w.\[\]-]+)(?:=[^`]*)?`", text)
    return [*in_words, *re.findall(r"--set(?:-file)? ([\w.]+)=", text)]


def test_each_value_that_it_names_is_there() -> None:
    found = named(PAGE)
    assert len(found) > 20
    assert [path for path in found if not is_value(path)] == []


@pytest.mark.parametrize("name", [p.name for p in (CHART / "templates").glob("*.yaml")])
def test_so_is_each_that_a_refusal_names(name: str) -> None:
    text = (CHART / "templates" / name).read_text("utf-8")
    refusals = " ".join(re.findall(r'fail \(?(?:printf )?"((?:[^"\\]|\\.)*)"', text))
    tops = "|".join(VALUES)
    paths = re.findall(rf"\b((?:{tops})(?:\.\w+)+)", refusals)
    assert [path for path in paths if not is_value(path)] == []


def test_it_tells_the_versions_that_are_tried() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    oldest, newest = chart["annotations"]["svarsgrad.se/kubernetes-tested"].split(", ")
    words = " ".join(PAGE.split())
    assert f"Kubernetes {oldest} and {newest}" in words
    assert f"Kubernetes {oldest} or newer" in words
    assert f"Helm {'.'.join(helm_python.helm_sdk_version()[1:].split('.')[:2])} in each" in words
    for file in (Path(__file__).parent / "schemas").glob("*.json"):
        product = re.search(
            r"of ([\w-]+) ([\d.]+) \(", json.loads(file.read_text())["description"]
        )
        assert product is not None
        version = ".".join(product[2].split(".")[:2])
        assert f"{product[1]} {version}" in words


def test_a_release_with_the_rules_of_a_dozen_municipalities_is_kept() -> None:
    """Helm keeps all of a release in a Secret, packed, and a Secret has 1 MiB."""
    rules = Path("examples/lulea/svarsgrad-rules.yml").read_text("utf-8")
    shared, its = yaml.load(rules, Loader=yaml.CSafeLoader)["groups"]
    text = json.dumps(its, ensure_ascii=False)
    groups = [shared, *(json.loads(text.replace("lulea", f"kommun{n}")) for n in range(12))]
    content = json.dumps({"groups": groups})
    told = {"enabled": True, "content": content}
    values = changed(variant("full"), "monitoring.rules", told)
    with helm_python.Chart.load(CHART) as chart:
        manifest = "\n".join(chart.render(values, name="a", namespace="b").values())
        kept = [chart.files, chart.templates, chart.values, chart.schema, values, manifest]
    packed = b64encode(gzip.compress(json.dumps(kept).encode()))
    assert 500_000 < len(packed) < 1_048_576
