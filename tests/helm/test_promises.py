"""What the chart promises: the least rights, no secrets of its own, doors that are shut."""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
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
    environment,
    of_kind,
    pods,
    rendered,
    variant,
)
from kafka_tools import Right, documented_rights

from producers.mailbox.logins import PASSWORD_VARIABLE, TOKEN_VARIABLE
from producers.writing import VARIABLE as WRITE_AS
from streams import asking, variables
from streams.__main__ import commands
from streams.domain.event_types import TOPICS
from streams.endpoints import security as listen_security
from streams.kafka import security
from streams.kafka.topics import wanted
from streams.logs.stderr import FORMAT as LOG_FORMAT
from streams.worker.settings import PREFIX, Settings

ALL = {name: rendered(variant(name)) for name in VARIANTS}
EACH = [(f"{name} {where}", pod) for name in VARIANTS for where, pod in pods(ALL[name])]
each_pod = pytest.mark.parametrize("pod", [pod for _, pod in EACH], ids=[name for name, _ in EACH])
SECRETS = "/run/secrets/svarsgrad"


# Pods.


@each_pod
def test_nobody_is_root_or_can_become_it(pod: Data) -> None:
    """All that the restricted profile of the Pod Security Standards asks for."""
    spec, its = pod["spec"], container(pod)["securityContext"]
    whole = spec["securityContext"]
    assert whole["runAsNonRoot"] is True
    assert whole["runAsUser"] == whole["runAsGroup"] == whole["fsGroup"] == 10001
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert its["allowPrivilegeEscalation"] is False
    assert its["privileged"] is False
    assert its["capabilities"] == {"drop": ["ALL"]}
    for forbidden in ("hostNetwork", "hostPID", "hostIPC", "initContainers"):
        assert forbidden not in spec
    kinds = {kind for volume in spec["volumes"] for kind in volume} - {"name"}
    assert kinds <= {"emptyDir", "projected", "secret", "persistentVolumeClaim"}
    assert not [port for port in container(pod).get("ports", []) if "hostPort" in port]


@each_pod
def test_nothing_of_the_image_can_be_changed(pod: Data) -> None:
    its = container(pod)
    assert its["securityContext"]["readOnlyRootFilesystem"] is True
    assert its["workingDir"] == "/tmp"  # noqa: S108 # the pod's own
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert "sizeLimit" in volumes["tmp"]["emptyDir"]
    for mount in its["volumeMounts"]:
        kind = volumes.get(mount["name"], {"persistentVolumeClaim": {}})
        is_writable = "emptyDir" in kind or "persistentVolumeClaim" in kind
        if mount["name"] == "log":
            assert kind["persistentVolumeClaim"]["readOnly"] is True
            is_writable = False
        assert mount.get("readOnly", False) is not is_writable, mount


@each_pod
def test_nobody_is_given_a_token_of_the_clusters(pod: Data) -> None:
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["serviceAccountName"] == "default"


def test_the_chart_grants_no_rights_in_the_cluster() -> None:
    kinds = {its["kind"] for resources in ALL.values() for its in resources}
    assert not kinds & {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "Secret"}


@each_pod
def test_services_become_no_variables(pod: Data) -> None:
    """One whose name begins with svarsgrad would be taken for a misspelt setting."""
    assert pod["spec"]["enableServiceLinks"] is False


@each_pod
def test_memory_is_bounded_and_what_is_asked_for_is_said(pod: Data) -> None:
    resources = container(pod)["resources"]
    assert {"cpu", "memory"} <= set(resources["requests"])
    assert "memory" in resources["limits"]


@each_pod
def test_secrets_come_as_files_that_only_the_service_may_read(pod: Data) -> None:
    for volume in pod["spec"]["volumes"]:
        if "secret" in volume:
            assert volume["secret"]["defaultMode"] == 0o440
            assert volume["secret"]["optional"] is False
    for one in container(pod)["env"]:
        assert set(one) == {"name", "value"}  # none from a Secret: others see the environment
        name, value = one["name"], one["value"]
        assert not re.search("PASSWORD$|TOKEN$|SECRET$|KEY$", name)
        if re.search("_(PASSWORD|TOKEN|KEY|CERT|CA)_FILE$", name):
            assert value.startswith(f"{SECRETS}/"), name


@each_pod
def test_each_file_that_is_named_is_in_what_is_mounted(pod: Data) -> None:
    mounts = [mount["mountPath"] for mount in container(pod)["volumeMounts"]]
    command = " ".join(container(pod).get("command", []) + container(pod).get("args", []))
    named = re.findall(r"(?<![\w/])/(?:etc|run|var)/[^\s'\"]+", command)
    named += [value for value in environment(pod).values() if value.startswith("/")]
    for path in named:
        assert any(path == mount or path.startswith(f"{mount}/") for mount in mounts), path


