"""A follower as an operator runs it, on a real server: it loses nothing, and lets nothing out."""

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dovecot import PASSWORD, deliver
from imap_tools import AND
from mail_sites import QUICK, ROOT, Site, until
from secured import Authority

NOW = datetime.now(UTC).replace(microsecond=0)
LET_OUT = re.compile(r"hemligt|vantar|@|KC-|fragare|kundtjanst@")


def question(name: str, at: datetime = NOW - timedelta(hours=2), *fields: str) -> bytes:
    told = [
        f"Message-ID: <hemligt.{name}@example.net>",
        "From: Fragare <fragare@example.net>",
        "To: kundtjanst@example.org",
        f"Subject: Om vantar {name}",
        f"Date: {at:%d %b %Y %H:%M:%S} +0000",
        *fields,
    ]
    return ("\r\n".join(told) + "\r\n\r\nVantarna\r\n").encode()


def answer(name: str, to: str) -> bytes:
    told = [
        f"Message-ID: <hemligt.{name}@example.org>",
        f"In-Reply-To: <hemligt.{to}@example.net>",
        "From: kundtjanst@example.org",
        "To: fragare@example.net",
        "Subject: SV: Om vantar",
    ]
    return ("\r\n".join(told) + "\r\n\r\nVantarna\r\n").encode()


def whats(lines: list[str]) -> Counter[str]:
    return Counter(json.loads(line)["type"].split(".")[-2] for line in lines)


def put(site: Site, *names: str, folder: str = "INBOX") -> None:
    box = site.box()
    for number, name in enumerate(names):
        at = NOW - timedelta(hours=2, seconds=-number)
        deliver(box, folder, question(name, at), at)


def test_what_comes_while_it_follows_is_told_at_once_and_nothing_is_let_out(mail: Site) -> None:
    put(mail, "a")
    with mail.start(begins_with="") as running:
        running.has(1)
        box = mail.box()
        began = time.monotonic()
        deliver(box, "INBOX", question("b", NOW), NOW)
        running.has(2, within=8)
        assert time.monotonic() - began < 8, "it idles"
        deliver(box, "Skickat", answer("c", "b"), NOW + timedelta(seconds=1))
        deliver(box, "INBOX", question("d", NOW), NOW)
        running.has(4, within=8)
        assert running.stop() == 0
        assert running.said[0] == "Följer 6 mappar hos källan epost. Avsluta med Ctrl-C."
        assert running.said[-1] == "Lästa meddelanden: 4. Händelser: 4."
        out = running.log.read_text() + running.target.read_text() + mail.state.read_text()
        assert LET_OUT.search(out) is None
        assert '"se.svarsgrad.presence.heartbeat.v1"' in running.target.read_text()
    box.folder.set("INBOX")
    assert not list(box.uids(AND(seen=True)))
    assert mail.state.stat().st_mode & 0o077 == 0


def test_a_server_that_can_only_the_least_is_followed_too(old_mail: Site) -> None:
    with old_mail.start() as running:
        running.says("Följer")
        put(old_mail, "a")
        running.has(1)
        box = old_mail.box()
        box.folder.set("INBOX")
        box.flag("1", ["$Ringt"], True)
        running.has(2)
        box.flag("1", ["$Ringt"], False)
        running.has(3)
        time.sleep(1)
        saved_at = old_mail.state.stat().st_mtime_ns
        time.sleep(1.5)
        assert old_mail.state.stat().st_mtime_ns == saved_at, "nothing has happened"
        assert whats(running.events) == {"received": 1, "answered_otherwise": 1, "reopened": 1}


def test_what_was_flagged_while_another_folder_was_gone_is_told_when_it_is_back(
    old_mail: Site,
) -> None:
    put(old_mail, "a")
    with old_mail.start() as running:
        running.has(1)
        box = old_mail.box()
        box.folder.delete("Teknik")
        running.says("Mappen Teknik finns inte")
        box.folder.set("INBOX")
        box.flag("1", ["$Ringt"], True)
        time.sleep(1.5)  # so that it has been seen
        box.folder.create("Teknik")
        running.says("Alla mappar går att läsa igen.")
        running.has(2, within=5)
        assert whats(running.events) == {"received": 1, "answered_otherwise": 1}


