"""A real PostgreSQL, alone: a cluster of its own, on loopback, for the tests of the archive.

PostgreSQL refuses to run as root: then it runs as the user that its package makes.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import ClassVar, Self

import psycopg

from stack.errors import StackError
from stack.ports import LOOPBACK
from stack.process import Service
from stack.programs import INITDB, POSTGRES

USER = "postgres"
"""Both the one that it runs as, where we are root, and the one that may do anything in it."""
PASSWORD = "bara-i-prov"  # noqa: S105 # of a cluster that is thrown away
INIT_SECONDS = 60


class PostgreSQL(Service):
    """A server with an empty cluster, whose data go when it stops."""

    name: ClassVar[str] = "PostgreSQL"

    def __init__(self, directory: Path, port: int) -> None:
        super().__init__(directory, {"--postgresql-port": port})
        self.port = port
        self._home: Path | None = None
        self._made = 0

    @property
    def url(self) -> str:
        """Return the address of its database, without the password."""
        return f"postgresql://{USER}@{LOOPBACK}:{self.port}/postgres"

    def new_database(self) -> str:
        """Make a database with nothing in it, and return its address."""
        self._made += 1
        name = f"prov{self._made}"
        with psycopg.connect(self.url, password=PASSWORD, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://{USER}@{LOOPBACK}:{self.port}/{name}"

    @property
    def password_file(self) -> Path:
        """Return the file that has the password."""
        return self.directory / "losenord"

    def prepare(self) -> None:
        """Make a cluster, unless there is one: it outlives a stop, and goes with :meth:`close`."""
        program = INITDB.require()
        self.password_file.write_text(f"{PASSWORD}\n", encoding="utf-8")
        self.password_file.chmod(0o600)
        if self._home is not None:
            return
        self._home = Path(tempfile.mkdtemp(prefix="svarsgrad-pg-"))
        password = self._home / "losenord"
        shutil.copyfile(self.password_file, password)
        if os.geteuid() == 0:
            its = pwd.getpwnam(USER)
            for path in (self._home, password):
                os.chown(path, its.pw_uid, its.pw_gid)
        done = subprocess.run(  # noqa: S603 # a program we found ourselves
            [
                *self._as_user(),
                str(program),
                f"--pgdata={self._home / 'data'}",
                f"--username={USER}",
                f"--pwfile={password}",
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            timeout=INIT_SECONDS,
            cwd="/",
            check=False,
        )
        if done.returncode:
            raise StackError(f"initdb misslyckades: {' '.join(done.stderr.split())}")

    def command(self) -> list[str]:
        """Return PostgreSQL on loopback; it need not survive a power cut, but for its process."""
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "log_min_messages": "warning",
        }
        given = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        return [*self._as_user(), str(POSTGRES.require()), f"-D{self._home}/data", *given]

    def is_ready(self) -> bool:
        """Say whether it takes connections."""
        try:
            psycopg.connect(self.url, password=PASSWORD, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def close(self) -> None:
        """Stop it, and throw its data away."""
        self.stop()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def _as_user() -> list[str]:
        if os.geteuid() != 0:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise StackError("setpriv saknas: det hör till paketet util-linux")
        # Another user's child isn't on our leash: this puts it back on.
        return [
            setpriv,
            f"--reuid={USER}",
            f"--regid={USER}",
            "--clear-groups",
            "--pdeathsig=KILL",
        ]
