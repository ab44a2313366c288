"""The AlertmanagerConfig says what Alertmanager's own file does, but for the times of day."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import helm_python
import jsonschema
import pytest
import yaml
from charted import NAMESPACE, Data, changed, of_kind, rendered, variant

from stack.programs import AMTOOL

SCHEMA: Data = json.loads((Path(__file__).parent / "schemas/alertmanagerconfig.json").read_text())
ROUTE = SCHEMA["properties"]["spec"]["properties"]["route"]


def given(municipality: str) -> Data:
    text = Path(f"examples/{municipality}/alertmanager.yml").read_text("utf-8")
    found: Data = yaml.load(text, Loader=yaml.CSafeLoader)
    return found


def resource(config: Data, **more: object) -> Data:
    told = {
        "enabled": True,
        "content": yaml.safe_dump(config, allow_unicode=True),
        "templates": Path("examples/lulea/svarsgrad.tmpl").read_text("utf-8"),
        **more,
    }
    values = changed(variant("default"), "monitoring.alertmanagerConfig", told)
    (found,) = of_kind(rendered(values), "AlertmanagerConfig").values()
    return found


def told_back(spec: Data) -> Data:
    """An AlertmanagerConfig as Alertmanager's own configuration, as the operator makes it."""
    return {
        "route": route_back(spec["route"]),
        "receivers": [receiver_back(its) for its in spec["receivers"]],
        "inhibit_rules": [
            {
                "source_matchers": matchers_back(its["sourceMatch"]),
                "target_matchers": matchers_back(its["targetMatch"]),
                "equal": its["equal"],
            }
            for its in spec["inhibitRules"]
        ],
    }


def matchers_back(matchers: list[Data]) -> list[str]:
    return [f'{its["name"]}{its["matchType"]}"{its["value"]}"' for its in matchers]


def snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()


def route_back(route: Data) -> Data:
    found = {snake(name): value for name, value in route.items()}
    if "matchers" in found:
        found["matchers"] = matchers_back(found["matchers"])
    if "routes" in found:
        found["routes"] = [route_back(its) for its in found["routes"]]
    return found


def receiver_back(receiver: Data) -> Data:
    found: Data = {"name": receiver["name"]}
    for mail in receiver.get("emailConfigs", []):
        its = {
            "to": mail["to"],
            "send_resolved": mail["sendResolved"],
            "headers": {one["key"]: one["value"] for one in mail["headers"]},
            "text": mail["text"],
            "html": mail["html"],
        }
        found.setdefault("email_configs", []).append(its)
    for hook in receiver.get("webhookConfigs", []):
        its = {"url": hook["url"], "send_resolved": hook["sendResolved"]}
        found.setdefault("webhook_configs", []).append(its)
    return found


def without_hours(route: Data) -> Data:
    """A route without what says when it is open; that of the letter on Mondays stays."""
    found = {key: value for key, value in route.items() if key != "mute_time_intervals"}
    times = found.pop("active_time_intervals", [])
    if times and times[0].endswith("-veckobrev"):
        found["active_time_intervals"] = times
    if "routes" in found:
        found["routes"] = [without_hours(its) for its in found["routes"]]
    return found


def bare(receivers: list[Data]) -> list[Data]:
    """Receivers without the definitions that stand before their words."""
    text = json.dumps(receivers, ensure_ascii=False)
    return json.loads(re.sub(r"\{\{ define .*?(?=\{\{ template [^{]*\}\}\")", "", text))  # type: ignore[no-any-return]


@pytest.mark.parametrize("municipality", ["lulea", "skelleftea"])
def test_it_says_what_the_file_does(municipality: str, tmp_path: Path) -> None:
    config = given(municipality)
    its = resource(config)
    jsonschema.validate(its, SCHEMA)
    assert_routes(its["spec"]["route"])
    back = told_back(its["spec"])
    assert back["route"] == without_hours(config["route"])
    assert bare(back["receivers"]) == config["receivers"]
    assert back["inhibit_rules"] == config["inhibit_rules"]
    names = {one["name"] for one in its["spec"]["muteTimeIntervals"]}
    assert names == {f"{municipality}-veckobrev"}
    file = tmp_path / "alertmanager.yml"
    intervals = [{"name": name, "time_intervals": [{"weekdays": ["monday"]}]} for name in names]
    whole = {"global": config["global"], **back, "time_intervals": intervals}
    file.write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")
    told = subprocess.run(
        [AMTOOL.require(), "check-config", file], capture_output=True, text=True, check=False
    )
    assert "SUCCESS" in told.stdout, told.stderr


