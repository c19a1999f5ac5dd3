"""One command for what people call."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_scripts.commands.cervix import COMMANDS

ROOT = Path(__file__).resolve().parents[1]


def called(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`cervix` with these arguments, called in a folder that is not the project's."""
    command = [sys.executable, "-m", "workflow_scripts.commands.cervix", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_takes_wherever_it_is_called(tmp_path, name):
    done = called(tmp_path, name, "--help")
    assert done.returncode == 0 and "usage:" in done.stdout, done.stderr


def test_without_a_command_all_are_listed_and_an_unknown_one_is_refused(tmp_path):
    listed, refused = called(tmp_path), called(tmp_path, "chekc")
    assert listed.returncode == 0 and all(f"  {name} " in listed.stdout for name in COMMANDS)
    assert refused.returncode == 1 and "there is no command 'chekc'" in refused.stderr


def test_a_mistake_ends_in_one_line_and_leaves_the_folder_to_its_owner(tmp_path):
    done = called(tmp_path, "check", "--results", "nowhere")
    assert done.returncode == 1 and done.stderr.startswith("error: nowhere holds no study")
