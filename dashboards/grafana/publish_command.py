"""``svarsgrad dashboards publish``: saves boards in Grafana, or shows what would change."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from dashboards.grafana.board import UID_IS, BoardError, is_uid, read_boards
from dashboards.grafana.options import connection_options, grafana_as_told
from dashboards.grafana.publisher import Outcome, folder_of, outcomes
from dashboards.grafana.publishing import State, difference
from dashboards.grafana.server import Server
from streams.domain.swedish import counted, listed

BOARDS: Final = Path(__file__).parent / "boards"
FOLDER: Final = "Svarsgrad"
FOLDER_UID: Final = "svarsgrad"
SEVERAL: Final = {
    State.NEW: "nya",
    State.CHANGED: "ändrade",
    State.UNCHANGED: "oförändrade",
    State.EDITED: "redigerade i Grafana",
    State.PROVISIONED: "från filer i Grafana",
}
WHAT_TO_DO: Final = {
    State.EDITED: "har sparats i Grafana av någon annan: för över ändringen till filerna, eller "
    "skriv över den med --overwrite",
    State.PROVISIONED: "kommer från filer hos Grafana: byt filerna där, eller ta bort dem och kör "
    "igen",
}
"""What whoever publishes is to do about boards that are left as they are."""


@click.command("publish", options_metavar="[FLAGGOR]", short_help="Spara tavlorna i Grafana.")
@connection_options
@click.option(
    "--from", "source", metavar="MAPP", type=click.Path(path_type=Path), default=BOARDS,
    help="Mappen med tavlornas JSON-filer; annars de som följer med.",
)  # fmt: skip
@click.option(
    "--folder", "title", metavar="NAMN", default=FOLDER, show_default=True,
    help="Mappen i Grafana, som görs om den inte finns.",
)  # fmt: skip
@click.option(
    "--folder-uid", metavar="UID", default=FOLDER_UID, show_default=True,
    help="Det som mappen känns igen på, vad den än heter.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Skriv över det som andra har ändrat i Grafana.")
@click.option("--dry-run", "is_dry", is_flag=True, help="Visa vad som skulle ändras, spara inget.")
def publish(
    source: Path, title: str, folder_uid: str, overwrite: bool, is_dry: bool, **told: Any
) -> None:
    """Spara tavlorna i Grafana. Det som redan är som det ska lämnas orört.

    En tavla som någon har ändrat i Grafana lämnas också, och kommandot slutar med 1.
    """
    if not is_uid(folder_uid):
        raise click.UsageError(f"--folder-uid {folder_uid} går inte: skriv {UID_IS}")
    try:
        boards = read_boards(source)
    except BoardError as error:
        raise click.ClickException(str(error)) from None
    done = []
    with grafana_as_told(**told) as server:
        _tell_of_folder(server, folder_uid, title, is_dry=is_dry)
        for outcome in outcomes(server, folder_uid, boards, overwrite=overwrite, is_dry=is_dry):
            done.append(outcome)
            _tell(outcome, folder_uid, is_dry=is_dry)
    click.echo(_summary(done, title, is_dry=is_dry))
    if left := _left(done):
        raise click.ClickException(left)


def _tell_of_folder(server: Server, uid: str, title: str, *, is_dry: bool) -> None:
    folder = server.folder(uid) if is_dry else folder_of(server, uid, title)
    if folder is None:
        click.echo(f"Mappen {title} ({uid}): ny")
    elif folder.title != title:
        click.echo(
            f"Varning: mappen {uid} heter {folder.title!r} i Grafana och får behålla sitt namn",
            err=True,
        )


def _tell(outcome: Outcome, folder: str, *, is_dry: bool) -> None:
    board = outcome.board
    click.echo(f"{board.title} ({board.uid}): {outcome.state.value}")
    if is_dry and outcome.state is not State.UNCHANGED:
        for line in difference(board, folder, outcome.held):
            click.echo(f"  {line}")


def _summary(done: Iterable[Outcome], title: str, *, is_dry: bool) -> str:
    """Return how many boards are what: ``3 tavlor i mappen Svarsgrad: 1 ny, 2 oförändrade``."""
    counts = Counter(outcome.state for outcome in done)
    told = [
        counted(counts[state], state.value, SEVERAL[state]) for state in State if counts[state]
    ]
    boards = counted(counts.total(), "tavla", "tavlor")
    said = f"{boards} i mappen {title}: {', '.join(told)}"
    return f"{said}. Inget är sparat." if is_dry else said


def _left(done: Iterable[Outcome]) -> str:
    """Return which boards are not as they should be, and what to do; empty for none."""
    said = []
    for state, what_to_do in WHAT_TO_DO.items():
        if titles := [outcome.board.title for outcome in done if outcome.state is state]:
            said.append(f"{listed(titles)} {what_to_do}")
    return "; ".join(said)
