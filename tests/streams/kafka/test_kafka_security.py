"""How Kafka is spoken with comes from the environment; a mistake is one line without secrets."""

import ssl
from dataclasses import fields
from pathlib import Path

import click
import pytest
from secured import Authority, openssl

from streams.kafka import security as kafka_security
from streams.kafka.security import PLAINTEXT, KafkaSecurity, KafkaSecurityError, described
from streams.transport.faust_app import faust_app
from streams.worker.settings import Settings

PASSWORD = "sol över Lule älv"  # noqa: S105


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("security")
    authority = Authority(made)
    authority.issue("client")
    for name, content in (
        ("password", f"{PASSWORD}\n"),
        ("empty", " \n"),
        ("two", "one\ntwo\n"),
        ("long", "x" * 5000),
        ("text", "ingen PEM"),
    ):
        (made / name).write_text(content, encoding="utf-8")
        (made / name).chmod(0o440)
    (made / "latin").write_bytes("å".encode("latin-1"))
    lock = ("-passout", "pass:x", "-out", made / "locked.key")
    openssl("pkcs8", "-topk8", "-in", made / "client.key", *lock)
    return made


def read(directory: Path, **settings: str) -> KafkaSecurity:
    """Return what settings say; a name of a file is one in the directory."""
    told = {"PROTOCOL": "SASL_SSL", "USER": "worker", "PASSWORD_FILE": "password", **settings}
    return KafkaSecurity.from_environment(
        {
            f"SVARSGRAD_KAFKA_{name}": str(directory / text)
            if text and name.endswith("_FILE")
            else text
            for name, text in told.items()
        }
    )


def test_without_settings_kafka_is_spoken_with_in_plaintext() -> None:
    security = KafkaSecurity.from_environment({"SVARSGRAD_KAFKA": "a:1", "OTHER": "x"})
    assert security == PLAINTEXT
    assert security.options() == {"security_protocol": "PLAINTEXT"}


def test_clients_are_told_of_tls_and_the_user(directory: Path) -> None:
    options = read(directory, CA_FILE="ca.pem").options()
    context = options.pop("ssl_context")
    assert options == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "worker",
        "sasl_plain_password": PASSWORD,
    }
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert [dict(one["subject"][0]) for one in context.get_ca_certs()] == [{"commonName": "ca"}]


def test_faust_connects_as_the_other_clients_do(directory: Path) -> None:
    settings = Settings(catalogue=directory)
    security = read(directory, CA_FILE="ca.pem", MECHANISM="SCRAM-SHA-256")
    told = faust_app(settings, 4, security).conf.broker_credentials
    options = security.options()
    assert told.protocol.value == options["security_protocol"]
    assert told.mechanism.value == options["sasl_mechanism"]
    assert told.ssl_context is options["ssl_context"]
    assert (told.username, told.password) == ("worker", PASSWORD)
    only_tls = read(directory, PROTOCOL="SSL", USER="", PASSWORD_FILE="", CERT_FILE="client.both")
    told = faust_app(settings, 4, only_tls).conf.broker_credentials
    assert told.protocol.value == "SSL"
    assert told.context is only_tls.context
    assert faust_app(settings, 4).conf.broker_credentials is None


