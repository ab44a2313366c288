"""The units of a host: systemd takes them, they run what there is, and they may do little."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from streams.__main__ import commands

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "systemd"
UNITS = SYSTEMD / "lib" / "systemd" / "system"
SERVICES = sorted(UNITS.glob("svarsgrad-*.service"))
OURS = [file for file in SERVICES if "kafka" not in file.name]
ALWAYS = [file for file in SERVICES if "Restart=always" in file.read_text("utf-8")]
PAGE = (ROOT / "docs" / "install.md").read_text("utf-8")
BACKUP_PAGE = (ROOT / "docs" / "backup.md").read_text("utf-8")
PROGRAM = "/opt/svarsgrad/current/bin/svarsgrad"
MOST_EXPOSED = 2.0
"""Of 10, as `systemd-analyze security` counts; a service with nothing said has 9.6."""


def names(files: list[Path]) -> list[str]:
    return [file.name for file in files]


def read(file: Path) -> dict[str, dict[str, list[str]]]:
    """Return what a unit says: sections, names, and all values of each in their order."""
    text = re.sub(r"\\\n\s*", " ", file.read_text("utf-8"))
    found: dict[str, dict[str, list[str]]] = {}
    for line in text.splitlines():
        if section := re.fullmatch(r"\[(\w+)\]", line):
            its = found.setdefault(section[1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            its.setdefault(name, []).append(value)
    return found


def run_by(file: Path) -> list[str]:
    """Return the arguments of svarsgrad that a service starts, as a shell would have them."""
    (line,) = read(file)["Service"]["ExecStart"]
    command = shlex.split(line.replace("%i", "kalla"))
    if command[0] == "/bin/sh":
        command = shlex.split(re.sub(r'"\$\(date.*?\)"', "2025-03", command[2]))[1:]
    assert command[0] == PROGRAM
    words = {"${QUEUE_LOG}": "queue_log", "${LISTEN}": "127.0.0.1:9111"}
    return [words.get(word, word) for word in command[1:] if not re.fullmatch(r"\$[A-Z_]+", word)]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that is a host's root as far as systemd looks: units, users, programs."""
    root = tmp_path_factory.mktemp("rot")
    shutil.copytree(SYSTEMD / "lib", root / "usr" / "local" / "lib")
    shutil.copytree(SYSTEMD / "etc", root / "etc")
    for program in (PROGRAM, "/usr/bin/java", "/bin/bash", "/bin/sh", "/bin/rm"):
        file = root / program[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(0o755)
    system = root / "usr" / "lib" / "systemd" / "system"
    system.mkdir(parents=True)
    for needed in ("sysinit", "basic", "multi-user", "network", "network-online", "timers",
                   "shutdown", "paths", "sockets", "slices"):  # fmt: skip
        (system / f"{needed}.target").write_text(f"[Unit]\nDescription={needed}\n")
    for theirs in ("prometheus", "prometheus-alertmanager"):
        (system / f"{theirs}.service").write_text("[Service]\nExecStart=/bin/bash\n")
    for slice_ in ("-", "system"):
        (system / f"{slice_}.slice").write_text("[Unit]\nDescription=all\n")
    return root


def analyze(host: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert shutil.which("systemd-analyze"), "apt-get install systemd"
    return subprocess.run(
        ["systemd-analyze", f"--root={host}", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip


def test_systemd_has_nothing_to_say_against_them(host: Path) -> None:
    units = [file.name.replace("@.", "@kalla.") for file in UNITS.iterdir() if file.is_file()]
    checked = analyze(host, "verify", "--recursive-errors=no", "--man=no", *units)
    said = [line for line in checked.stderr.splitlines() if "svarsgrad" in line]
    assert (checked.returncode, said) == (0, [])


def test_it_would_say_so(host: Path) -> None:
    broken = host / "usr" / "local" / "lib" / "systemd" / "system" / "svarsgrad-trasig.service"
    broken.write_text(SERVICES[0].read_text("utf-8").replace("[Service]", "[Service]\nUsr=x", 1))
    assert "'Usr'" in analyze(host, "verify", broken.name).stderr
    broken.unlink()


@pytest.mark.parametrize("file", SERVICES, ids=names(SERVICES))
def test_each_service_may_do_little(host: Path, file: Path) -> None:
    unit = file.name.replace("@.", "@kalla.")
    scored = analyze(
        host, "security", "--offline=yes", f"--threshold={int(MOST_EXPOSED * 10)}", unit
    )
    assert scored.returncode == 0, scored.stdout[-3000:] + scored.stderr
    text = file.read_text("utf-8")
    assert ("User=kafka" if "kafka" in file.name else "User=svarsgrad") in text
    assert "MemoryMax=" in text
    assert "UMask=00" in text


def test_the_drop_in_is_what_makes_it_so(host: Path) -> None:
    drop_in = host / "usr" / "local" / "lib" / "systemd" / "system" / "svarsgrad-.service.d"
    drop_in.rename(host / "undan")
    scored = analyze(host, "security", "--offline=yes", "--threshold=50", "svarsgrad-wall.service")
    (host / "undan").rename(drop_in)
    assert scored.returncode != 0


@pytest.mark.parametrize("file", OURS, ids=names(OURS))
def test_each_runs_a_command_with_options_that_it_takes(file: Path) -> None:
    rest, found = run_by(file), commands
    context = click.Context(found, info_name="svarsgrad")
    command: click.Command = found
    while isinstance(command, click.Group):
        inner = command.get_command(context, rest[0])
        assert inner is not None, rest[0]
        command, rest = inner, rest[1:]
    if command.name == "backup":
        rest = ["/tmp" if word == "/var/lib/svarsgrad/lagen" else word for word in rest]  # noqa: S108
    command.make_context("svarsgrad", rest, parent=context)


@pytest.mark.parametrize("file", OURS, ids=names(OURS))
def test_nothing_is_kept_where_the_default_would_have_it(file: Path) -> None:
    """Their state and keys are in /var/lib/svarsgrad, not in the folder where they are started."""
    words = run_by(file)
    if words[0].startswith("follow-"):
        assert words[words.index("--state") + 1].startswith("/var/lib/svarsgrad/lagen/")
    for option in ("--key-file", "--identity-key"):
        if option in words:
            assert words[words.index(option) + 1].startswith("/var/lib/svarsgrad/nycklar/")
    assert "EnvironmentFile=/etc/svarsgrad/svarsgrad.env\n" in file.read_text("utf-8")


@pytest.mark.parametrize("file", ALWAYS, ids=names(ALWAYS))
def test_what_always_runs_is_started_again_for_ever_and_told_to_stop_in_time(file: Path) -> None:
    told = read(file)
    assert told["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert told["Unit"]["PartOf"] == ["svarsgrad.target"]
    assert told["Service"]["RestartSec"] == ["5"]
    # The slowest of ours ends itself in 15 seconds.
    assert int(told["Service"]["TimeoutStopSec"][0]) >= 15
    assert told["Install"]["WantedBy"] == ["svarsgrad.target"]


def test_those_that_always_run_are_these() -> None:
    assert {re.sub(r"svarsgrad-|@|\.service", "", file.name) for file in ALWAYS} == {
        "kafka", "worker", "archive", "wall", "intake", "follow-queue-log", "follow-mailbox",
    }  # fmt: skip


def test_who_stops_or_starts_all_does_so_with_what_begins_by_the_clock_or_a_file() -> None:
    begun = [file for file in UNITS.iterdir() if file.suffix in {".timer", ".path"}]
    assert begun
    for file in begun:
        assert read(file)["Unit"]["PartOf"] == ["svarsgrad.target"]
        assert read(file)["Install"]["WantedBy"] == ["svarsgrad.target"]


def test_what_is_done_by_the_clock_has_a_timer_of_swedish_time() -> None:
    timers = {file.stem: read(file)["Timer"] for file in UNITS.glob("*.timer")}
    once = {file.stem for file in OURS if file not in ALWAYS and "@" not in file.name}
    assert set(timers) == once
    for timer in timers.values():
        assert timer["OnCalendar"][0].endswith(" Europe/Stockholm")
        assert timer["Persistent"] == ["true"]
        checked = subprocess.run(
            ["systemd-analyze", "calendar", *timer["OnCalendar"]], capture_output=True, check=False
        )
        assert checked.returncode == 0


def test_the_intake_may_have_the_files_that_its_connections_take() -> None:
    assert int(read(UNITS / "svarsgrad-intake.service")["Service"]["LimitNOFILE"][0]) >= 3_224


@pytest.mark.parametrize("page", [PAGE, BACKUP_PAGE], ids=["install", "backup"])
def test_the_pages_name_units_and_paths_that_there_are(page: str) -> None:
    there = {file.name for file in UNITS.iterdir()}
    named = set(re.findall(r"\b(svarsgrad-[\w-]+(?:@[\w-]*)?\.(?:service|timer|path))\b", page))
    assert named
    assert {re.sub(r"@[\w-]+\.", "@.", name) for name in named} <= there
    folders = re.findall(
        r"^d (\S+)", (SYSTEMD / "lib/tmpfiles.d/svarsgrad.conf").read_text(), re.MULTILINE
    )
    folders += ["/etc/svarsgrad", "/opt/svarsgrad", "/opt/kafka", "/etc/kafka", "/var/lib/kafka"]
    for path in re.findall(r"(?<![\w.])/(?:etc|var/lib|opt)/(?:svarsgrad|kafka)[\w/.-]*", page):
        assert any(path.rstrip("/.").startswith(folder) for folder in folders), path


def test_settings_have_no_secrets_and_are_known() -> None:
    told = (SYSTEMD / "etc" / "svarsgrad" / "svarsgrad.env").read_text("utf-8")
    parser = configparser.RawConfigParser()
    parser.read_string("[x]\n" + told)
    assert not [name for name in parser["x"] if "password" in name or "token" in name]
    rooms = [its for its in ROOT.iterdir() if its.is_dir() and not its.name.startswith(".")]
    source = "\n".join(f.read_text("utf-8") for room in rooms for f in room.rglob("*.py"))
    for name in parser["x"]:
        short = name.upper().removeprefix("SVARSGRAD_")
        assert name.upper() in source or short in source, name


def test_prometheus_takes_its_file_and_asks_who_listens() -> None:
    file = SYSTEMD / "etc" / "svarsgrad" / "prometheus.yml"
    text = file.read_text("utf-8").replace("/etc/svarsgrad/larm", str(ROOT / "examples" / "lulea"))
    checked = subprocess.run(
        ["promtool", "check", "config", "/dev/stdin"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for port in (9101, 9102, 9111, 9100, 9093):
        assert f"127.0.0.1:{port}" in text
