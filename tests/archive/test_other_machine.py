"""A database on another machine: it must be known to be the right one."""

import os
import pwd
import shutil
from pathlib import Path

import psycopg
import pytest
from secured import Authority

from stack.postgresql import PASSWORD, USER, PostgreSQL
from streams.archive import database, migrating
from streams.archive.database import DatabaseError

THERE = "postgresql://svarsgrad@db.example.org/svarsgrad"


@pytest.fixture
def told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What libpq reads of the environment."""
    for name in ("PGSSLMODE", "PGHOST", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("told_nothing")
@pytest.mark.parametrize(
    "told",
    [
        THERE,
        "postgresql://svarsgrad@192.0.2.7:5432/svarsgrad",
        "postgresql:///svarsgrad?host=db.example.org",
        "postgresql://svarsgrad@/svarsgrad?host=localhost:1&host=db.example.org:1",
    ],
)
def test_a_database_on_another_machine_is_asked_only_if_it_is_told_how_it_is_known(
    told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatabaseError, match=r"sätt PGSSLMODE=verify-full och PGSSLROOTCERT"):
        database.address(told)
    assert database.address(f"{told}{'&' if '?' in told else '?'}sslmode=verify-full")
    monkeypatch.setenv("PGSSLMODE", "disable")
    assert database.address(told)


@pytest.mark.usefixtures("told_nothing")
def test_where_libpq_finds_a_host_by_itself_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database.address("postgresql:///svarsgrad")
    monkeypatch.setenv("PGHOST", "db.example.org")
    with pytest.raises(DatabaseError, match=r"db\.example\.org"):
        database.address("postgresql:///svarsgrad")


@pytest.mark.usefixtures("told_nothing")
@pytest.mark.parametrize(
    "told",
    [
        "arkiv.db",
        "postgresql://svarsgrad@localhost/svarsgrad",
        "postgresql://svarsgrad@127.0.0.1:5432/svarsgrad",
        "postgresql://svarsgrad@[::1]/svarsgrad",
        "postgresql://svarsgrad@/svarsgrad?host=/run/postgresql",
    ],
)
def test_on_this_machine_nothing_need_be_told(told: str) -> None:
    assert database.address(told)


def test_whose_certificate_is_of_another_issuer_is_refused_in_one_line(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    with_tls(postgresql, ours)
    told = f"{postgresql.new_database()}?sslmode=verify-full&sslrootcert="
    at = database.address(f"{told}{ours.file}", str(postgresql.password_file))
    engine = database.engine_of(at)
    migrating.upgrade(engine)
    engine.dispose()
    with database.opened_to_read(at) as connection:
        asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.exec_driver_sql(asked).scalar_one() is True
    at = database.address(f"{told}{others.file}", str(postgresql.password_file))
    with (
        pytest.raises(DatabaseError, match="certificate verify failed") as refused,
        database.opened_to_read(at),
    ):
        pass
    assert "\n" not in str(refused.value)


def with_tls(server: PostgreSQL, authority: Authority) -> None:
    """Give a running server a key and a certificate."""
    folder = Path(asked(server, "SHOW data_directory"))
    both = authority.issue("db")
    for suffix in ("key", "crt"):
        file = folder / f"tls.{suffix}"
        shutil.copyfile(both.with_suffix(f".{suffix}"), file)
        file.chmod(0o600)
        if os.geteuid() == 0:
            its = pwd.getpwnam(USER)
            os.chown(file, its.pw_uid, its.pw_gid)
    for name, value in {
        "ssl_key_file": "tls.key",
        "ssl_cert_file": "tls.crt",
        "ssl": "on",
    }.items():
        asked(server, f"ALTER SYSTEM SET {name} = '{value}'")
    asked(server, "SELECT pg_reload_conf()")


def asked(server: PostgreSQL, statement: str) -> str:
    """Return what the server says to a statement; nothing if it only does it."""
    with psycopg.connect(server.url, password=PASSWORD, autocommit=True) as connection:
        said = connection.execute(statement)  # type: ignore[arg-type]
        row = said.fetchone() if said.description else None
    return str(row[0]) if row else ""
