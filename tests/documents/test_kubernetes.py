"""docs/kubernetes.md is typed from top to bottom: what Helm is asked for, by Helm's own SDK.

No cluster is to be had. What `kubectl` is asked for is held against what Helm makes.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import helm_python
import pytest
import yaml
from charted import (
    CHART,
    NAMESPACE,
    RELEASE,
    Data,
    container,
    environment,
    pods,
    rendered,
    validate,
)
from documented import ROOT, blocks_in

PAGE = ROOT / "docs" / "kubernetes.md"
VERSIONS = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["annotations"][
    "svarsgrad.se/kubernetes-tested"
].split(", ")
NO_CLUSTER = {
    "create namespace": "there is no cluster to make it in",
    "label namespace": "likewise; that all pods pass at restricted: tests/helm/test_promises.py",
    "create secret": "likewise; that they are those that pods mount is seen below",
    "rollout status": "likewise; that there is such a Deployment is seen below",
    "logs": "likewise; that there is such a Job is seen below",
    "port-forward": "likewise; that there is such a Service with that port is seen below",
}
"""What kubectl is asked for on the page, and why nothing runs it."""
NOTED = """#!/bin/sh
{ printf '%s\\0' "${0##*/}" "$@"; echo; } >> calls
"""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, by program, with variables filled in."""

    folder: Path
    calls: list[list[str]]

    def of(self, program: str) -> list[list[str]]:
        return [words for name, *words in self.calls if name == program]


def _helm() -> argparse.ArgumentParser:
    """Return Helm's own options, those that the page uses."""
    its = argparse.ArgumentParser(prog="helm", allow_abbrev=False)
    its.add_argument("command", choices=["lint", "template", "upgrade"])
    its.add_argument("names", nargs="+")
    its.add_argument("-n", "--namespace")
    for option in ("-f", "--set", "--set-file"):
        its.add_argument(option, action="append", default=[])
    for option in ("--install", "--strict", "--wait"):
        its.add_argument(option, action="store_true")
    its.add_argument("--timeout")
    return its


def merged(one: Data, other: Data) -> Data:
    """Return values over others, as Helm lays them."""
    both = {
        key: merged(one[key], value)
        if isinstance(value, dict) and isinstance(one.get(key), dict)
        else value
        for key, value in other.items()
    }
    return {**one, **both}


def values_of(folder: Path, told: argparse.Namespace) -> Data:
    """Return what a command of Helm's is told."""
    values: Data = {}
    for file in told.f:
        values = merged(values, yaml.safe_load((folder / file).read_text("utf-8")))
    for one in told.set:
        values = merged(values, helm_python.parse_set_string(one))
    for one in told.set_file:
        key, file = one.split("=")
        values = merged(values, helm_python.parse_set_file(f"{key}={folder / file}"))
    return values


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Type all of the page in one folder; `helm` and `kubectl` note what they are told."""
    folder = tmp_path_factory.mktemp("kubernetes")
    (folder / "katalog.yaml").write_bytes((ROOT / "examples" / "lulea.yaml").read_bytes())
    for block in blocks_in(PAGE):
        if block.language == "yaml":
            (folder / "values.yaml").write_text(block.text, "utf-8")
    tools = folder / "tools"
    tools.mkdir()
    for name in ("helm", "kubectl"):
        (tools / name).write_text(NOTED)
        (tools / name).chmod(0o755)
    script = "".join(block.text for block in blocks_in(PAGE) if block.language == "sh")
    path = f"{tools}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env={"PATH": path, "LANG": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = (folder / "calls").read_text("utf-8").split("\0\n")
    return Typed(folder, [line.split("\0") for line in lines if line])


@pytest.fixture(scope="module")
def asked(typed: Typed) -> list[argparse.Namespace]:
    """Return what Helm is asked for; an option that it doesn't have ends the test."""
    return [_helm().parse_args(words) for words in typed.of("helm")]


@pytest.fixture(scope="module")
def made(typed: Typed, asked: list[argparse.Namespace]) -> list[Data]:
    """Return the resources of the first installation."""
    (first, *_) = (its for its in asked if its.command == "upgrade")
    return rendered(values_of(typed.folder, first))


def test_each_command_of_helm_makes_what_kubernetes_takes(
    typed: Typed, asked: list[argparse.Namespace]
) -> None:
    assert [its.command for its in asked] == ["lint", "template", "upgrade", "upgrade"]
    for its in asked:
        values = values_of(typed.folder, its)
        assert its.names[-1] == str(CHART)
        if its.command == "lint":
            assert helm_python.lint(str(CHART), values, strict=its.strict)["errors"] == []
            continue
        assert (its.names[0], its.namespace) == (RELEASE, NAMESPACE)
        for resource in rendered(values):
            for version in VERSIONS:
                validate(resource, version)
    kinds = {resource["kind"] for resource in rendered(values)}
    assert {"PodMonitor", "PrometheusRule"} <= kinds


def test_a_value_that_is_misspelt_is_refused_as_the_page_says(typed: Typed) -> None:
    (said,) = re.findall(r"\(`(at '/worker': [^`]+)`\)", PAGE.read_text("utf-8"))
    values = yaml.safe_load((typed.folder / "values.yaml").read_text("utf-8"))
    with pytest.raises(helm_python.HelmError) as refused:
        rendered({**values, "worker": {"replica": 3}})
    assert " ".join(said.split()) in str(refused.value)


def test_the_secrets_that_are_made_are_those_that_pods_mount(
    typed: Typed, made: list[Data]
) -> None:
    secret = ["-n", NAMESPACE, "create", "secret", "generic"]
    calls = [words[5:] for words in typed.of("kubectl") if words[:5] == secret]
    given = {(name, told.split("=")[1]) for name, told in calls}
    assert all(told.startswith("--from-file=") for _, told in calls)
    wanted = set()
    for _, pod in pods(made):
        its = container(pod)
        at = {mount["name"]: mount["mountPath"] for mount in its["volumeMounts"]}
        told = environment(pod).values()
        for volume in (each for each in pod["spec"]["volumes"] if "secret" in each):
            (file,) = (one for one in told if one.startswith(at[volume["name"]] + "/"))
            wanted.add((volume["secret"]["secretName"], Path(file).name))
    assert given == wanted


def test_what_kubectl_is_asked_of_is_there_and_the_rest_is_told_of(
    typed: Typed, made: list[Data]
) -> None:
    there = {f"{its['kind'].lower()}/{its['metadata']['name']}": its for its in made}
    done = set()
    for call in typed.of("kubectl"):
        words = call[2:] if call[:2] == ["-n", NAMESPACE] else call
        (what,) = (its for its in NO_CLUSTER if words[: its.count(" ") + 1] == its.split())
        done.add(what)
        for named in (word for word in words if re.fullmatch(r"[a-z]+/[a-z-]+", word)):
            assert named in there, named
            if what == "port-forward":
                ports = [str(port["port"]) for port in there[named]["spec"]["ports"]]
                assert words[-1].split(":")[1] in ports
    assert done == NO_CLUSTER.keys()
