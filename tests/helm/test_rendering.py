"""Every variant is what Helm, Kubernetes and the operators take, and is as the code needs it."""

import json
import re
import runpy
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import kubernetes_validate
import pytest
import yaml
from charted import (
    CHART,
    NAMESPACE,
    RELEASE,
    VARIANTS,
    Data,
    changed,
    container,
    notes,
    of_kind,
    pods,
    rendered,
    schema_of,
    validate,
    variant,
)
from click.testing import CliRunner

from stack.programs import PROMTOOL
from streams.__main__ import commands
from streams.domain.catalogue import load_catalogue
from streams.endpoints.serving import END_SECONDS
from streams.worker.app import STOP_SECONDS

CHART_FILE = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
OLDEST, NEWEST = CHART_FILE["annotations"]["svarsgrad.se/kubernetes-tested"].split(", ")
RULES = Path("examples/lulea/svarsgrad-rules.yml").read_text("utf-8")


@pytest.fixture(scope="module")
def all_rendered() -> dict[str, list[Data]]:
    return {name: rendered(variant(name)) for name in VARIANTS}


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_every_variant_is_strictly_valid_in_the_oldest_and_the_newest_version(
    all_rendered: dict[str, list[Data]], name: str, version: str
) -> None:
    for resource in all_rendered[name]:
        validate(resource, version)


def test_the_oldest_version_is_the_least_that_the_chart_installs_in() -> None:
    assert CHART_FILE["kubeVersion"] == f">={OLDEST}.0-0"
    assert kubernetes_validate.latest_version() == f"{NEWEST}.0"