def test_killed_again_and_again_it_tells_all_once(mail: Site) -> None:
    put(mail, *(f"q{n}" for n in range(60)))
    for wait in (0.3, 0.6, 0.8, 0.9, 1.0, 1.2):
        with mail.start() as running:
            time.sleep(wait)
            running.process.kill()
    with mail.start() as running:
        running.says("Följer")
        until(lambda: len(set(running.events)) >= 60, 20, lambda: running.said)
        assert running.stop() == 0
        ids = {json.loads(line)["id"] for line in running.events}
        assert len(ids) == len(set(running.events)) == 60


def test_a_server_that_restarts_is_gone_back_to_and_said_once(own_mail: Site) -> None:
    server = own_mail.server
    with own_mail.start() as running:
        running.says("Följer")
        time.sleep(1)
        server.kill_all()
        running.says("E-postservern 127.0.0.1")
        time.sleep(2)
        server.start()
        running.says("Alla mappar går att läsa igen.")
        put(own_mail, "a")
        running.has(1)
        server.kill_all()
        time.sleep(0.5)
        server.start()
        put(own_mail, "b")
        running.has(2)
        tries = [line for line in running.said if line.startswith("E-postservern")]
        assert len(tries) <= 4, running.said


def test_a_wrong_password_is_tried_once_until_its_file_has_changed(mail: Site) -> None:
    mail.password.write_text("fel\n")
    with mail.start() as running:
        running.says("tar inte emot inloggningen till källans konto: rätta user eller lösenordet")
        time.sleep(2)
        refused = mail.server.log.count(f"user=<{mail.user}>") - 1  # its own client's
        assert mail.server.log.count("auth failed") >= 1
        assert refused == 1, mail.server.log
        assert len(running.said) == 2
        mail.password.write_text(f"{PASSWORD}\n")
        running.says("Alla mappar går att läsa igen.")
    mail.password.write_text("fel\n")
    done = mail.run("--once", "--to", "-")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "fel\n" not in done.stderr
    assert mail.user not in done.stderr


@pytest.mark.parametrize("command", ["follow-mailbox", "check-mailbox"])
@pytest.mark.parametrize("content", [None, "hej"])
def test_a_file_of_issuers_that_is_none_is_said_once(
    mail: Site, command: str, content: str | None
) -> None:
    file = mail.directory / "utfardare"
    if content is not None:
        file.write_text(content)
    mail.write(ca_file=str(file))
    done = mail.run(command=command)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Fel: ca_file: {file} ")
    assert done.stderr.count("\n") == 1


def test_a_certificate_that_is_not_trusted_is_said_and_no_password_is_sent(
    mail: Site, tmp_path: Path
) -> None:
    (tmp_path / "andra").mkdir()
    mail.write(ca_file=str(Authority(tmp_path / "andra").file))
    logins = mail.server.log.count("Login")
    done = mail.run("--once", "--to", "-")
    assert done.returncode == 1
    assert (
        "är utfärdat av någon som inte är betrodd: ange utfärdarens certifikat med ca_file."
        in done.stderr
    )
    assert done.stderr.count("\n") == 1
    assert mail.server.log.count("Login") == logins
    mail.write(host="localhost")
    text = mail.catalogue.read_text().replace("host: 127.0.0.1", "")
    mail.catalogue.write_text(text)
    assert "gäller inte för den värden" in mail.run("--once", "--to", "-").stderr