def assert_routes(route: Data) -> None:
    """The operator looks at routes below the first too, as the schema does not."""
    jsonschema.validate(route, ROUTE)
    for its in route.get("routes", []):
        assert_routes(its)


def test_it_is_of_its_own_namespace_which_the_rules_name() -> None:
    """The operator adds that label to what the routes match."""
    assert "namespace" not in resource(given("lulea"))["metadata"]  # the release's
    rules = {"enabled": True, "content": Path("examples/lulea/svarsgrad-rules.yml").read_text()}
    values = changed(variant("default"), "monitoring.rules", rules)
    for rule in of_kind(rendered(values), "PrometheusRule").values():
        for its in rule["spec"]["groups"][0]["rules"]:
            named = its.get("labels", {}).get("namespace")
            assert named == (NAMESPACE if "alert" in its else None)


ALERTS = {
    "receiver": "x",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"tier": "akut", "queue": "vaxel"},
            "annotations": {
                "summary": "Växeln: många väntar",
                "municipality_name": "Luleå",
                "description": "12 väntar.",
                "to_do": "Ta in fler.",
            },
            "startsAt": "2026-03-10T10:15:00+01:00",
        }
    ],
}


@pytest.mark.parametrize("field", ["text", "subject"])
def test_messages_read_as_those_of_the_file(field: str, tmp_path: Path) -> None:
    """By Alertmanager itself: with the words in the message, and from the file of templates."""
    mail = next(
        its["emailConfigs"][0]
        for its in resource(given("lulea"))["spec"]["receivers"]
        if "emailConfigs" in its
    )
    own = mail["text"] if field == "text" else mail["headers"][0]["value"]
    empty = tmp_path / "tom.tmpl"
    empty.write_text('{{ define "tom" }}{{ end }}', "utf-8")
    data = tmp_path / "data.json"
    data.write_text(json.dumps(ALERTS), "utf-8")

    def read(glob: Path, text: str) -> str:
        return subprocess.run(
            [
                *(AMTOOL.require(), "template", "render", f"--template.glob={glob}"),
                *(f"--template.text={text}", f"--template.data={data}"),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    there = read(
        Path("examples/lulea/svarsgrad.tmpl").absolute(),
        f'{{{{ template "svarsgrad.{field}" . }}}}',
    )
    assert read(empty, own) == there
    assert "Växeln: många väntar" in there


def test_a_password_is_that_of_a_secret() -> None:
    config = given("skelleftea")
    config["global"] |= {"smtp_auth_username": "larm", "smtp_auth_password_file": "/x"}
    with pytest.raises(helm_python.HelmError, match="smtpPasswordSecret"):
        resource(config)
    its = resource(config, smtpPasswordSecret="post")  # a Secret's name
    jsonschema.validate(its, SCHEMA)
    mails = [mail for one in its["spec"]["receivers"] for mail in one.get("emailConfigs", [])]
    for mail in mails:
        assert mail["authUsername"] == "larm"
        assert mail["authPassword"] == {"name": "post", "key": "password"}
    assert "/x" not in str(its)


def test_teams_addresses_are_those_of_a_secret() -> None:
    """Who knows one may write there."""
    config = given("skelleftea")
    hook: dict[str, Any] = {"webhook_url": "https://teams.example.org/x", "send_resolved": False}
    hook |= {"title": '{{ template "svarsgrad.subject" . }}', "text": "y"}
    config["receivers"][1] = {"name": "skelleftea-operations", "msteamsv2_configs": [hook]}
    with pytest.raises(helm_python.HelmError, match="skelleftea-operations is told by Microsoft"):
        resource(config)
    its = resource(config, teamsSecret="teams")  # a Secret's name
    jsonschema.validate(its, SCHEMA)
    (told,) = its["spec"]["receivers"][1]["msteamsv2Configs"]
    assert told["webhookURL"] == {"name": "teams", "key": "skelleftea-operations"}
    assert "teams.example.org" not in str(its)
