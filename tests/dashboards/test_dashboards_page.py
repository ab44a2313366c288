"""The page of dashboards names only what there is."""

import re
from pathlib import Path

import click
import yaml

from dashboards.grafana.command import command
from dashboards.grafana.publish_command import FOLDER, FOLDER_UID
from dashboards.grafana.publishing import State

PAGE = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text(encoding="utf-8")


def test_files_and_the_api_put_boards_into_the_same_folder() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (provider,) = yaml.safe_load(text)["providers"]
    assert (provider["folder"], provider["folderUid"]) == (FOLDER, FOLDER_UID)


def test_every_option_on_the_page_is_one() -> None:
    options = {
        name
        for its in command.commands.values()
        for option in its.params
        if isinstance(option, click.Option)
        for name in option.opts
    }
    named = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert len(named) > 10
    assert named <= options


def test_every_word_for_a_board_is_on_the_page() -> None:
    assert [state.value for state in State if f"`{state.value}`" not in PAGE] == []
