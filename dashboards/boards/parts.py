"""What boards are made of: questions, and panels in the house's style."""

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders import prometheus as prometheus_builders
from grafana_foundation_sdk.models import common, prometheus
from grafana_foundation_sdk.models import dashboard as models

from dashboards.boards import promql
from dashboards.words import STATES as STATE_WORDS

SOURCE: Final = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
NO_DATA: Final = "Inga data"
SHARE, COUNT, EACH_SECOND = "percentunit", "none", "suffix: /s"
SECONDS, LONG = "dthms", "dtdhms"
"""Durations as 00:01:31, and as 2 d 04:00:00: they are not rounded to minutes or days."""
COLUMN_IS: Final = "5m"
"""At least, of a heat map: of fewer calls there would be nothing to see."""
COLOURS: Final = {
    "under": "#e0523d",
    "unsure": "#b8860b",
    "within": "#3f9b52",
    "calm": "#7f93a0",
    "missing": "#a667d6",
    "line": "#5794f2",
    "goal": "#8a8f98",
}
"""Of what a picture tells; each at 3:1 or more to Grafana's dark and light grounds (1.4.11)."""
GROUNDS: Final = ("#181b1f", "#ffffff")
Word = tuple[int, str, str]
"""A number, what it is said by, and the name of its colour."""
STATES: Final[tuple[Word, ...]] = tuple(
    (number, STATE_WORDS[state], colour)
    for number, state, colour in (
        (promql.UNDER, "under", "under"),
        (promql.UNSURE, "unsure", "unsure"),
        (promql.WITHIN, "within", "within"),
        (promql.CLOSED, "closed", "calm"),
        (promql.MISSING, "missing", "missing"),
        (promql.NONE, "none", "calm"),
    )
)
_LETTERS: Final = string.ascii_uppercase
"""What questions of a panel are known by."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of a panel, and what its series are called."""

    expression: str
    legend: str = "{{name}}"
    is_edge: bool = False
    """Whether it is an end of another's interval: a thin line, dotted."""


def each(ask: Callable[[str], str], words: Mapping[str, str], legend: str = "") -> list[Ask]:
    """Return a question for each code, with its word in what the series are called."""
    return [Ask(ask(code), legend + word) for code, word in words.items()]


def _targets(asked: Sequence[Ask], *, is_range: bool, as_table: bool = False) -> list[Any]:
    found = []
    for letter, its in zip(_LETTERS, asked, strict=False):
        has_promise = "group_left (promise)" in its.expression
        called = "{{name}}: {{promise}}" if has_promise else "{{name}}"
        query = (
            prometheus_builders.Dataquery()
            .expr(its.expression)
            .ref_id(letter)
            .legend_format(its.legend.replace("{{name}}", called))
            .datasource(SOURCE)
            .editor_mode(prometheus.QueryEditorMode.CODE)
        )
        query = query.range() if is_range else query.instant()
        if as_table:
            query = query.format(prometheus.PromQueryFormat.TABLE)
        found.append(query)
    return found


def _dressed(panel: Any, title: str, description: str, unit: str, asked: list[Any]) -> Any:
    return (
        panel.title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .no_value(NO_DATA)
        .targets(asked)
    )


_PLAIN: Final = dashboard.FieldColor().mode(models.FieldColorModeId.FIXED).fixed_color("text")


def _mapped(words: Iterable[Word]) -> models.DynamicConfigValue:
    """Return how numbers are said: by word and colour."""
    options = {
        str(number): models.ValueMappingResult(text=word, color=COLOURS[colour], index=number)
        for number, word, colour in words
    }
    return models.DynamicConfigValue(
        id_val="mappings", value=[models.ValueMap(options=options).to_json()]
    )