def test_a_password_in_cleartext_is_sent_only_if_asked_for(directory: Path) -> None:
    with pytest.raises(KafkaSecurityError, match="SASL_PLAINTEXT går att avlyssna: skriv SASL_S"):
        read(directory, PROTOCOL="SASL_PLAINTEXT")
    asked = read(directory, PROTOCOL="SASL_PLAINTEXT", ALLOW_CLEARTEXT="yes")
    assert asked.options()["security_protocol"] == "SASL_PLAINTEXT"
    assert asked.context is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PROTOCOL": "sasl"}, "PROTOCOL='sasl' går inte: skriv PLAINTEXT, SSL, SASL_SSL eller S"),
        ({"MECHANISM": "PLAIN"}, "MECHANISM='PLAIN' går inte: skriv SCRAM-SHA-512 eller SCRAM-SH"),
        ({"ALLOW_CLEARTEXT": "ja"}, "ALLOW_CLEARTEXT='ja' går inte: skriv no eller yes"),
        ({"USER": ""}, "USER saknas, och SASL_SSL kräver den"),
        ({"PASSWORD_FILE": ""}, "PASSWORD_FILE saknas, och SASL_SSL kräver den"),
        ({"PASSWORD_FILE": "none"}, "none går inte att läsa (filen eller mappen finns inte)"),
        ({"PASSWORD_FILE": "."}, "går inte att läsa (det är en mapp)"),
        ({"PASSWORD_FILE": "empty"}, "empty är tom: skriv lösenordet i den"),
        ({"PASSWORD_FILE": "two"}, "two har mer än ett lösenord på en rad"),
        ({"PASSWORD_FILE": "long"}, "long har mer än ett lösenord på en rad"),
        ({"PASSWORD_FILE": "latin"}, "latin är inte text: spara den i UTF-8"),
        ({"CA_FILE": "none"}, "none går inte att läsa (filen eller mappen finns inte)"),
        ({"CA_FILE": "text"}, "text är inget certifikat i PEM"),
        ({"CERT_FILE": "text"}, "text är inte ett certifikat (PEM) med sin nyckel"),
        ({"CERT_FILE": "client.crt"}, "client.crt är inte ett certifikat (PEM) med sin nyckel"),
        (
            {"CERT_FILE": "client.crt", "KEY_FILE": "ca.key"},
            "client.crt är inte ett certifikat (PEM) med sin nyckel",
        ),
        (
            {"CERT_FILE": "client.crt", "KEY_FILE": "locked.key"},
            "client.crt är inte ett certifikat (PEM) med sin nyckel",
        ),
        ({"CERT_FILE": "client.crt", "KEY_FILE": "none"}, "KEY_FILE="),
        ({"KEY_FILE": "client.key"}, "CERT_FILE saknas: ange certifikatet till nyckeln"),
        ({"PROTOCOL": "PLAINTEXT"}, "USER används inte med SVARSGRAD_KAFKA_PROTOCOL=PLAINTEXT"),
        (
            {"PROTOCOL": "SSL"},
            "USER används inte med SVARSGRAD_KAFKA_PROTOCOL=SSL: skriv SASL_SSL",
        ),
        (
            {"PROTOCOL": "", "USER": "", "PASSWORD_FILE": "", "CA_FILE": "ca.pem"},
            "CA_FILE används inte med SVARSGRAD_KAFKA_PROTOCOL=PLAINTEXT: skriv SSL",
        ),
        (
            {"USR": "worker"},
            "SVARSGRAD_KAFKA_USR är ingen inställning; de som finns: SVARSGRAD_KA",
        ),
    ],
)
def test_a_mistake_is_one_line(directory: Path, settings: dict[str, str], said: str) -> None:
    with pytest.raises(KafkaSecurityError) as error:
        read(directory, **settings)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert PASSWORD not in str(error.value)


def test_a_password_in_the_environment_is_refused_and_not_repeated(directory: Path) -> None:
    with pytest.raises(KafkaSecurityError, match="lägg lösenordet i en fil") as error:
        read(directory, PASSWORD=PASSWORD)
    assert PASSWORD not in str(error.value)


def test_a_password_is_not_shown_with_what_holds_it(directory: Path) -> None:
    security = read(directory)
    assert PASSWORD not in repr(security)
    assert PASSWORD not in repr(faust_app(Settings(catalogue=directory), 4, security).conf)


@pytest.mark.parametrize(("mode", "warns"), [(0o400, False), (0o440, False), (0o644, True)])
def test_a_password_that_all_can_read_is_used_and_remarked(
    mode: int,
    warns: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD, encoding="utf-8")
    file.chmod(mode)
    monkeypatch.setenv("SVARSGRAD_KAFKA_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("SVARSGRAD_KAFKA_USER", "worker")
    monkeypatch.setenv("SVARSGRAD_KAFKA_PASSWORD_FILE", str(file))
    assert kafka_security.security_as_told().password == PASSWORD
    said = capsys.readouterr().err
    assert ("kan läsas av alla på maskinen: chmod o-r" in said) == warns
    assert said.count("\n") == warns


def test_every_setting_is_described_and_a_worker_does_not_take_it_for_a_mistake() -> None:
    lines = described().splitlines()
    names = [line.split()[0] for line in lines]
    assert names == [f"SVARSGRAD_KAFKA_{one.name.upper()}" for one in fields(kafka_security._Told)]
    assert all("[förval: " in line for line in lines)
    Settings.from_environment({"SVARSGRAD_CATALOGUE": "k", **dict.fromkeys(names, "x")})


def test_what_commands_say_of_a_mistake_is_clicks_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARSGRAD_KAFKA_PROTOCOL", "TLS")
    with pytest.raises(click.ClickException, match="PROTOCOL='TLS' går inte"):
        kafka_security.security_as_told()
