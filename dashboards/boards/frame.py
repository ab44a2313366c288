"""What stands around a board's panels: what is chosen, ways to others, notes, and their places."""

from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models

from dashboards.boards.parts import COLOURS, SOURCE
from dashboards.words import TIERS
from streams import metrics as m

TAG: Final = "svarsgrad"
ZONE: Final = "Europe/Stockholm"
WIDTH: Final = 24
"""Of a board, in columns."""


def _variable(name: str, label: str, description: str, query: str, regex: str) -> Any:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(SOURCE)
        .query({"qryType": 3, "query": f"query_result({query})", "refId": name})
        .regex(regex)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _every(variable: Any) -> Any:
    every = models.VariableOption(selected=True, text=["All"], value=["$__all"])
    return variable.multi(True).include_all(True).current(every)


def variables(kinds: str | None, queue: str, team: str) -> list[Any]:
    """Return a board's variables: where figures are, whose, and which queues of such kinds.

    All queues are those of the teams that are chosen; all teams are also those that have none.
    Prometheus is asked for the labels that are read, and no others that may stand between them.
    """
    found = [
        dashboard.DatasourceVariable("datasource")
        .label("Datakälla")
        .description("Den Prometheus som hämtar räknarnas siffror.")
        .type("prometheus"),
        _variable(
            "municipality",
            "Kommun",
            "Vems siffror som visas.",
            f"max by (municipality, name) ({m.PREFIX}{m.MUNICIPALITY_INFO.name})",
            '/municipality="(?<value>[^"]+)",name="(?<text>[^"]+)"/',
        ),
    ]
    if kinds is None:
        return found
    of_all = f'{m.PREFIX}{m.QUEUE_INFO.name}{{municipality="$municipality", kind=~"{kinds}"'
    teams = _variable(
        team,
        "Team",
        "Visar köer som ett team svarar i.",
        f'max by (team, team_name) ({of_all}, team!=""}})',
        '/team="(?<value>[^"]+)",team_name="(?<text>[^"]+)"/',
    )
    queues = _variable(
        queue,
        "Kö",
        "Visar en eller flera köer.",
        f'max by (name, queue) ({of_all}, team=~"${team}"}})',
        '/name="(?<text>[^"]+)",queue="(?<value>[^"]+)"/',
    )
    return [*found, _every(teams).all_value(".*"), _every(queues)]


def board(  # noqa: PLR0917 - each is another thing
    uid: str,
    title: str,
    description: str,
    kinds: str | None = None,
    queue: str = "queue",
    team: str = "team",
) -> Any:
    """Return an empty board with variables, links to the others, and alerts marked in time.

    Links carry variables: those that mean other queues are called something else.
    """
    tagged = dashboard.AnnotationTarget().type("tags").tags([TAG]).match_any(True).limit(100)
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone(ZONE)
        .refresh("30s")
        .time("now/d", "now")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .variables(variables(kinds, queue, team))
        .link(
            dashboard.DashboardLink("Tavlor")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
            .tooltip("De andra tavlorna, för samma kommun och tid")
        )
        .annotation(
            dashboard.AnnotationQuery()
            .name("Larm")
            .datasource(SOURCE)
            .enable(True)
            .icon_color(COLOURS["under"])
            .expr(_firing(queue if kinds else None))
            .step("60s")
            .title_format("{{word}}")
            .text_format("{{name}}")
        )
        .annotation(
            dashboard.AnnotationQuery()
            .name("Händelser")
            .datasource(common.DataSourceRef(type_val="grafana", uid="-- Grafana --"))
            .enable(True)
            .icon_color(COLOURS["line"])
            .target(tagged)  # type: ignore[arg-type] # Grafana's own notes have no query
        )
    )


def _firing(queue: str | None) -> str:
    """Return the alerts that screens tell of, with words and queues' names.

    Of the chosen queues, and those that are of no queue.
    """
    of_queue = f', queue=~"${queue}|"' if queue else ""
    tiers = "|".join(TIERS)
    firing = (
        f'ALERTS{{alertstate="firing", municipality="$municipality", tier=~"{tiers}"{of_queue}}}'
    )
    by = "municipality, queue"
    name = f"max by ({by}, name) ({m.PREFIX}{m.QUEUE_INFO.name})"
    told = (
        f"({firing} * on ({by}) group_left (name) topk by ({by}) (1, {name})) "
        f"or ({firing} unless on ({by}) {name})"
    )
    for tier, word in TIERS.items():
        told = f'label_replace({told}, "word", "{word}", "tier", "{tier}")'
    return told


def laid(board_: Any, *lines_of: Sequence[tuple[Any, int, int]]) -> Any:
    """Put panels on a board, line by line: each with its width in columns, and its height."""
    y, number = 0, 1
    for line in lines_of:
        x = 0
        for panel, width, height in line:
            place = models.GridPos(h=height, w=width, x=x, y=y)
            board_ = board_.with_panel(panel.id(number).grid_pos(place))
            x, number = x + width, number + 1
        y += max(height for _, _, height in line)
    return board_.build()
