"""A real server of mail: Dovecot, as a process of its own, with throw-away mailboxes."""

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import signal
import socket
import ssl
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from imap_tools import MailBox
from imap_tools.utils import encode_folder

from stack.ports import LOOPBACK
from stack.process import Service
from stack.programs import DOVECOT

PASSWORD = "is på sjön"  # noqa: S105 # of a server that is thrown away
USERS = 100
"""How many accounts there are for tests that want one of their own."""
MAIL_USER = "nobody"
"""Who has the mail where we are root, which Dovecot lets have none."""

_CONFIGURATION = """\
base_dir = {home}/run
state_dir = {home}/run
log_path = {home}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.pem
auth_failure_delay = 0
auth_mechanisms = plain xoauth2
mail_fsync = never
mail_location = maildir:{home}/mail/%u
mail_max_userip_connections = 100
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  user = {user}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/passwords
  mechanisms = plain
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {home}/oauth2.conf
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/home/%u
}}
namespace inbox {{
  inbox = yes
}}
{more}
"""
_OAUTH2 = """\
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={home}/keys/
username_attribute = sub
"""


class Dovecot(Service):
    """A server with TLS; every account has the same password, and is made when it logs in.

    ``can`` is what it says that it can, if that is to be less than it is.
    """

    name: ClassVar[str] = "Dovecot"

    def __init__(
        self, directory: Path, tls: int, starttls: int, certificate: Path, can: str = ""
    ) -> None:
        super().__init__(directory, {"--imaps-port": tls, "--imap-port": starttls})
        self.tls, self.starttls = tls, starttls
        self._certificate = certificate
        self.can = can
        self.home = Path(
            tempfile.mkdtemp(prefix="svarsgrad-imap-")
        )  # its sockets need short names

    @property
    def logs(self) -> tuple[Path, ...]:
        return (self.console, self.home / "dovecot.log")

    def prepare(self) -> None:
        its = pwd.getpwnam(MAIL_USER if os.geteuid() == 0 else getpass.getuser())
        for name in ("run", "mail", "home", "keys/default/HS256"):
            (self.home / name).mkdir(exist_ok=True, parents=True)
        self.use(self._certificate)
        self.set_password(PASSWORD)
        (self.home / "oauth2.conf").write_text(_OAUTH2.format(home=self.home))
        more = f"protocol imap {{\n  imap_capability = {self.can}\n}}" if self.can else ""
        configuration = _CONFIGURATION.format(
            home=self.home,
            tls=self.tls,
            starttls=self.starttls,
            user=its.pw_name,
            group=_group(its.pw_gid),
            uid=its.pw_uid,
            gid=its.pw_gid,
            more=more,
        )
        (self.home / "dovecot.conf").write_text(configuration)
        if os.geteuid() == 0:
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, its.pw_uid, its.pw_gid)
            (self.home / "run").chmod(0o755)

    def command(self) -> list[str]:
        return [str(DOVECOT.require()), "-F", "-c", str(self.home / "dovecot.conf")]

    def is_ready(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((LOOPBACK, self.starttls), 1) as s,
        ):
            s.settimeout(1)
            return s.recv(4) == b"* OK"
        return False

    def use(self, certificate: Path) -> None:
        shutil.copyfile(certificate, self.home / "server.pem")

    def set_password(self, password: str) -> None:
        users = ["kundtjanst", "handlaggare", *(f"user{n}" for n in range(USERS))]
        (self.home / "passwords").write_text("".join(f"{user}:{password}\n" for user in users))

    def pids(self) -> list[int]:
        """Return all its processes: it and its children."""
        assert self.pid is not None
        return [self.pid, *_children(self.pid)]

    @contextlib.contextmanager
    def hung(self) -> Iterator[None]:
        """Let it stand still, with its connections, for as long as the context lasts."""
        pids = self.pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    @property
    def log(self) -> str:
        return (self.home / "dovecot.log").read_text()

    def kill_all(self) -> None:
        """End it at once, and all connections to it, which outlive it otherwise."""
        pids = self.pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.kill()

    def close(self) -> None:
        if self.pid is not None:
            self.kill_all()
        shutil.rmtree(self.home, ignore_errors=True)

    def box(self, user: str = "kundtjanst") -> MailBox:
        """Return an ordinary client, as those who work with the mail have."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        box = MailBox(LOOPBACK, self.tls, 20, ssl_context=context)
        box.login_utf8(user, PASSWORD, initial_folder=None)
        return box


def deliver(
    box: MailBox, folder: str, message: bytes, at: datetime, flags: tuple[str, ...] = ()
) -> None:
    """Put a message in a folder, received at an instant."""
    given = f"({' '.join(flags)})" if flags else None
    name = encode_folder(folder).decode()
    kind, told = box.client.append(name, given, at.astimezone(), message)
    assert kind == "OK", told


def _group(gid: int) -> str:
    return grp.getgrgid(gid).gr_name


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                child = int(path.parent.name)
                found += [child, *_children(child)]
    return found
