"""No board is unexplained, overlaps itself, asks for what isn't there, or tells but by colour."""

import json
import re
from datetime import UTC
from typing import Any, get_args

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard as models

from alerts.rule import Tier
from dashboards.boards import promql
from dashboards.boards.frame import TAG
from dashboards.boards.parts import COLOURS, GROUNDS, NO_DATA, STATES
from dashboards.boards.rendering import BOARDS, FILES, as_data, rendered
from dashboards.wall.standing import WORDS as WALL_WORDS
from dashboards.words import BOOKS, COMPARED, REJECTIONS, RESULTS, STANDINGS, TIERS
from streams import metrics as m
from streams.domain.books import Books
from streams.domain.events import REASONS
from streams.domain.phone import figures as phone
from streams.domain.presence.figures import Standing
from streams.domain.words import MISSES

DRAWN: dict[str, dict[str, Any]] = {name: json.loads(text) for name, text in rendered().items()}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, board in DRAWN.items()
    for panel in board["panels"]
]
METRICS = {
    f"{m.PREFIX}{metric.name}{'_total' if metric.kind == 'counter' else ''}{suffix}": metric
    for metric in (*m.BUSINESS, *m.PROCESS, *m.VERIFY)
    for suffix in (
        "",
        *(("_bucket", "_gcount", "_gsum") if metric.kind == "gaugehistogram" else ()),
    )
}
LEAST_CONTRAST = 3.0
"""Of what is drawn to what it is drawn on. Source: WCAG 2.1, 1.4.11."""


def expressions(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def test_the_committed_files_are_those_that_are_made_now() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FILES.glob("*.json")}
    assert there == rendered()


def test_each_board_has_an_address_that_others_link_to() -> None:
    assert set(DRAWN) == {f"{module.UID}.json" for module in BOARDS}
    assert "arbetsledare.json" in DRAWN, "messages of alerts link to it"
    for board in DRAWN.values():
        assert board["tags"] == [TAG]
        (link,) = board["links"]
        assert (link["type"], link["tags"]) == ("dashboards", [TAG])
        assert link["includeVars"]
        assert link["keepTime"]
        assert board["timezone"] == "Europe/Stockholm"
        alerts, deployments = board["annotations"]["list"]
        assert f'tier=~"{"|".join(TIERS)}"' in alerts["expr"], "no letter of Mondays is an alert"
        chooses = {its["name"] for its in board["templating"]["list"]} & {"queue", "inbox"}
        assert set(re.findall(r'queue=~"\$(\w+)\|"', alerts["expr"])) == chooses
        assert deployments["target"]["type"] == "tags"
        assert deployments["target"]["tags"] == [TAG]
        for its in (link, alerts, deployments):
            assert "placement" not in its, "they are in sight, and not in a menu"
        assert not board["editable"]