def test_starttls_is_as_good(mail: Site) -> None:
    put(mail, "a")
    mail.write(port=str(mail.server.starttls), security="starttls")
    assert whats(mail.once()) == {"received": 1}
    mail.write(security="starttls")
    done = mail.run("--once", "--to", "-", PYTHONPATH=mail.python_path(QUICK))
    assert done.returncode == 1
    assert "Ingen e-postserver svarar på 127.0.0.1" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_token_is_read_at_each_login(mail: Site) -> None:
    put(mail, "a")
    key = b"en nyckel som bara finns i prov, och som ar lang nog"
    where = mail.server.home / "keys" / "default" / "HS256"
    (where / "default").write_bytes(base64.b64encode(key))
    (where / "default").chmod(0o644)
    token = mail.directory / "token"

    def part(told: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=")

    signed = part({"alg": "HS256", "typ": "JWT"}) + b"."
    signed += part({"sub": mail.user, "exp": int(time.time()) + 600, "iat": int(time.time()) - 5})
    digest = base64.urlsafe_b64encode(hmac.digest(key, signed, hashlib.sha256)).rstrip(b"=")
    token.write_bytes(signed + b"." + digest + b"\n")
    token.chmod(0o600)
    mail.write(password_file="", token_file=str(token))
    assert whats(mail.once()) == {"received": 1}
    token.write_text("gammal\n")
    done = mail.run("--once", "--to", "-")
    assert done.returncode == 1
    assert "rätta user eller token" in done.stderr
    assert "gammal" not in done.stderr


def test_a_secret_can_be_named_by_the_environment(mail: Site) -> None:
    put(mail, "a")
    mail.write(password_file="")
    named = mail.run("--once", "--to", "-", SVARSGRAD_MAILBOX_PASSWORD_FILE=str(mail.password))
    assert named.returncode == 0
    missing = mail.run("--once", "--to", "-")
    assert "Inget lösenord för källans konto: skriv password_file" in missing.stderr


def test_a_server_that_hangs_is_noticed_and_its_heart_stops(own_mail: Site) -> None:
    with own_mail.start() as running:
        running.says("Följer")
        until(lambda: running.beats > 1, 10, lambda: running.said)
        with own_mail.server.hung():
            running.says("har slutat svara. Försöker igen.")
            beats = running.beats
            time.sleep(3)
            assert running.beats == beats
            assert len([line for line in running.said if "slutat svara" in line]) == 1
        put(own_mail, "a")
        running.has(1)
        running.says("Alla mappar går att läsa igen.")


def test_a_second_follower_of_a_state_refuses(mail: Site) -> None:
    with mail.start() as running:
        running.says("Följer")
        done = mail.run("--once", "--to", "-")
        assert done.returncode == 1
        assert "används redan av en annan process" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_folder_that_is_not_there_is_said_with_the_nearest(mail: Site) -> None:
    mail.write(sent="[Skickt]")
    mail.catalogue.write_text(
        mail.catalogue.read_text().replace("          sent: [Skickat]\n", "")
    )
    for arguments in (("--once",), ()):
        done = mail.run(*arguments, "--to", "-")
        assert done.returncode == 1
        (line,) = [line for line in done.stderr.splitlines() if "Skickt" in line]
        assert "Mappen Skickt finns inte hos källans konto på 127.0.0.1" in line
        assert "menade du Skickat?" in line


def test_odd_messages_are_questions_too_and_none_is_lost(mail: Site) -> None:
    at = NOW - timedelta(hours=1)
    put(mail, "vanlig")
    box = mail.box()
    odd = [
        b"From: a@example.net\r\nSubject: utan id\r\n\r\nx\r\n",
        b"From: b@example.net\r\nSubject: utan id\r\n\r\nx\r\n",
        b"Message-ID: <samma@example.net>\r\nFrom: a@example.net\r\nDate: 1\r\n\r\nx\r\n",
        b"Message-ID: <samma@example.net>\r\nFrom: b@example.net\r\nDate: 2\r\n\r\nx\r\n",
        b"Message-ID: <samma@example.net>\r\nFrom: b@example.net\r\nDate: 2\r\n\r\nx\r\n",
        question("stor", at, "References: " + "<x@example.com>\r\n " * 60_000),
        b"Subject: " + b"x" * 1_000_000 + b"\r\n" + question("amne", at),
        question("1970", at).replace(b"Date:", b"Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nX:"),
        question("2099", at).replace(b"Date:", b"Date: Thu, 1 Jan 2099 00:00:00 +0000\r\nX:"),
        b"From: \xff\xe5 <c@example.net>\r\nSubject: =?utf-8?q?=ff?= =?klingon?b?!!?=\r\n\r\n",
        b"From: =?utf-8?b?///?= <d@example.net>\r\nTo: ;;,<<>>\r\nReferences: <<>> < >\r\n\r\n",
        b"\r\nbara brodtext\r\n",
    ]
    for raw in odd:
        deliver(box, "INBOX", raw, at)
    lines = mail.once()
    assert whats(lines) == {"received": len(odd)}  # one of them came twice; and an ordinary one
    assert all(json.loads(line)["time"].startswith(f"{at:%Y-%m-%dT%H}") for line in lines[1:])
    assert LET_OUT.search("".join(lines)) is None
    assert mail.once() == []
    for name in ("stor", "amne"):  # their ids are found, whatever stands before them
        deliver(box, "Skickat", answer(f"svar.{name}", name), NOW)
    assert whats(mail.once()) == {"answered": 2}


def test_a_lost_state_is_read_again_with_the_same_ids(mail: Site) -> None:
    put(mail, "a", "b")
    deliver(mail.box(), "Skickat", answer("c", "b"), NOW)
    first = mail.once()
    mail.state.unlink()
    assert mail.once() == first


def test_another_key_or_none_is_refused_when_there_is_a_state(mail: Site) -> None:
    mail.once()
    key = mail.key
    kept = key.read_bytes()
    key.write_text("0" * 64 + "\n")
    assert "är sparat med en annan nyckel" in mail.run("--once", "--to", "-").stderr
    key.unlink()
    assert "lägg tillbaka den" in mail.run("--once", "--to", "-").stderr
    assert not key.exists()
    key.write_bytes(kept)
    key.chmod(0o640)
    assert f"kör chmod 600 {key}" in mail.run("--once", "--to", "-").stderr
    key.chmod(0o600)
    key.write_text("hej")
    assert "där ska stå 64 hexsiffror" in mail.run("--once", "--to", "-").stderr
    key.unlink()
    mail.state.unlink()
    assert f"Gjorde nyckelfilen {key}: säkerhetskopiera" in mail.run("--once", "--to", "-").stderr
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_stops_it_with_one_line_and_the_next_start_tells_all(mail: Site) -> None:
    mail.once()
    before = mail.state.read_bytes()
    put(mail, *(f"q{n}" for n in range(30)))
    done = mail.run("--once", "--to", "-", PYTHONPATH=mail.python_path(_small_files(len(before))))
    assert done.returncode == 1
    assert re.fullmatch(r"Fel: Läget kan inte sparas i .*\(filen blir för stor\).*\n", done.stderr)
    assert mail.state.read_bytes() == before
    assert mail.once() == done.stdout.splitlines()


def _small_files(size: int) -> str:
    """Return what a process begins with that can write no files much larger."""
    return (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 100}, {size + 100}))\n"
    )


