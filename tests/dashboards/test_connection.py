"""Where Grafana is and who we are to it: what is taken, and what is refused."""

from pathlib import Path

import pytest

from dashboards.grafana.connection import Address, MistoldError, connection_as_told

SECRET = "glsa_hemlig"  # noqa: S105 - of nothing


@pytest.fixture
def token(tmp_path: Path) -> str:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o400)
    return str(file)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://grafana.example.org", Address("https", "grafana.example.org")),
        ("https://grafana.example.org/", Address("https", "grafana.example.org")),
        ("https://example.org:8443/g/x/", Address("https", "example.org", 8443, "g/x")),
        ("http://127.0.0.1:3000", Address("http", "127.0.0.1", 3000)),
        ("http://localhost:3000/grafana", Address("http", "localhost", 3000, "grafana")),
        ("http://[::1]:3000", Address("http", "[::1]", 3000)),
    ],
)
def test_an_address_is_taken_apart_and_told_again(url: str, address: Address, token: str) -> None:
    told = connection_as_told(url, token_file=token).address
    assert told == address
    assert str(told) == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "http://grafana.example.org",
            "går att avlyssna; skriv https://, eller lägg till --plain",
        ),
        ("http://127.0.0.1.example.org", "går att avlyssna"),
        ("grafana.example.org", "är ingen adress; skriv till exempel https://grafana.example.org"),
        ("ftp://grafana.example.org", "är ingen adress"),
        ("https://", "är ingen adress"),
        ("https://example.org:abc", "är ingen adress"),
        ("https://exam ple.org", "är ingen adress"),
        ("https://[::1", "är ingen adress"),
        ("https://anna:lösen@example.org", "har en inloggning i sig"),
        (
            "https://example.org/d/abc?orgId=1",
            "är en sida i Grafana; skriv bara det som står före",
        ),
    ],
)
def test_what_is_no_address_or_would_be_overheard_is_refused(
    url: str, said: str, token: str
) -> None:
    with pytest.raises(MistoldError) as error:
        connection_as_told(url, token_file=token)
    assert said in str(error.value)
    assert "lösen@" not in str(error.value)


def test_a_net_that_is_protected_otherwise_is_taken_at_its_word(token: str) -> None:
    told = connection_as_told("http://grafana.example.org", token_file=token, plain=True)
    assert told.address.scheme == "http"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "ange antingen --token-file, eller --user och --password-file"),
        ({"token_file": "T", "user": "u"}, "ange antingen"),
        ({"user": "u"}, "hör ihop; ange båda"),
        ({"password_file": "T"}, "hör ihop; ange båda"),
        ({"user": "a:b", "password_file": "T"}, "har ett kolon"),
        ({"token_file": "ingen"}, "--token-file ingen går inte att läsa (filen eller mappen"),
    ],
)
def test_who_we_are_is_told_in_one_way(told: dict[str, str], said: str, token: str) -> None:
    named = {name: token if value == "T" else value for name, value in told.items()}
    with pytest.raises(MistoldError) as error:
        connection_as_told("https://example.org", **named)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "är tom: skriv token i den"),
        (b"a\nb\n", "har mer än en token på en rad"),
        ("glsa_å".encode(), "har något annat än en token: kopiera den"),
        (b"Bearer glsa_x", "har något annat än en token"),
        (b"\xff", "är inte text"),
    ],
)
def test_a_file_with_something_else_than_a_token_is_refused(
    content: bytes, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(MistoldError) as error:
        connection_as_told("https://example.org", token_file=str(file))
    assert said in str(error.value)
    assert "glsa" not in str(error.value)


@pytest.mark.parametrize(("mode", "warns"), [(0o400, False), (0o440, False), (0o444, True)])
def test_a_secret_that_all_can_read_is_remarked_and_never_shown(
    mode: int, warns: bool, token: str
) -> None:
    Path(token).chmod(mode)
    told = connection_as_told("https://example.org", token_file=token)
    assert bool(told.remarks) is warns
    assert all(f"chmod o-r {token}" in line for line in told.remarks)
    assert told.login.secret == SECRET
    assert SECRET not in repr(told)


def test_authorities_are_certificates_and_have_a_use(token: str, tmp_path: Path) -> None:
    empty = tmp_path / "ca.pem"
    empty.write_text("-----BEGIN CERTIFICATE-----\n")
    for url, file, said in (
        ("https://example.org", str(empty), "är inget certifikat i PEM"),
        ("https://example.org", "ingen.pem", "--ca-file ingen.pem går inte att läsa"),
        ("http://127.0.0.1", str(empty), "--ca-file används inte med http://"),
    ):
        with pytest.raises(MistoldError, match=said):
            connection_as_told(url, token_file=token, ca_file=file)