@each_pod
def test_probes_ask_what_there_is(pod: Data) -> None:
    its = container(pod)
    is_service = "livenessProbe" in its
    assert is_service is ("ports" in its)
    if not is_service:
        return
    port = {one["name"]: one["containerPort"] for one in its["ports"]}
    is_wall = its["name"] == "wall"
    told = environment(pod)
    has_tls = f"SVARSGRAD_{'WALL' if is_wall else 'LISTEN'}_CERT_FILE" in told
    for probe, path in (
        ("startupProbe", "/healthz"),
        ("livenessProbe", "/healthz"),
        ("readinessProbe", "/healthz" if is_wall else "/readyz"),
    ):
        asked = its[probe]["httpGet"]
        assert asked["path"] == path
        assert asked["port"] in port
        assert asked["scheme"] == ("HTTPS" if has_tls else "HTTP")


@each_pod
def test_each_listens_on_the_ports_that_it_tells(pod: Data) -> None:
    its = container(pod)
    told = [*environment(pod).items(), *itertools.pairwise(its.get("args", []))]
    listens = {value for name, value in told if re.search("LISTEN$|METRICS$|^--listen$", name)}
    ports = {f"0.0.0.0:{one['containerPort']}" for one in its.get("ports", [])}
    assert listens == ports


# Commands and variables.


@each_pod
def test_each_runs_a_command_with_options_that_it_takes(pod: Data) -> None:
    its = container(pod)
    rest = its.get("args") or unwrapped(its["command"])
    found: click.Command = commands
    context = click.Context(commands, info_name="svarsgrad")
    while isinstance(found, click.Group):
        inner = found.get_command(context, rest[0])
        assert inner is not None, rest[0]
        found, rest = inner, rest[1:]
    found.make_context("svarsgrad", rest, parent=context)


def unwrapped(command: list[str]) -> list[str]:
    """What a shell is told to run, after the name of the program."""
    assert command[:2] == ["sh", "-c"]
    inner = re.sub(r'"\$\(date.*?\)"', "2025-03", command[2]).removeprefix("exec ")
    program, *rest = shlex.split(inner)
    assert program == "svarsgrad"
    return rest


def known_variables() -> set[str]:
    """Every variable that a command of ours reads."""

    def below(group: click.Group) -> Iterator[click.Command]:
        context = click.Context(group)
        for name in group.list_commands(context):
            its = group.get_command(context, name)
            if isinstance(its, click.Group):
                yield from below(its)
            if its is not None:
                yield its

    told = {
        str(option.envvar)
        for command in below(commands)
        for option in command.params
        if str(option.envvar).startswith(PREFIX)
    }
    # On a laptop, and of whoever looks at it all.
    others = (f"{PREFIX}STACK_", f"{PREFIX}ALERTMANAGER")
    told = {name for name in told if not name.startswith(others)}
    return {
        *told,
        *variables.variables(Settings, PREFIX),
        *variables.variables(security._Told, security.PREFIX),
        *variables.variables(listen_security._Told, listen_security.PREFIX),
        *variables.variables(asking._Told, asking.PROMETHEUS),
        # A worker knows who has its token, and no users.
        *(f"{asking.WORKER}{its}" for its in ("CA_FILE", "TOKEN_FILE", "ALLOW_CLEARTEXT")),
        LOG_FORMAT,
        WRITE_AS,
        PASSWORD_VARIABLE,
        TOKEN_VARIABLE,
    }


def test_every_variable_of_the_chart_is_read_and_every_one_that_is_read_is_in_the_chart() -> None:
    set_ = {name for _, pod in EACH for name in environment(pod) if name.startswith(PREFIX)}
    assert set_ == known_variables()


@pytest.mark.parametrize("name", VARIANTS)
def test_what_kafka_is_told_of_us_is_taken_by_the_code(name: str, tmp_path: Path) -> None:
    """Each pod's variables are a setting that KafkaSecurity takes, but for the files it names."""
    for where, pod in pods(ALL[name]):
        told = environment(pod)
        file = tmp_path / "file"
        file.write_text("hemligt", "utf-8")
        its = {
            key: str(file) if key.endswith("PASSWORD_FILE") else value
            for key, value in told.items()
            if key.startswith(security.PREFIX) and not re.search("(CA|CERT|KEY)_FILE$", key)
        }
        taken = security.KafkaSecurity.from_environment(its)
        if "SVARSGRAD_KAFKA" in told:
            assert taken.protocol == variant(name)["kafka"].get("protocol", "PLAINTEXT"), where
        if container(pod)["name"] == "worker":
            Settings.from_environment(told)


# Kafka's rights.