@pytest.mark.parametrize("name", DRAWN)
def test_what_the_kit_reads_back_is_what_it_wrote(name: str) -> None:
    register_default_plugins()
    read = models.Dashboard.from_json(DRAWN[name])
    assert as_data(read) == DRAWN[name]


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_says_what_it_is_in_swedish_and_what_no_data_are(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["noValue"] == NO_DATA
    assert defaults["unit"]
    english = re.compile(r"\b(the|of|and|calls|queue|wait)\b", re.IGNORECASE)
    said = re.sub(r"\$\{[^}]*\}", "", f"{panel['title']} {panel['description']}")
    assert not english.search(said)


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_asks_the_board_s_own_source(panel: dict[str, Any]) -> None:
    for asked in (panel, *panel["targets"]):
        assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@pytest.mark.parametrize("panel", PANELS)
def test_each_question_is_of_metrics_that_are_exported_with_labels_that_they_have(
    panel: dict[str, Any],
) -> None:
    for expression in expressions(panel):
        named = re.findall(r"(svarsgrad_\w+)\{([^}]*)\}", expression)
        assert len(named) == len(re.findall(r"svarsgrad_\w+", expression))
        assert named
        for name, labels in named:
            used = set(re.findall(r'(\w+)=~?"', labels)) - {"le"}
            assert used <= set(METRICS[name].labels)


@pytest.mark.parametrize("panel", PANELS)
def test_nothing_is_added_up_or_averaged_that_must_not_be(panel: dict[str, Any]) -> None:
    """Figures of queues and workers are never added: but for counts, and heat maps' buckets."""
    for expression in expressions(panel):
        assert not re.search(r"\b(avg|quantile|histogram_quantile)\b", expression)
        for added in re.finditer(r"\bsum\b", expression):
            (metric,) = re.findall(r"svarsgrad_\w+", inner(expression[added.end() :]))
            assert METRICS[metric] in MAY_BE_ADDED, expression


MAY_BE_ADDED = {
    m.QUESTIONS_OPEN,  # of channels: a question has one
    m.LAG,  # of partitions
    m.READY,  # of workers
    m.REJECTED_PENDING,
    *(m.EVENTS, m.REJECTED, m.RECOVERIES),
}
"""Counts of what is counted once."""


def inner(text: str) -> str:
    """What stands in the first parentheses that are not those of ``by``."""
    text = re.sub(r"^ by \([^)]*\)", "", text).lstrip()
    assert text[0] == "("
    depth = 0
    for n, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return text[: n + 1]
    raise AssertionError(text)


@pytest.mark.parametrize("panel", PANELS)
def test_a_division_is_guarded(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        for divided in re.finditer(r" / (?:on \([^)]*\) )?", expression):
            assert inner(expression[divided.end() :]).endswith("> 0)")


@pytest.mark.parametrize("name", DRAWN)
def test_panels_lie_beside_each_other_and_within_the_board(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    ids = []
    for panel in DRAWN[name]["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        taken |= cells
        ids.append(panel["id"])
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", DRAWN)
def test_each_variable_is_explained_and_its_pattern_finds_what_prometheus_answers(
    name: str,
) -> None:
    variables = {its["name"]: its for its in DRAWN[name]["templating"]["list"]}
    for its in variables.values():
        assert its["label"]
        assert its["description"].endswith(".")
    answered = {
        "municipality": '{municipality="lulea",name="Luleå"} 1 1773133200000',
        "team": '{team="kundcenter",team_name="Kundcenter"} 1 1773133200000',
        "queue": '{name="Växeln",queue="vaxel"} 1 1773133200000',
    }
    expected = {
        "municipality": ("lulea", "Luleå"),
        "team": ("kundcenter", "Kundcenter"),
        "queue": ("vaxel", "Växeln"),
    }
    for variable, its in variables.items():
        of = variable.replace("inbox_", "").replace("inbox", "queue")
        if of in expected:
            asked = its["query"]["query"]
            labels = re.findall(r'(\w+)="', answered[of])
            assert f"max by ({', '.join(labels)})" in asked, "no other label stands between them"
            found = re.search(its["regex"].strip("/").replace("(?<", "(?P<"), answered[of])
            assert found is not None
            assert (found["value"], found["text"]) == expected[of]


def test_all_queues_are_those_of_the_teams_that_are_chosen() -> None:
    for board in DRAWN.values():
        for its in board["templating"]["list"]:
            if its["name"] in {"queue", "inbox"}:
                assert not its.get("allValue"), "it would pass by the team and the kind"


@pytest.mark.parametrize("name", DRAWN)
def test_a_board_has_each_variable_that_its_questions_use(name: str) -> None:
    has = {its["name"] for its in DRAWN[name]["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(DRAWN[name])))
    assert used <= has | {"datasource"}


def test_states_are_told_by_the_words_of_the_wall_and_not_by_colour_alone() -> None:
    assert {word for _, word, _ in STATES} == set(WALL_WORDS.values())
    text = json.dumps(DRAWN["vagg.json"], ensure_ascii=False)
    for number, word, _ in STATES:
        assert f'"{number}"' in text
        assert f'"text": "{word}"' in text


def test_each_code_that_is_exported_has_its_word() -> None:
    assert set(MISSES) == set(phone.MISSES)
    assert set(REJECTIONS) == set(REASONS)
    assert set(STANDINGS) == set(Standing)
    assert set(TIERS) <= set(get_args(Tier))
    assert set(RESULTS) == {"folded", "skipped", "expired", "rejected"}
    assert set(COMPARED) == {"figures", "books"}
    assert set(BOOKS) == set(Books(0, UTC).sizes())


@pytest.mark.parametrize("panel", PANELS)
def test_no_code_is_shown_and_what_a_question_leaves_is_shown(panel: dict[str, Any]) -> None:
    """Each question's series are told apart by what they are called."""
    codes = {"reason", "result", "book", "of", "standing", "queue", "administration", "source"}
    for target in panel["targets"]:
        shown = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        assert not shown & codes


def test_a_tile_and_a_row_lead_on_to_their_queue() -> None:
    (tile,) = DRAWN["vagg.json"]["panels"]
    (link,) = tile["links"]
    assert link["url"].startswith("/d/arbetsledare?var-municipality=${municipality}")
    assert "var-queue=${queue}" in link["url"]
    table = DRAWN["arbetsledare.json"]["panels"][0]
    overrides = {its["matcher"]["options"]: its for its in table["fieldConfig"]["overrides"]}
    (links,) = [its["value"] for its in overrides["Kö"]["properties"] if its["id"] == "links"]
    assert "var-queue=${__data.fields.queue}" in links[0]["url"]
    (_, organized, _) = table["transformations"]
    assert "queue" not in organized["options"]["excludeByName"], "the link needs it"
    assert {its["id"]: its["value"] for its in overrides["queue"]["properties"]} == {
        "custom.hidden": True, "custom.hideFrom.viz": True
    }  # fmt: skip


@pytest.mark.parametrize("colour", COLOURS.items(), ids=lambda its: its[0])
def test_each_colour_can_be_told_from_grafana_s_grounds(colour: tuple[str, str]) -> None:
    name, value = colour
    for ground in GROUNDS:
        assert contrast(value, ground) >= LEAST_CONTRAST, (name, ground)


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.1, contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_label_that_a_metric_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="open has no label window"):
        promql.selector(m.OPEN, window="today")