def test_a_folder_for_the_state_that_is_not_there_is_said(mail: Site) -> None:
    done = mail.run("--once", "--to", "-", "--state", str(mail.directory / "borta" / "laget"))
    assert done.returncode == 1
    assert "mappen saknas eller är skrivskyddad" in done.stderr
    mail.once()
    mail.state.write_text("{}")
    assert "går inte att tyda" in mail.run("--once", "--to", "-").stderr


PEAK = """\
import resource, sys
from streams.__main__ import commands
commands(sys.argv[1:], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""
"""What a process runs that says how much memory it took, in kB, when it is done."""


def test_thousands_of_messages_are_read_in_little_memory(mail: Site) -> None:
    lay(mail, range(50))
    few, small = read_apart(mail)
    lay(mail, range(50, 5000))
    many, large = read_apart(mail)
    assert (few, many) == ({"received": 50}, {"received": 4950})
    assert large - small < 4950 * 10, "kB"
    assert mail.once() == []


def lay(mail: Site, numbers: range) -> None:
    """Put messages into the inbox as files: by the server it takes long."""
    inbox = mail.server.home / "mail" / mail.user / "cur"
    owner = inbox.stat()
    for number in numbers:
        path = inbox / f"{number}.M{number}.prov:2,"
        path.write_bytes(question(f"m{number}"))
        at = NOW.timestamp() - 3600 - number
        os.utime(path, (at, at))
        os.chown(path, owner.st_uid, owner.st_gid)


def read_apart(mail: Site) -> tuple[Counter[str], int]:
    """Read all there is in a process of its own, and return what came, and its memory in kB."""
    typed = mail.arguments("--once", "--to", "-")[3:]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *typed],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return whats(done.stdout.splitlines()), int(done.stderr.split()[-1])


def test_a_stop_is_quick_also_while_it_idles(mail: Site) -> None:
    with mail.start() as running:
        running.says("Följer")
        time.sleep(1.5)
        began = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(10) == 0
        assert time.monotonic() - began < 8


def test_an_account_of_its_own_can_have_what_was_sent(mail: Site) -> None:
    put(mail, "a")
    other = mail.server.box("handlaggare")
    other.folder.create("Egna svar")
    deliver(other, "Egna svar", answer("b", "a"), NOW)
    other.logout()
    its = f"user: handlaggare, password_file: {mail.password}, sent: [Egna svar]"
    mail.write(accounts=f"{{handlaggare: {{{its}}}}}")
    assert whats(mail.once()) == {"received": 1, "answered": 1}