def number(
    title: str,
    description: str,
    unit: str,
    *asked: Ask,
    bad_above: float | None = None,
    good: Sequence[Ask] = (),
    decimals: int = 0,
) -> Any:
    """Return figures of now, large; in another colour above what is bad, but for the good ones."""
    panel = (
        stat.Panel()
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .decimals(decimals)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    panel = panel.color_scheme(_PLAIN) if bad_above is None else _bad_above(panel, bad_above)
    for letter, its in zip(_LETTERS, asked, strict=False):
        if its in good:
            plain = {"mode": "fixed", "fixedColor": "text"}
            panel = panel.override_by_query(
                letter, [models.DynamicConfigValue(id_val="color", value=plain)]
            )
    return _dressed(panel, title, description, unit, _targets(asked, is_range=False))


def _bad_above(panel: Any, most: float) -> Any:
    """Let what is above a number stand out."""
    steps = [
        models.Threshold(color="text", value=None),
        models.Threshold(color=COLOURS["under"], value=most + 1e-9),
    ]
    mode = models.ThresholdsMode.ABSOLUTE
    by_thresholds = dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS)
    thresholds = dashboard.ThresholdsConfig().mode(mode).steps(steps)
    return panel.color_scheme(by_thresholds).thresholds(thresholds)


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another board, or to this one with something else chosen."""

    title: str
    uid: str
    chosen: str
    """What is chosen there, as it stands in an address."""

    def built(self) -> Any:
        """Return it as the kit has it. The municipality and the time go along."""
        url = (
            f"/d/{self.uid}?var-municipality=${{municipality}}&{self.chosen}&${{__url_time_range}}"
        )
        kind = models.DashboardLinkType.LINK
        return dashboard.DashboardLink(self.title).type(kind).url(url)


@dataclass(frozen=True, slots=True)
class Part:
    """A figure of a tile, and how it is told."""

    ask: Ask
    unit: str = COUNT
    decimals: int = 0
    words: tuple[Word, ...] = ()
    is_line: bool = False
    """Whether its line through the day is behind it."""


def tile(title: str, description: str, *shown: Part) -> Any:
    """Return some figures of one thing, large, below each other."""
    panel = (
        stat.Panel()
        .orientation(common.VizOrientation.HORIZONTAL)
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.VALUE)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME)
        .color_scheme(_PLAIN)
        .reduce_options(common_builders.ReduceDataOptions().calcs(["last"]))
    )
    targets = []
    for letter, its in zip(_LETTERS, shown, strict=False):
        (target,) = _targets([its.ask], is_range=its.is_line)
        targets.append(target.ref_id(letter))
        told = _told(its.unit, its.decimals, its.words)
        if its.is_line:
            blue = {"mode": "fixed", "fixedColor": COLOURS["line"]}
            unknown = models.DashboardSpecialValueMapOptions(
                match=models.SpecialValueMatch.NA_N, result=models.ValueMappingResult(text=NO_DATA)
            )
            told += [
                models.DynamicConfigValue(id_val="color", value=blue),
                models.DynamicConfigValue(
                    id_val="mappings", value=[models.SpecialValueMap(options=unknown).to_json()]
                ),
            ]
        panel = panel.override_by_query(letter, told)
    return _dressed(panel, title, description, COUNT, targets)


def _told(
    unit: str, decimals: int, words: tuple[Word, ...] = ()
) -> list[models.DynamicConfigValue]:
    """Return how a figure among others is told."""
    found = [
        models.DynamicConfigValue(id_val="unit", value=unit),
        models.DynamicConfigValue(id_val="decimals", value=decimals),
    ]
    if words:
        found.append(_mapped(words))
    return found


def lines(
    title: str,
    description: str,
    unit: str,
    *asked: Ask,
    goal: Ask | None = None,
    stacked: bool = False,
    most: float | None = 1,
) -> Any:
    """Return series over time; the goal, where there is one, is a line among them, dashed."""
    panel = (
        timeseries.Panel()
        .line_width(2)
        .fill_opacity(20 if stacked else 0)
        .show_points(common.VisibilityMode.AUTO)
        .span_nulls(False)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    )
    if unit == SHARE:
        panel = panel.min(0) if most is None else panel.min(0).max(most)
    if stacked:
        panel = panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL))
    for its, letter in zip(asked, _LETTERS, strict=False):
        if its.is_edge:
            panel = panel.override_by_query(
                letter,
                [
                    models.DynamicConfigValue(id_val="custom.lineWidth", value=1),
                    models.DynamicConfigValue(
                        id_val="custom.lineStyle", value={"fill": "dot", "dash": [2, 4]}
                    ),
                ],
            )
    if goal is not None:
        dashed = {"fill": "dash", "dash": [8, 8]}
        panel = panel.override_by_query(
            _LETTERS[len(asked)],
            [
                models.DynamicConfigValue(
                    id_val="color", value={"mode": "fixed", "fixedColor": COLOURS["goal"]}
                ),
                models.DynamicConfigValue(id_val="custom.lineStyle", value=dashed),
            ],
        )
    every = [*asked, *([goal] if goal else [])]
    return _dressed(panel, title, description, unit, _targets(every, is_range=True))


def heat(title: str, description: str, asked: Ask) -> Any:
    """Return a histogram over time."""
    targets = _targets([asked], is_range=True)
    targets[0] = targets[0].format(prometheus.PromQueryFormat.HEATMAP).interval(COLUMN_IS)
    panel = heatmap.Panel().calculate(False).y_axis(heatmap.YAxisConfig().unit("s")).cell_gap(1)
    return _dressed(panel, title, description, COUNT, targets)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: what it is called, what it asks, and in what unit."""

    title: str
    expression: str
    unit: str = COUNT
    decimals: int = 0
    words: tuple[Word, ...] = ()
    is_bar: bool = False
    """Whether it is drawn as a bar too, of a share."""
    nothing: str = NO_DATA
    """What stands where there is no figure."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a table has a row for each of."""

    title: str
    label: str = "name"
    """The label that is shown."""
    link: Link | None = None


