"""What guards an address is told by variables; what is wrong with them is one clear line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from secured import Authority, openssl

from streams.endpoints import ListenError
from streams.endpoints.certificate import Certificate
from streams.endpoints.security import PREFIX, ListenSecurity, listen_security

TOKEN = "en-token-som-ingen-gissar"  # noqa: S105 # of the tests
BEYOND = ("0.0.0.0", "::", "192.0.2.7", "raknare.example.org")  # noqa: S104 # is to be refused


@pytest.fixture
def files(issued: Callable[[str], bytes], tmp_path: Path) -> Path:
    """Return a folder with a certificate, its key, and a token."""
    pem = issued("first").decode()
    key, cert = pem.split("-----BEGIN CERTIFICATE")
    for name, text in (
        ("key", key),
        ("crt", f"-----BEGIN CERTIFICATE{cert}"),
        ("both", pem),
        ("token", f"{TOKEN}\n"),
        ("short", "kort\n"),
        ("text", "vad som helst\n"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o440)
    return tmp_path


def told(host: str = "127.0.0.1", **variables: object) -> ListenSecurity:
    environ = {f"{PREFIX}{name}": str(text) for name, text in variables.items()}
    return listen_security(f"--listen {host}:9101", host, environ)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_on_the_machine_itself_nothing_is_asked_for(host: str) -> None:
    assert told(host) == ListenSecurity()


@pytest.mark.parametrize("host", BEYOND)
def test_beyond_the_machine_there_is_tls_or_it_is_said_that_all_can_be_heard(
    host: str, files: Path
) -> None:
    for more in ({}, {"TOKEN_FILE": files / "token"}, {"ALLOW_CLEARTEXT": "no"}):
        with pytest.raises(ListenError) as error:
            told(host, **more)
        assert str(error.value) == (
            f"--listen {host}:9101 nås från andra maskiner, och utan TLS går allt att avlyssna: "
            f"ange {PREFIX}CERT_FILE och {PREFIX}KEY_FILE, eller {PREFIX}ALLOW_CLEARTEXT=yes om "
            "nätet är skyddat på annat sätt"
        )
    assert told(host, ALLOW_CLEARTEXT="yes") == ListenSecurity()
    assert told(host, CERT_FILE=files / "crt", KEY_FILE=files / "key").certificate is not None
    assert told(host, CERT_FILE=files / "both").certificate is not None, "with its key in it"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"CERT_FILE": "none"}, "CERT_FILE=none går inte att läsa (filen eller mappen finns inte"),
        ({"CERT_FILE": "crt", "KEY_FILE": "none"}, "KEY_FILE=none går inte att läsa"),
        ({"KEY_FILE": "key"}, "CERT_FILE saknas: ange certifikatet till nyckeln"),
        ({"CERT_FILE": "crt"}, "CERT_FILE=crt är inte ett certifikat (PEM) med sin nyckel"),
        ({"CERT_FILE": "text", "KEY_FILE": "key"}, "CERT_FILE=text är inte ett certifikat (PEM)"),
        ({"CERT_FILE": "crt", "KEY_FILE": "text"}, "lösenord) i SVARSGRAD_LISTEN_KEY_FILE=text"),
        ({"CERT_FILE": "crt", "KEY_FILE": "other"}, "lösenord) i SVARSGRAD_LISTEN_KEY_FILE=other"),
        ({"CERT_FILE": "crt", "KEY_FILE": "locked"}, "sin nyckel (PEM, utan lösenord) i"),
        ({"TOKEN_FILE": "none"}, "TOKEN_FILE=none går inte att läsa"),
        ({"TOKEN_FILE": "short"}, "TOKEN_FILE=short har en token under 16 tecken: gör en längre"),
        ({"TOKEN": TOKEN}, "TOKEN kan läsas av andra på maskinen: lägg token i en fil, och ange"),
        ({"CERT": "x"}, "CERT är ingen inställning; de som finns: SVARSGRAD_LISTEN_CERT_FILE,"),
        ({"ALLOW_CLEARTEXT": "ja"}, "ALLOW_CLEARTEXT='ja' går inte: skriv no eller yes"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_variable(
    files: Path,
    issued: Callable[[str], bytes],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    said: str,
) -> None:
    if "other" in variables.values():
        (files / "other").write_bytes(issued("second"))
    if "locked" in variables.values():
        openssl(*("rsa", "-aes128", "-passout", "pass:x", "-in", files / "key"),
                *("-out", files / "locked"))  # fmt: skip
    monkeypatch.chdir(files)
    with pytest.raises(ListenError) as error:
        told(**variables)
    line = str(error.value)
    assert said in line
    assert PREFIX in line
    assert "\n" not in line
    assert TOKEN not in line


def test_what_is_well_is_not_remarked_and_a_key_that_everybody_can_read_is(files: Path) -> None:
    given = {
        "CERT_FILE": files / "crt",
        "KEY_FILE": files / "key",
        "TOKEN_FILE": files / "token",
    }
    assert told(**given).remarks() == ()
    for name in ("key", "token"):
        (files / name).chmod(0o444)
    assert told(**given).remarks() == tuple(
        f"{PREFIX}{name}_FILE={files / name.lower()} kan läsas av alla på maskinen: "
        f"chmod o-r {files / name.lower()}"
        for name in ("KEY", "TOKEN")
    )
    assert told(CERT_FILE=files / "both").remarks() == ()


@pytest.mark.parametrize(("days", "said"), [(-1, ("har gått ut: förnya det",)), (2, ())])
def test_a_certificate_that_has_expired_is_remarked_and_served(
    authority: Authority, days: int, said: tuple[str, ...]
) -> None:
    pem = authority.issue("its", days=days)
    pem.chmod(0o400)
    certificate = Certificate(pem, pem, "--cert x", "--key x")
    assert certificate.remarks() == tuple(f"--cert x {its}" for its in said)


@pytest.fixture
def self_made(tmp_path: Path) -> Callable[[str], Path]:
    """Make a certificate of its own, with a key of this kind, in one and the same file."""
    file = tmp_path / "own.pem"

    def made(kind: str) -> Path:
        openssl(
            *("req", "-x509", "-newkey", *kind.split(), "-nodes", "-days", "2"),
            *("-subj", "/CN=own", "-keyout", tmp_path / "key", "-out", tmp_path / "crt"),
        )
        file.write_bytes((tmp_path / "key").read_bytes() + (tmp_path / "crt").read_bytes())
        file.chmod(0o400)
        return file

    return made


def test_a_certificate_of_its_own_making_is_as_good(self_made: Callable[[str], Path]) -> None:
    pem = self_made("ec -pkeyopt ec_paramgen_curve:prime256v1")
    assert Certificate(pem, pem, "--cert x", "--key x").remarks() == ()


def test_nothing_that_holds_a_token_shows_it(files: Path) -> None:
    security = told(TOKEN_FILE=files / "token")
    assert TOKEN not in repr(security)
    assert security.bearer is not None


@pytest.mark.parametrize(
    ("authorization", "is_told"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN} ", True),
        (TOKEN, False),
        (f"Digest {TOKEN}", False),
        (f"Bearer {TOKEN[:-1]}", False),
        (f"Bearer {TOKEN}x", False),
        ("Bearer ", False),
        ("Bearer \udcff", False),
        ("", False),
    ],
)
def test_only_the_whole_token_is_the_token(files: Path, authorization: str, is_told: bool) -> None:
    bearer = told(TOKEN_FILE=files / "token").bearer
    assert bearer is not None
    assert bearer.is_told(authorization) is is_told