def granted(user: Data) -> set[Right]:
    """What a KafkaUser may do. None by a pattern, from everywhere, and all of it allowed."""
    authorization = user["spec"]["authorization"]
    assert authorization["type"] == "simple"
    found = set()
    for acl in authorization["acls"]:
        resource = acl["resource"]
        assert resource["patternType"] == "literal"
        assert set(acl) == {"resource", "operations"}
        for operation in acl["operations"]:
            found.add((resource["type"], resource["name"], operation))
    return found


def test_users_have_the_rights_of_the_document_and_no_more() -> None:
    """That they are enough is tried on a real Kafka: tests/chaos/test_security.py and others."""
    users = of_kind(ALL["strimzi"], "KafkaUser").values()
    by_role = {user["metadata"]["labels"]["svarsgrad.se/role"]: user for user in users}
    # Strimzi itself makes the topics.
    assert set(by_role) == {
        "worker", "archive", "keep-open", "follower", "mail", "intake", "recorder", "replay",
    }  # fmt: skip
    rights = documented_rights()
    for role, user in by_role.items():
        assert granted(user) == rights[role], role


def test_users_are_those_of_the_roles_that_are_played() -> None:
    values = changed(variant("strimzi"), "archive.enabled", False)
    values = changed(values, "jobs.report.enabled", False)
    values = changed(values, "jobs.keepOpen.enabled", False)
    users = of_kind(rendered(values), "KafkaUser")
    assert {f"svarsgrad-{role}" for role in ("archive", "keep-open")}.isdisjoint(users)


def test_rights_follow_the_names_of_topics_and_groups() -> None:
    values = changed(variant("strimzi"), "kafka.topics", "prov")
    values = changed(values, "worker.group", "provgrupp")
    values = changed(values, "kafka.rejectedTopic", "prov.avvisat")
    users = of_kind(rendered(values), "KafkaUser")
    topics = {f"prov.{kind}" for kind in TOPICS}
    assert granted(users["svarsgrad-worker"]) == {
        *(("topic", name, right) for name in topics for right in ("Read", "DescribeConfigs")),
        ("topic", "prov.avvisat", "Write"),
        ("group", "provgrupp", "Read"),
    }


@pytest.mark.parametrize(("protocol", "kind"), [("SSL", "tls"), ("SASL_SSL", "scram-sha-512")])
def test_a_pod_has_the_secret_that_strimzi_makes_for_its_user(protocol: str, kind: str) -> None:
    resources = rendered(changed(variant("strimzi"), "kafka.protocol", protocol))
    users = of_kind(resources, "KafkaUser")
    for user in users.values():
        assert user["spec"]["authentication"] == {"type": kind}
    for where, pod in pods(resources):
        if "SVARSGRAD_KAFKA" not in environment(pod):
            continue
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        secret = volumes["secret-kafka"]["secret"]["secretName"]
        assert secret in users, where
        if kind != "tls":
            assert environment(pod)["SVARSGRAD_KAFKA_USER"] == secret


def test_topics_are_as_the_code_makes_them() -> None:
    topics = of_kind(ALL["strimzi"], "KafkaTopic")
    expected = {topic.name: topic for topic in wanted()}
    assert set(topics) == set(expected)
    for name, its in topics.items():
        spec = its["spec"]
        assert spec["topicName"] == name
        assert spec["partitions"] == expected[name].partitions
        assert spec["replicas"] == expected[name].replication
        assert {key: str(value) for key, value in spec["config"].items()} == expected[name].config


# Network policies.


def policies_of(pod: Data, resources: list[Data]) -> list[Data]:
    labels = pod["metadata"]["labels"].items()
    return [
        policy["spec"]
        for policy in of_kind(resources, "NetworkPolicy").values()
        if policy["spec"]["podSelector"]["matchLabels"].items() <= labels
    ]


@pytest.mark.parametrize("name", VARIANTS)
def test_every_pod_is_behind_a_policy_both_ways(name: str) -> None:
    for where, pod in pods(ALL[name]):
        (policy,) = policies_of(pod, ALL[name])
        assert policy["policyTypes"] == ["Ingress", "Egress"], where


