"""Every block of every document is typed, read or compared by a test; or stands here, and why not.

A new block that nothing looks at fails, and so does a line here whose block is gone.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from documented import ROOT, Block, blocks_in, documents, inline_in, typed_in

TYPED_AT_PROMPTS = "tests/documents/test_commands_run.py"
ALL = {
    ("docs/install.md", "sh"): "tests/install/test_clean_machine.py",
    ("docs/backup.md", "sh"): "tests/install/test_clean_machine.py",
    ("docs/kafka-security.md", "sh"): "tests/documents/test_kafka_security.py",
    ("docs/kubernetes.md", "sh"): "tests/documents/test_kubernetes.py",
    ("docs/kubernetes.md", "yaml"): "tests/documents/test_kubernetes.py",
    ("docs/events.md", "json"): "tests/streams/test_events_page.py",
    ("docs/logs.md", ""): "tests/documents/test_examples.py",
    ("docs/logs.md", "json"): "tests/documents/test_examples.py",
    ("docs/endpoints.md", "yaml"): "tests/endpoints_page.py",
    ("docs/alerts.md", "yaml"): "tests/documents/test_examples.py",
    ("docs/dashboards.md", "yaml"): "tests/dashboards/test_dashboards_page.py",
    ("docs/sources/queue_log.md", "yaml"): "tests/documents/test_examples.py",
    ("docs/sources/overflow_calls.md", "yaml"): "tests/documents/test_examples.py",
}
"""What looks at all blocks of a language in a document, however many there are."""
ONE = {
    ("docs/runbooks.md", "sh", "cat > topics.json <<'EOF'"): "tests/chaos/test_moving.py",
    ("docs/kafka-security.md", "properties", "security.protocol"): (
        "tests/documents/test_kafka_security.py"
    ),
    ("docs/doctor.md", "text", "Katalogen  "): "tests/doctor/test_doctor.py",
    ("docs/doctor.md", "text", "Räknarnas katalog  "): "tests/doctor/test_doctor.py",
    ("docs/endpoints.md", "sh", "umask 077"): "tests/documents/test_examples.py",
    ("docs/reports.md", "markdown", "# Analys"): TYPED_AT_PROMPTS,
    ("docs/reports.md", "yaml", "comparisons:"): TYPED_AT_PROMPTS,
    ("docs/sources/mailbox.md", "yaml", "sources:"): (
        "tests/streams/domain/test_mailboxes_in_a_catalogue.py"
    ),
    ("docs/sources/calls_file.md", "yaml", "calls_file:"): "tests/imported.py",
    ("docs/sources/cases_file.md", "yaml", "cases_file:"): "tests/imported.py",
    ("helm/svarsgrad/README.md", "yaml", "queueLogs:"): "tests/documents/test_examples.py",
    ("helm/svarsgrad/README.md", "yaml", "mailboxes:"): "tests/documents/test_examples.py",
}
"""What looks at one block, which is found by its first line."""
RUN_ELSEWHERE = {
    ("README.md", "text", "Luleå i dag till kl. 10.15.42"): (
        "what the demo printed once; tests/stack/test_demo.py looks at such tables"
    ),
    ("docs/backup.md", "console", "# runuser -u svarsgrad -- pg_dump"): (
        "PostgreSQL's own programs, on a host that has it; not run"
    ),
    ("docs/backup.md", "console", "# systemctl stop svarsgrad-archive.service"): (
        "the archive alone; the blocks of sh above it put both back"
    ),
    ("docs/container.md", "sh", "docker build"): (
        "there is no engine; tests/container builds the Dockerfile with buildah (make image-test)"
    ),
    ("docs/container.md", "sh", "docker run"): (
        "there is no engine; tests/container runs the image with as little (make image-test)"
    ),
    ("docs/doctor.md", "sh", "svarsgrad doctor"): (
        "tests/doctor/test_doctor.py runs it, with addresses of its own; these are other machines"
    ),
    ("docs/endpoints.md", "sh", "SVARSGRAD_WORKER_CA_FILE"): (
        "workers on other machines; tests/stack/test_endpoints.py asks one here, likewise"
    ),
    ("docs/install.md", "console", "# curl -fLO https://downloads.apache.org"): (
        "Apache's own archive, from the internet; not run"
    ),
    ("docs/install.md", "console", "# svarsgrad doctor"): (
        "tests/install/test_clean_machine.py starts the unit of it, with the same environment"
    ),
    ("docs/runbooks.md", "console", "# journalctl -u svarsgrad-backup"): (
        "tests/install/test_clean_machine.py lets that unit fail, and reads its journal likewise"
    ),
    ("docs/runbooks.md", "console", "# systemctl start svarsgrad-backup"): (
        "tests/install/test_clean_machine.py starts that unit until it goes well"
    ),
    ("docs/runbooks.md", "console", "# systemctl list-timers"): (
        "what an operator looks at on a host; not run"
    ),
    ("docs/install.md", "console", "# install -d -o svarsgrad"): (
        "tests/install/test_clean_machine.py does it with an export of its own"
    ),
    ("docs/install.md", "console", "# svarsgrad check-catalogue"): (
        "restarts of services that tests/install/test_clean_machine.py restarts in other order"
    ),
    ("docs/install.md", "console", "# (step 2 with the new version"): (
        "tests/install/test_clean_machine.py switches versions; there is one release to switch to"
    ),
    ("docs/sources/queue_log.md", "", "same => n,ExecIf"): (
        "a dialplan of Asterisk's, which is not here; not run"
    ),
}
"""Blocks that nothing types as they stand, by how they begin, and why."""
BY_HAND = {
    "make setup": "CI, by make lint",
    "make check": "CI, in two parts: make lint and make test (.ci/run)",
    "make chaos": "by hand: 40 minutes",
    "make bench": "by hand; tests/stack/test_benchmarks.py runs what it runs, smaller",
    "python -m streams.metrics_page": "tests/streams/test_metrics.py compares what it writes",
    "make lock": "by hand: needs uv and the internet",
    ". .venv/bin/activate": "Python's own",
    "EXAMPLES_TIMES=20 .venv/bin/pytest tests/streams/domain": "by hand: twenty times as long",
}
"""What README.md and CONTRIBUTING.md tell to type in their sentences, and who does it."""
TELLS_TO_TYPE = re.compile(r"(make|python -m|(\S+/)?pytest|\.|[A-Z_]+=\S+) \S")


def key(block: Block) -> tuple[str, str]:
    return str(block.document.relative_to(ROOT)), block.language


def begins(block: Block, wanted: tuple[str, str, str]) -> bool:
    return (*key(block), True) == (*wanted[:2], block.first.startswith(wanted[2]))


BLOCKS = [block for document in documents() for block in blocks_in(document)]


def is_typed(block: Block) -> bool:
    """Say whether all of a block is commands at prompts, with or without what they answer."""
    return block.language == "console" and block.first.startswith("$ ")


def test_each_block_is_looked_at_or_it_is_said_why_not() -> None:
    unseen = [
        f"{block.document.relative_to(ROOT)}:{block.line} {block.language} {block.first}"
        for block in BLOCKS
        if not is_typed(block)
        if key(block) not in ALL
        if not any(begins(block, wanted) for wanted in (*ONE, *RUN_ELSEWHERE))
    ]
    assert unseen == []


def test_no_block_is_said_of_that_is_not_there() -> None:
    there = {key(block) for block in BLOCKS}
    assert [wanted for wanted in ALL if wanted not in there] == []
    found = Counter(
        wanted for block in BLOCKS for wanted in (*ONE, *RUN_ELSEWHERE) if begins(block, wanted)
    )
    assert found == dict.fromkeys((*ONE, *RUN_ELSEWHERE), 1)


@pytest.mark.parametrize(("place", "test"), [*ALL.items(), *ONE.items()], ids=str)
def test_what_looks_at_a_document_speaks_of_it(place: tuple[str, ...], test: str) -> None:
    text = (ROOT / test).read_text("utf-8")
    page = Path(place[0])
    assert page.name in text or f'"{page.stem}"' in text


def test_each_prompt_of_a_document_is_found_where_they_are_typed() -> None:
    for document in documents():
        prompts = sum(
            line.startswith("$ ")
            for block in blocks_in(document)
            for line in block.text.splitlines()
        )
        assert prompts == len(typed_in(document)), document


def test_what_readme_and_contributing_tell_to_type_is_typed_by_somebody() -> None:
    told = {
        text
        for name in ("README.md", "CONTRIBUTING.md")
        for text in inline_in(ROOT / name)
        if TELLS_TO_TYPE.match(text)
    }
    assert told == BY_HAND.keys()
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-2:] == [
        "make lint",
        "make test",
    ]


def fault_of(text: str) -> str | None:
    """Return what there isn't of what a sentence tells to type."""
    if made := re.match(r"make ([a-z-]+)", text):
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        return None if made[1] in targets else f"there is no target {made[1]}"
    words = text.split()
    if module := re.match(r"python -m ([\w.]+)", text):
        name = module[1].replace(".", "/")
        there = (ROOT / f"{name}.py").exists() or (ROOT / name / "__main__.py").exists()
        return None if there else f"there is no module {module[1]}"
    files = [word for word in words if re.fullmatch(r"[\w/]+/[\w/]+(\.py)?", word)]
    lacking = [file for file in files if not (ROOT / file).exists()]
    return f"there is no {lacking}" if lacking else None


def test_what_any_document_tells_to_type_is_there() -> None:
    told = [
        (document, text)
        for document in documents()
        for text in inline_in(document)
        if TELLS_TO_TYPE.match(text)
    ]
    assert len(told) > 20
    faults = {f"{document.relative_to(ROOT)}: {text}": fault_of(text) for document, text in told}
    assert {text: fault for text, fault in faults.items() if fault} == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("make nothing", "there is no target nothing"),
        ("python -m streams.nothing", "there is no module streams.nothing"),
        (
            "pytest -s tests/browser/test_nothing.py",
            "there is no ['tests/browser/test_nothing.py']",
        ),
        ("make soak MINUTES=240", None),
    ],
)
def test_what_is_not_there_is_found(text: str, fault: str | None) -> None:
    assert fault_of(text) == fault
