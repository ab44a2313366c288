"""Settings come from the environment; a mistake is one line that says which and what to write."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
from command_line import all_commands

from streams.worker.settings import SettingError, Settings, described, host_and_port

LEAST = {"SVARSGRAD_CATALOGUE": "lulea.yaml"}


def test_only_the_catalogue_must_be_given() -> None:
    settings = Settings.from_environment(LEAST)
    assert settings == Settings(catalogue=Path("lulea.yaml"))
    assert settings.address == ("127.0.0.1", 9101)


def test_each_setting_has_its_variable() -> None:
    environment = {
        **LEAST,
        "SVARSGRAD_KAFKA": "a.example.org:1, b.example.org:2",
        "SVARSGRAD_GROUP": " g ",
        "SVARSGRAD_TOPICS": "t",
        "SVARSGRAD_REJECTED_TOPIC": "r",
        "SVARSGRAD_LISTEN": "0.0.0.0:80",
        "SVARSGRAD_SESSION_SECONDS": "10",
        "SVARSGRAD_STUCK_SECONDS": "20.5",
        "OTHER": "not ours",
    }
    assert Settings.from_environment(environment) == Settings(
        catalogue=Path("lulea.yaml"),
        kafka="a.example.org:1, b.example.org:2",
        group="g",
        topics="t",
        rejected_topic="r",
        listen="0.0.0.0:80",
        session_seconds=10.0,
        stuck_seconds=20.5,
    )
    assert {f"SVARSGRAD_{field.name.upper()}" for field in fields(Settings)} <= set(environment)


def test_an_empty_variable_is_the_default() -> None:
    assert Settings.from_environment({**LEAST, "SVARSGRAD_GROUP": " "}).group == "svarsgrad"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "SVARSGRAD_CATALOGUE saknas: ange katalogfilen (eller --catalogue)"),
        ({**LEAST, "SVARSGRAD_GROPU": "x"}, "SVARSGRAD_GROPU är ingen inställning; de som finns:"),
        ({**LEAST, "SVARSGRAD_KAFKA": "kafka"}, "SVARSGRAD_KAFKA='kafka' är ingen adress"),
        ({**LEAST, "SVARSGRAD_KAFKA": "a:1,"}, "SVARSGRAD_KAFKA='' är ingen adress"),
        ({**LEAST, "SVARSGRAD_LISTEN": "a:70000"}, "SVARSGRAD_LISTEN='a:70000' är ingen adress"),
        ({**LEAST, "SVARSGRAD_SESSION_SECONDS": "sex"}, "'sex' är inget antal sekunder"),
        ({**LEAST, "SVARSGRAD_SESSION_SECONDS": "5.9"}, "tar Kafka inte emot; skriv 6–1800"),
        ({**LEAST, "SVARSGRAD_STUCK_SECONDS": "0"}, "'0' är inget antal sekunder"),
        ({**LEAST, "SVARSGRAD_STUCK_SECONDS": "nan"}, "'nan' är inget antal sekunder"),
        ({**LEAST, "SVARSGRAD_STUCK_SECONDS": "19"}, "skriv minst 20"),
        (
            {**LEAST, "SVARSGRAD_REJECTED_TOPIC": "svarsgrad.calls"},
            "SVARSGRAD_REJECTED_TOPIC=svarsgrad.calls är ett ämne med händelser",
        ),
    ],
)
def test_a_mistake_is_one_line(environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingError) as error:
        Settings.from_environment(environment)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_stacks_own_variables_are_let_be() -> None:
    for its in (
        *("STACK_PORT", "ARCHIVE_GROUP", "DATABASE", "WALL_LISTEN", "PROMETHEUS", "INTAKE_LISTEN"),
        *("LISTEN_CERT_FILE", "WORKER_CA_FILE", "PROMETHEUS_TOKEN_FILE"),
    ):
        Settings.from_environment({**LEAST, f"SVARSGRAD_{its}": "1"})


def test_every_setting_is_described_with_its_default() -> None:
    lines = described().splitlines()
    assert [line.split()[0] for line in lines] == [
        f"SVARSGRAD_{field.name.upper()}" for field in fields(Settings)
    ]
    assert all("[förval: " in line for line in lines[1:])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9092", ("127.0.0.1", 9092)),
        (" kafka.example.org:1 ", ("kafka.example.org", 1)),
        ("[::1]:65535", ("::1", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    assert host_and_port(text, "KAFKA") == address


def test_variables_of_other_commands_on_the_same_machine_are_none_of_a_worker() -> None:
    others = {name for _, command in all_commands() for name in _variables(command)}
    assert {"SVARSGRAD_INTAKE_LISTEN", "SVARSGRAD_SMTP_FROM", "SVARSGRAD_DATABASE"} <= others
    mine = {"SVARSGRAD_CATALOGUE": "k.yaml", "SVARSGRAD_LISTEN": "127.0.0.1:9101"}
    own = {f"SVARSGRAD_{field.name.upper()}" for field in fields(Settings)}
    Settings.from_environment(dict.fromkeys(others - own, "7") | mine)


def _variables(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter.envvar, str) and parameter.envvar.startswith("SVARSGRAD_"):
            yield parameter.envvar