def rows(title: str, description: str, key: Key, columns: Sequence[Column]) -> Any:
    """Return a table with a row for each of what ``key`` names, and these columns."""
    asked = [Ask(its.expression, its.title) for its in columns]
    panel = table.Panel().with_transformation(
        models.DataTransformerConfig(id_val="merge", options={})
    )
    letters = _LETTERS[: len(columns)]
    labels = ("Time", "municipality", "queue", "administration", "source", "target")
    hidden = dict.fromkeys((its for its in labels if key.link is None or its != "queue"), True)
    called = {key.label: key.title, "promise": "Löfte"} | {
        f"Value #{letter}": its.title for letter, its in zip(letters, columns, strict=True)
    }
    order = {key.label: 0, "promise": 1}
    order |= {f"Value #{letter}": n + 2 for n, letter in enumerate(letters)}
    panel = panel.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={"excludeByName": hidden, "renameByName": called, "indexByName": order},
        )
    )
    by_name = {"fields": {}, "sort": [{"field": key.title}]}
    panel = panel.with_transformation(
        models.DataTransformerConfig(id_val="sortBy", options=by_name)
    )
    if key.link is not None:
        panel = panel.override_by_name(
            key.title,
            [
                models.DynamicConfigValue(
                    id_val="links", value=[key.link.built().build().to_json()]
                )
            ],
        ).override_by_name("queue", _HIDDEN)
    for its in columns:
        properties = _told(its.unit, its.decimals, its.words)
        properties.append(models.DynamicConfigValue(id_val="noValue", value=its.nothing))
        if its.words:
            filled = {"type": "color-background"}
            properties.append(models.DynamicConfigValue(id_val="custom.cellOptions", value=filled))
        if its.is_bar:
            properties += _BAR
        panel = panel.override_by_name(its.title, properties)
    return _dressed(
        panel, title, description, COUNT, _targets(asked, is_range=False, as_table=True)
    )


_HIDDEN: Final = [
    models.DynamicConfigValue(id_val="custom.hidden", value=True),
    models.DynamicConfigValue(id_val="custom.hideFrom.viz", value=True),
]
"""A column that is there for what links need: as Grafana knows it to 12.1, and from 12.2."""
_BAR: Final = [
    models.DynamicConfigValue(
        id_val="custom.cellOptions", value={"type": "gauge", "mode": "basic"}
    ),
    models.DynamicConfigValue(id_val="min", value=0),
    models.DynamicConfigValue(id_val="max", value=1),
    models.DynamicConfigValue(
        id_val="color", value={"mode": "fixed", "fixedColor": COLOURS["line"]}
    ),
]
