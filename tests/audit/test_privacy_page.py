"""docs/privacy.md says which fields leave a producer, and for how long what is kept, as it is."""

import re
from pathlib import Path

import msgspec

from producers import pseudonym, stable_key
from producers.mailbox import memory
from streams.archive.command import command as archive
from streams.domain.event_types import FORMS
from streams.domain.masking import SHOWN_BYTES
from streams.domain.windows import ITEM_HORIZON_DAYS
from streams.kafka.topics import REJECTED_DAYS, RETENTION_DAYS

PAGE = Path("docs/privacy.md").read_text("utf-8")
KINDS = {
    "CallEvent": "samtal",
    "QuestionEvent": "frågor",
    "CaseEvent": "ärenden",
    "SurveyEvent": "svar",
    "PresenceEvent": "bemanning",
    "MeasureEvent": "mätvärden",
}


def table(name: str) -> list[list[str]]:
    part = PAGE.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_fields_that_leave_are_those_of_the_events() -> None:
    """A new field is a question for whoever answers for personal data."""
    fields: dict[str, set[str]] = {}
    for form in set(FORMS.values()):
        for field in msgspec.structs.fields(form):
            if field.name != "data":
                fields[field.name] = {"alla"}
                continue
            for its in msgspec.structs.fields(field.type):
                fields.setdefault(its.name, set()).add(KINDS[form.__name__])
    said = {
        name.strip("`"): {re.sub(" på.*", "", kind) for kind in kinds.split(", ")}
        for name, kinds, *_ in table("fields")
    }
    assert said == fields
    assert all(what and personal for _, _, what, personal in table("fields"))


def test_times_are_those_that_are_kept() -> None:
    said = {(what.partition(":")[0], where): days for what, where, days in table("kept")}
    days = next(its.default for its in archive.params if its.name == "callers_days")
    assert said == {
        ("nycklar för uppringare", "källans maskin"): str(pseudonym.KEPT_DAYS),
        ("vad som minns av en brevlåda", "källans maskin"): str(memory.KEPT_DAYS),
        ("samtal", "Kafka"): str(RETENTION_DAYS["calls"]),
        ("frågor", "Kafka"): str(RETENTION_DAYS["emails"]),
        ("ärenden och svar på undersökning", "Kafka"): str(RETENTION_DAYS["cases"]),
        ("bemanning och livstecken", "Kafka"): str(RETENTION_DAYS["presence"]),
        ("mätvärden", "Kafka"): "för alltid",
        ("det som inte gick att förstå", "Kafka"): str(REJECTED_DAYS),
        ("frågor och ärenden i räknarnas minne, öppna eller nya", "minne"): str(ITEM_HORIZON_DAYS),
        ("uppringares pseudonymer", "arkivet"): str(days),
        ("övriga händelser", "arkivet"): "tills kommunen beslutar",
    }
    assert RETENTION_DAYS["measures"] is None


def test_how_pseudonyms_are_made_is_as_it_is_said() -> None:
    assert f"kortad till\n  {4 * pseudonym.HASH_DIGITS} bitar" in PAGE
    assert f"kortad till {4 * stable_key.HASH_DIGITS} bitar" in PAGE
    assert f"slumpade ({8 * pseudonym.KEY_BYTES} bitar)" in PAGE
    assert f"högst {SHOWN_BYTES} tecken" in PAGE


def test_whoever_must_answer_is_told_what_is_theirs_to_decide() -> None:
    assert PAGE.count("**Kommunen avgör**") >= 5
