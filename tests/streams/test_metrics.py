"""The table of metrics, and the page made from it."""

import re

from documented import documents

from streams import metrics as m
from streams.metrics_page import PAGE, page


def test_the_committed_page_is_the_one_that_is_made_now() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m streams.metrics_page"


def test_every_metric_that_a_document_names_is_on_the_page() -> None:
    known = set(re.findall(r"svarsgrad_\w+", page()))
    wrong = [
        f"{document.name}: {name}"
        for document in documents()
        for name in re.findall(
            r"(?<![\w/.-])svarsgrad_[a-z_]+\b(?!\.)", document.read_text("utf-8")
        )
        if not any(each.startswith(name) for each in known)
    ]
    assert wrong == []


def test_every_metric_is_in_one_list_and_has_a_name_of_its_own() -> None:
    declared = [value for value in vars(m).values() if isinstance(value, m.Metric)]
    for share in vars(m).values():
        declared += share if isinstance(share, m.Share) else ()
    listed = [*m.BUSINESS, *m.PROCESS, *m.ARCHIVE, *m.PRODUCER, *m.INTAKE, *m.VERIFY]
    assert sorted(declared, key=lambda metric: metric.name) == sorted(
        listed, key=lambda metric: metric.name
    )
    assert len({metric.name for metric in listed}) == len(listed)


def test_names_say_their_unit_and_help_is_a_sentence() -> None:
    for metric in (*m.BUSINESS, *m.PROCESS, *m.ARCHIVE, *m.PRODUCER, *m.INTAKE, *m.VERIFY):
        assert re.fullmatch(r"[a-z][a-z0-9_]*[a-z]", metric.name)
        assert not metric.name.endswith("_total")
        assert metric.help.endswith((".", "rejected."))
        assert metric.help[0].isupper() or metric.help[0].isdigit()