def test_a_field_that_there_is_not_is_seen() -> None:
    """The checks above can fail."""
    default = rendered(variant("default"))
    deployment = of_kind(default, "Deployment")[f"{RELEASE}-worker"]
    deployment["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="enableServiceLink"):
        kubernetes_validate.validate(deployment, OLDEST, strict=True)
    user = next(iter(of_kind(rendered(variant("strimzi")), "KafkaUser").values()))
    user["spec"]["authorization"]["acls"][0]["operation"] = "Read"
    with pytest.raises(jsonschema.ValidationError, match="operation"):
        jsonschema.validate(user, schema_of(user) or {})


@pytest.mark.parametrize("name", VARIANTS)
def test_helm_has_nothing_to_remark(name: str) -> None:
    found = helm_python.lint(str(CHART), variant(name), strict=True)
    assert found["errors"] == []
    remarks = [one for one in found["messages"] if one["error"] != "icon is recommended"]
    assert remarks == []


def test_no_two_resources_have_one_name(all_rendered: dict[str, list[Data]]) -> None:
    for resources in all_rendered.values():
        names = [(its["kind"], its["metadata"]["name"]) for its in resources]
        assert len(names) == len(set(names))


def test_the_packed_chart_has_all_that_is_used_and_no_more(tmp_path: Path) -> None:
    packed = helm_python.package(str(CHART), destination=str(tmp_path))
    values = changed(variant("full"), "fullnameOverride", "packad")
    with helm_python.Chart.load(packed) as chart:
        files = chart.render(values, name=RELEASE, namespace=NAMESPACE)
        names = {one["name"] for one in chart.files}
    assert "arbetsledare.json" in files[f"{CHART.name}/templates/dashboards.yaml"]
    assert not any(name.startswith("ci/") for name in names)


def test_boards_are_those_of_the_repository() -> None:
    maps = of_kind(rendered(variant("full")), "ConfigMap")
    boards = {
        name: text
        for its in maps.values()
        for name, text in its["data"].items()
        if name.endswith(".json")
    }
    there = {file.name: file.read_text("utf-8") for file in Path("dashboards").rglob("*.json")}
    assert {name: json.loads(text) for name, text in boards.items()} == {
        name: json.loads(text) for name, text in there.items()
    }


def with_rules(content: str) -> list[Data]:
    """The rules of a release, one resource for each of their groups."""
    values = changed(variant("default"), "monitoring.rules", {"enabled": True, "content": content})
    return [*of_kind(rendered(values), "PrometheusRule").values()]


def without_namespace(group: Data) -> Data:
    for rule in group["rules"]:
        if "alert" in rule:
            assert rule["labels"].pop("namespace") == NAMESPACE
    return group


@pytest.mark.parametrize("municipality", ["lulea", "skelleftea"])
def test_promtool_takes_the_rules_which_are_the_catalogues(
    municipality: str, tmp_path: Path
) -> None:
    text = Path(f"examples/{municipality}/svarsgrad-rules.yml").read_text("utf-8")
    found = with_rules(text)
    for number, rule in enumerate(found):
        jsonschema.validate(rule, schema_of(rule) or {})
        file = tmp_path / f"{number}.yml"
        file.write_text(json.dumps(rule["spec"]), "utf-8")
        told = subprocess.run(
            [PROMTOOL.require(), "check", "rules", file],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "SUCCESS" in told.stdout
    groups = [
        without_namespace(group)
        for rule in found
        if rule["metadata"]["name"] != f"{RELEASE}-cronjobs"  # the chart's own
        for group in rule["spec"]["groups"]
    ]
    assert groups == yaml.load(text, Loader=yaml.CSafeLoader)["groups"]


def test_a_rule_is_no_larger_than_a_cluster_keeps() -> None:
    """etcd takes 1.5 MiB; one municipality like Luleå has 600 kB of rules."""
    assert max(len(json.dumps(rule)) for rule in with_rules(RULES)) < 1_000_000


@pytest.mark.parametrize("name", VARIANTS)
def test_notes_say_where_to_look_for_a_secret_that_is_missing(name: str) -> None:
    told = notes(variant(name))
    assert "reason=FailedMount" in told
    assert "{{" not in told


def test_the_readme_is_that_of_the_values() -> None:
    made = runpy.run_path("helm/readme.py")["readme"]
    text = (CHART / "values.yaml").read_text("utf-8")
    assert (CHART / "README.md").read_text("utf-8") == made(text), "run python helm/readme.py"


def test_each_value_is_described_or_speaks_for_itself() -> None:
    values = runpy.run_path("helm/readme.py")["values"]
    text = (CHART / "values.yaml").read_text("utf-8")
    plain = r"(.*\.)?(key|\w+Key|type|port|annotations|labels|size|schedule|municipalities)$"
    plain += r"|.*resources(\..*)?|.*enabled|kafka\.(users|secretKeys)\..*|image\.pullPolicy"
    silent = [its.path for its in values(text) if not its.words]
    unclear = [path for path in silent if not re.fullmatch(plain, path)]
    assert unclear == []


def mappings(schema: Any, path: str = "") -> Iterator[tuple[str, Data]]:
    """Each schema of an object in a schema, with its path."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, its in schema.items():
            yield from mappings(its, f"{path}/{key}")
    elif isinstance(schema, list):
        for number, its in enumerate(schema):
            yield from mappings(its, f"{path}/{number}")


SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))


def test_no_object_takes_what_it_does_not_know() -> None:
    for path, schema in mappings(SCHEMA):
        if path != "/properties/global":  # Helm's own, for charts in charts
            assert "additionalProperties" in schema, path
            allowed = schema["additionalProperties"]
            assert allowed is False or allowed == {"type": "string"}, path


def keys(values: Mapping[str, Any], schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """What values have and a schema lacks, and the other way round."""
    known = schema.get("properties")
    if known is None:
        return
    yield from (f"{path}{name}" for name in set(values) ^ set(known) - {"global"})
    for name in set(values) & set(known):
        if isinstance(values[name], dict):
            yield from keys(values[name], known[name], f"{path}{name}.")


def test_the_schema_has_the_values_that_there_are() -> None:
    assert [*keys(yaml.safe_load((CHART / "values.yaml").read_text("utf-8")), SCHEMA)] == []


WRONG: dict[str, tuple[object, str]] = {
    "workers": ({"replicas": 3}, "at '': additional properties 'workers' not allowed"),
    "worker.replica": (3, "at '/worker': additional properties 'replica' not allowed"),
    "worker.replicas": (0, "at '/worker/replicas': minimum: got 0, want 1"),
    "worker.resources": ({"limit": {}}, "at '/worker/resources': additional properties 'limit'"),
    "worker.sessionSeconds": (3, "at '/worker/sessionSeconds': minimum: got 3, want 6"),
    "image.repository": ("", "at '/image/repository': minLength: got 0, want 1"),
    "image.digest": ("sha256:abc", "at '/image/digest'"),
    "kafka.bootstrap": ("kafka.example.org", "at '/kafka/bootstrap'"),
    "kafka.protocol": ("SASL-SSL", "at '/kafka/protocol': value must be one of 'PLAINTEXT'"),
    "kafka.password": ("x", "at '/kafka': additional properties 'password' not allowed"),
    "kafka.users": ({"workr": {}}, "at '/kafka/users': additional properties 'workr' not allowed"),
    "archive.database.url": ("postgresql://u:hemligt@h/d", "at '/archive/database/url'"),
    "wall.prometheus": ("http://u:hemligt@h:9090", "at '/wall/prometheus'"),
    "jobs.report.schedule": ("each month", "at '/jobs/report/schedule'"),
    "jobs.report.formats": ("doc", "at '/jobs/report/formats'"),
    "queueLogs": ([{"name": "v", "source": "s", "claim": "c"}], "at '/queueLogs/0': missing prop"),
    "mailboxes": (
        [{"name": "e", "source": "s", "secret": "c", "password": "x"}],
        "'password' not",
    ),
    "strimzi.apiVersion": ("kafka.strimzi.io/v2", "at '/strimzi/apiVersion': value must be one"),
    "networkPolicy.prometheus": ([{}], "at '/networkPolicy/prometheus/0': minProperties"),
    "topics.partitions": ("8", "at '/topics/partitions': got string, want integer"),
    "logs.format": ("yaml", "at '/logs/format': value must be one of 'text', 'json'"),
}


@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_value_is_refused_with_its_path(path: str) -> None:
    value, told = WRONG[path]
    with pytest.raises(helm_python.HelmError) as error:
        rendered(changed(variant("default"), path, value))
    assert told in str(error.value)
    assert "hemligt" not in str(error.value)


TOGETHER: dict[str, tuple[dict[str, object], str]] = {
    "no catalogue": ({"catalogue": {}}, "--set-file catalogue.content=katalog.yaml"),
    "two catalogues": ({"catalogue.existingConfigMap": "k"}, "are both given; take one away"),
    "an intake without secrets": ({"intake.enabled": True}, "name the Secrets with its tokens"),
    "an intake in the clear": (
        {"intake": {"enabled": True, "tokensSecret": "t", "identitySecret": "i"}},
        "tokens would be sent in the clear",
    ),
    "a wall in the clear": ({"wall.behindProxy": False}, "it would be shown in the clear"),
    "reports without an archive": ({"archive.enabled": False}, "read the archive: enable it"),
    "mail without a server": ({"jobs.weekOverdue.enabled": True}, "say which mail server"),
    "rules without any": ({"monitoring.rules.enabled": True}, "svarsgrad rules render"),
    "routes without any": ({"monitoring.alertmanagerConfig.enabled": True}, "=larm/alertmanager"),
    "strimzi without a cluster": ({"strimzi.enabled": True}, "name the Kafka cluster"),
    "strimzi's users in the clear": (
        {"strimzi": {"enabled": True, "cluster": "moln"}},
        "Kafka knows nobody; say SASL_SSL or SSL",
    ),
    "nobody whose certificate PostgreSQL's is": (
        {"archive.database.url": "postgresql://s@db.example.org/s"},
        "archive.database.sslMode=require",
    ),
    "too many workers": ({"keda": {"enabled": True, "maxReplicas": 9}}, "say at most 8"),
}


@pytest.mark.parametrize("what", TOGETHER)
def test_what_does_not_go_together_is_refused_with_what_to_do(what: str) -> None:
    changes, told = TOGETHER[what]
    values = variant("default")
    for path, value in changes.items():
        values = changed(values, path, value)
    with pytest.raises(helm_python.HelmError, match=re.escape(told)):
        rendered(values)


def test_the_new_catalogue_is_checked_before_anything_is_changed() -> None:
    """By hooks, which Helm runs first and stops at: the ConfigMap that runs is another one."""
    resources = rendered(variant("default"))
    job = of_kind(resources, "Job")[f"{RELEASE}-check-catalogue"]
    maps = of_kind(resources, "ConfigMap")
    checked = maps[f"{RELEASE}-check-catalogue"]
    for hook in (job, checked):
        assert hook["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    weights = [int(it["metadata"]["annotations"]["helm.sh/hook-weight"]) for it in (checked, job)]
    assert weights[0] < weights[1]
    assert "hook-failed" not in job["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
    (mounted,) = job["spec"]["template"]["spec"]["volumes"][1]["projected"]["sources"]
    assert mounted["configMap"]["name"] == checked["metadata"]["name"]
    assert checked["data"]["katalog.yaml"] == variant("default")["catalogue"]["content"]
    (used,) = (
        its for name, its in maps.items() if "catalogue-" in name and "hook" not in str(its)
    )
    assert used["immutable"] is True
    assert used["data"] == checked["data"]
    others = [pod for name, pod in pods(resources) if not name.startswith("Job/")]
    for pod in others:
        sources = [its for its in pod["spec"]["volumes"] if "projected" in its]
        assert used["metadata"]["name"] in str(sources)


@pytest.mark.parametrize(("word", "code"), [("answered_within", 0), ("answered_wihtin", 1)])
def test_what_the_hook_runs_ends_the_upgrade_if_the_catalogue_is_wrong(
    word: str, code: int, tmp_path: Path
) -> None:
    values = variant("default")
    content = values["catalogue"]["content"].replace("answered_within", word)
    resources = rendered(changed(values, "catalogue.content", content), is_upgrade=True)
    name = f"{RELEASE}-check-catalogue"
    file = tmp_path / "katalog.yaml"
    file.write_text(of_kind(resources, "ConfigMap")[name]["data"]["katalog.yaml"], "utf-8")
    job = of_kind(resources, "Job")[name]["spec"]
    command, path = container(job["template"])["args"]
    assert path == "/etc/svarsgrad/catalogue/katalog.yaml"
    told = CliRunner().invoke(commands, [command, str(file)])
    assert told.exit_code == code
    assert job["backoffLimit"] == 0
    assert ("answered_wihtin" in told.output) is (code == 1)


def test_another_catalogue_has_another_name_so_that_all_are_started_anew() -> None:
    before = variant("default")
    after = changed(before, "catalogue.content", before["catalogue"]["content"] + "# ny\n")
    for (name, one), (_, other) in zip(pods(rendered(before)), pods(rendered(after)), strict=True):
        is_same = name.startswith("Job/")  # they are made anew anyway
        assert (one == other) is is_same, name


def test_the_catalogues_of_the_variants_are_right_and_have_their_sources() -> None:
    for name in VARIANTS:
        values = variant(name)
        if "content" in values["catalogue"]:
            loaded = load_catalogue(values["catalogue"]["content"].encode(), name)
            sources = {its for one in loaded.municipalities.values() for its in one.sources}
            followed = [*values.get("queueLogs", []), *values.get("mailboxes", [])]
            assert {its["source"] for its in followed} <= sources


def test_one_worker_at_a_time_leaves_and_has_time_to() -> None:
    deployment = of_kind(rendered(variant("default")), "Deployment")[f"{RELEASE}-worker"]
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    pod = deployment["spec"]["template"]
    assert "command" not in container(pod)  # the entry point gets the signal, and no shell
    assert pod["spec"]["terminationGracePeriodSeconds"] >= 2 * (STOP_SECONDS + END_SECONDS)


def test_of_the_archive_there_is_never_more_than_one() -> None:
    deployment = of_kind(rendered(variant("default")), "Deployment")[f"{RELEASE}-archive"]
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_the_longest_names_are_short_enough() -> None:
    """A StatefulSet's name and a digest are a label, and so is a CronJob's with its time."""
    follower = {"name": "a" * 15, "source": "vaxel-pbx", "claim": "c", "file": "f"}
    values = changed(variant("full"), "queueLogs", [follower])
    resources = rendered(values, name="r" * 53)
    longest = {"StatefulSet": 52, "CronJob": 52}
    for its in resources:
        assert len(its["metadata"]["name"]) <= longest.get(its["kind"], 63)
    with pytest.raises(helm_python.HelmError, match="/queueLogs/0/name"):
        rendered(changed(values, "queueLogs", [{**follower, "name": "a" * 16}]))


def test_another_version_of_the_chart_alone_starts_nothing_anew() -> None:
    for where, pod in pods(rendered(variant("full"))):
        assert CHART_FILE["version"] not in str(pod["metadata"]), where


def test_what_is_kept_outlives_the_release() -> None:
    for name in VARIANTS:
        resources = rendered(variant(name))
        for kind in ("PersistentVolumeClaim", "KafkaTopic"):
            for its in of_kind(resources, kind).values():
                assert its["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_who_reads_the_archives_file_stands_beside_it() -> None:
    for name, is_beside in (("default", True), ("tls-sasl", False)):
        found = dict(pods(rendered(variant(name))))
        for job in ("report", "keep-open"):
            assert ("podAffinity" in str(found[f"CronJob/{RELEASE}-{job}"])) is is_beside


def test_keda_decides_how_many_workers_there_are_where_it_is() -> None:
    for name in ("default", "tls-sasl"):
        resources = rendered(variant(name))
        deployment = of_kind(resources, "Deployment")[f"{RELEASE}-worker"]
        scaled = of_kind(resources, "ScaledObject")
        assert ("replicas" in deployment["spec"]) is not bool(scaled)
        for its in scaled.values():
            assert its["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]


def test_prometheus_finds_each_pod_that_has_metrics_and_no_others() -> None:
    resources = rendered(variant("full"))
    (monitor,) = of_kind(resources, "PodMonitor").values()
    chosen = monitor["spec"]["selector"]["matchLabels"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    for name, pod in pods(resources):
        ports = {one["name"] for one in container(pod).get("ports", [])}
        is_found = chosen.items() <= pod["metadata"]["labels"].items()
        assert is_found is (endpoint["port"] in ports), name
    assert endpoint["scheme"] == "https"
    assert endpoint["authorization"]["credentials"]["name"] == "svarsgrad-endpoints-token"
