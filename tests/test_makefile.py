"""What make hands on is what it was given, whatever signs are in it."""

import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "name", ["my file.yaml", "a$b.yaml", "it's.yaml", "$(shell echo x)", "a;b#c`d`.yaml", '"q".yaml']
)
@pytest.mark.parametrize(
    ("target", "variable", "before"),
    [
        ("demo", "CONFIG", "--configfile"),
        ("prepare", "CONFIG", "--configfile"),
        ("resume", "CONFIG", "--configfile"),
        ("archive", "CONFIG", "--configfile"),
        ("check", "CONFIG", "--configfile"),
        ("verify", "ARCHIVE", "workflow_scripts.commands.verify"),
        ("check-paper", "FILE", "workflow_scripts.check_paper"),
        ("take-in", "ARCHIVE", "workflow_scripts.commands.take_in"),
    ],
)
def test_a_path_is_one_word_with_all_its_signs(target, variable, before, name):
    done = subprocess.run(
        ["make", "-n", target, f"{variable}={name}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    commands = [shlex.split(line) for line in done.stdout.splitlines() if before in line and "-m" in line]
    assert commands and all(words[words.index(before) + 1] == name for words in commands)


def test_resuming_goes_on_with_what_was_asked_for():
    """Without it one study of a user would become all studies."""
    done = subprocess.run(
        ["make", "-n", "resume", "TARGET=my_cells", "CONFIG=my.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    commands = [line for line in done.stdout.splitlines() if "snakemake" in line and "--cores" in line]
    assert [shlex.split(line)[-2:] for line in commands] == [["my.yaml", "--unlock"], ["my.yaml", "my_cells"]]