def opened(rules: list[Data]) -> set[str | int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


@each_pod
def test_only_ports_that_there_are_can_be_reached(pod: Data) -> None:
    resources = next(ALL[name.split()[0]] for name, one in EACH if one is pod)
    (policy,) = policies_of(pod, resources)
    assert opened(policy["ingress"]) == {one["name"] for one in container(pod).get("ports", [])}


def test_each_may_reach_what_it_needs_and_no_more() -> None:
    names, kafka = {53}, {9094, 9095}
    database, mail, smtp = {5433}, {993}, {587}
    expected: dict[str, set[int]] = {
        "Deployment/svarsgrad-worker": names | kafka,
        "Deployment/svarsgrad-archive": names | kafka | database,
        "Deployment/svarsgrad-intake": names | kafka,
        "Deployment/svarsgrad-wall": names | {9090, 9091},
        "StatefulSet/svarsgrad-queue-log-vaxel": names | kafka,
        "StatefulSet/svarsgrad-mailbox-epost": names | kafka | mail,
        "StatefulSet/svarsgrad-mailbox-andra": names | kafka | mail | {143},
        "CronJob/svarsgrad-report-exempel": names | database,
        "CronJob/svarsgrad-report-annan": names | database,
        "CronJob/svarsgrad-week-overdue": names | database | smtp,
        "CronJob/svarsgrad-keep-open": names | database | kafka,
        "CronJob/svarsgrad-verify": names | kafka | {9101},
        "Job/svarsgrad-topics": names | kafka,
        "Job/svarsgrad-check-catalogue": set(),
    }
    found = {
        where: opened(policies_of(pod, ALL["full"])[0]["egress"])
        for where, pod in pods(ALL["full"])
    }
    assert found == expected


def test_peers_are_those_that_are_told() -> None:
    policies = of_kind(ALL["full"], "NetworkPolicy")
    told = variant("full")["networkPolicy"]
    by_port = {
        rule["ports"][0]["port"]: rule.get("to", rule.get("from"))
        for policy in policies.values()
        for rule in (*policy["spec"]["ingress"], *policy["spec"]["egress"])
        if "verify" not in policy["metadata"]["name"] and "podSelector" not in str(rule)
    }
    assert by_port[9094] == told["kafka"]
    assert by_port[5433] == told["database"]
    assert by_port[993] == by_port[587] == told["mail"]
    assert by_port["events"] == told["intakeFrom"]
    assert by_port["wall"] == told["wallFrom"]
    assert "monitoring" in str(by_port["metrics"])
    assert "monitoring" in str(by_port[9090])
    assert "kube-system" in str(by_port[53])


def test_verify_reaches_each_worker() -> None:
    for name in ("default", "tls-sasl"):
        resources = ALL[name]
        found = dict(pods(resources))
        service = of_kind(resources, "Service")[f"{RELEASE}-worker"]["spec"]
        assert service["clusterIP"] == "None"
        arguments = container(found[f"CronJob/{RELEASE}-verify"])["args"]
        assert "--each-address" in arguments
        scheme = "https" if name == "tls-sasl" else "http"
        host = f"{RELEASE}-worker.{NAMESPACE}.svc.cluster.local"
        assert f"{scheme}://{host}:{service['ports'][0]['port']}" in arguments
        worker = found[f"Deployment/{RELEASE}-worker"]
        (policy,) = policies_of(worker, resources)
        labels = found[f"CronJob/{RELEASE}-verify"]["metadata"]["labels"]
        assert service["selector"].items() <= worker["metadata"]["labels"].items()
        chosen = [
            peer["podSelector"]["matchLabels"]
            for rule in policy["ingress"]
            for peer in rule["from"]
            if "podSelector" in peer
        ]
        assert any(its.items() <= labels.items() for its in chosen)


# Disruption.


@pytest.mark.parametrize("name", VARIANTS)
def test_of_each_deployment_one_pod_at_a_time_may_be_taken_away(name: str) -> None:
    budgets = [its["spec"] for its in of_kind(ALL[name], "PodDisruptionBudget").values()]
    for where, pod in pods(ALL[name]):
        if where.startswith("Deployment/"):
            labels = pod["metadata"]["labels"].items()
            its = [
                budget for budget in budgets if budget["selector"]["matchLabels"].items() <= labels
            ]
            assert [budget["maxUnavailable"] for budget in its] == [1], where


def test_workers_are_spread_over_nodes() -> None:
    worker = dict(pods(ALL["default"]))[f"Deployment/{RELEASE}-worker"]
    spread = worker["spec"]["topologySpreadConstraints"]
    assert [its["topologyKey"] for its in spread] == [
        "kubernetes.io/hostname", "topology.kubernetes.io/zone",
    ]  # fmt: skip


def test_no_value_asks_for_a_secret() -> None:
    """But for names of Secrets, and of keys in them."""

    def names(values: Any, path: str = "") -> Iterator[str]:
        for name, its in values.items():
            if isinstance(its, dict):
                yield from names(its, f"{path}{name}.")
            else:
                yield f"{path}{name}"

    told = names(yaml.safe_load((CHART / "values.yaml").read_text("utf-8")))
    suspect = [
        path for path in told if re.search("password|token|secret|private", path, re.IGNORECASE)
    ]
    allowed = r".*(Secrets?|Key|\.secret|kafka\.secretKeys\..*)"
    assert [path for path in suspect if not re.fullmatch(allowed, path)] == []
