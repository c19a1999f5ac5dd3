"""One command for what people call."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_scripts.commands.cervix import COMMANDS, ROOT, RUN, project_folder


def called(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`cervix` with these arguments, called in a folder that is not the project's."""
    command = [sys.executable, "-m", "workflow_scripts.commands.cervix", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [*COMMANDS, RUN])
def test_every_command_says_what_it_takes_wherever_it_is_called(tmp_path, name):
    done = called(tmp_path, name, "--help")
    assert done.returncode == 0 and "usage:" in done.stdout, done.stderr


def test_without_a_command_all_are_listed_and_an_unknown_one_is_refused(tmp_path):
    listed, refused = called(tmp_path), called(tmp_path, "chekc")
    assert listed.returncode == 0 and all(f"  {name} " in listed.stdout for name in (*COMMANDS, RUN))
    assert refused.returncode == 1 and "there is no command 'chekc'" in refused.stderr


def test_a_mistake_ends_in_one_line_and_leaves_the_folder_to_its_owner(tmp_path):
    done = called(tmp_path, "check", "--results", "nowhere")
    assert done.returncode == 1 and done.stderr.startswith("error: nowhere holds no study")


def test_outside_a_working_copy_a_command_works_in_the_one_that_it_came_from(tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    assert project_folder(copy) == ROOT
    for name in ("Snakefile", "config.yaml"):
        (copy / name).touch()
    assert project_folder(copy) == copy


def test_paths_are_those_of_the_folder_in_which_a_command_is_called(tmp_path):
    (tmp_path / "mine" / "cells" / "runs").mkdir(parents=True)
    (tmp_path / "my.yaml").write_text("results: nowhere\n")
    unrecorded, named = (
        called(tmp_path, "check", "--results", "mine"),
        called(tmp_path, "check", "--configfile", "my.yaml"),
    )
    assert f"{tmp_path}/mine" in unrecorded.stderr + unrecorded.stdout
    assert "nowhere holds no study" in named.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_commands_options_and_targets(tmp_path, shell):
    script = called(tmp_path, "completion", shell).stdout
    assert "compdef" in script or shell == "bash"
    if shell == "bash":
        typed = ["cervix che", "cervix check --res", "cervix run mri_resnet_re"]
        calls = [f"COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}; _shtab_cervix" for words in typed]
        lines = "\n".join(f"{call}; echo ${{COMPREPLY[@]}}" for call in calls)
        done = subprocess.run(["bash", "-c", f"{script}\n{lines}"], capture_output=True, text=True, check=False)
        assert done.stdout.splitlines() == ["check check-paper", "--results", "mri_resnet_report"], done.stderr


@pytest.mark.parametrize(
    "command", [["report"], ["suggest", "--study"], ["bundle"], ["keep-results"]], ids=lambda command: command[0]
)
def test_a_study_that_the_settings_lack_is_refused_with_what_may_have_been_forgotten(tmp_path, command):
    lacking = called(tmp_path, *command, "my_cells")
    assert lacking.returncode == 1
    assert lacking.stderr.startswith("error: 'my_cells' is no study of config.yaml; there are ")
    assert "; of a study of your own name the settings, too: --configfile FILE" in lacking.stderr
    (tmp_path / "my.yaml").write_text(f"results: {tmp_path}/results\n")
    named = called(tmp_path, *command, "mri_resnt", "--configfile", tmp_path / "my.yaml")
    assert named.stderr.startswith(f"error: 'mri_resnt' is no study of {tmp_path}/my.yaml; did you mean mri_resnet?")
    assert "--configfile FILE" not in named.stderr


def test_images_that_were_not_read_yet_are_named_with_the_whole_command_that_reads_them(tmp_path):
    (tmp_path / "my.yaml").write_text(f"results: {tmp_path}/results\n")
    refused = called(tmp_path, "suggest", "--study", "mri_resnet", "--configfile", tmp_path / "my.yaml")
    assert f"make it with `snakemake mri_resnet_data --configfile {tmp_path}/my.yaml`" in refused.stderr
