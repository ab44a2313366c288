"""Rules as the file that Prometheus reads."""

from collections.abc import Sequence
from typing import Any, Final

import yaml

from alerts.rule import Group, Rule

HEAD: Final = "# Gjord av svarsgrad rules render. Ändra katalogen, inte den här filen.\n"
EVERY_SECONDS: Final = 30


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, as people would."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def rules_file(groups: Sequence[Group]) -> str:
    """Return the file of some groups."""
    return HEAD + as_yaml({"groups": [_group(group) for group in groups]})


def as_yaml(data: Any) -> str:
    """Return plain data as YAML, in the order it is in."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "interval": f"{EVERY_SECONDS}s",
        "rules": [
            *({"record": its.record, "expr": its.expr} for its in group.recordings),
            *(_rule(rule) for rule in group.rules),
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = {"alert": rule.alert, "expr": rule.expr}
    if rule.for_ != "0s":
        found["for"] = rule.for_
    if rule.keep_firing_for != "0s":
        found["keep_firing_for"] = rule.keep_firing_for
    return found | {"labels": rule.labels, "annotations": rule.annotations}
