"""What a command measured is kept with the command and the code, and shown as it was printed."""

import subprocess
import sys

import pytest

from workflow_scripts.commands.measure import measure
from workflow_scripts.documentation.marked_parts import filled, used, without
from workflow_scripts.documentation.measured import Measured, MeasuredTable, as_text, read_measured, tables_of
from workflow_scripts.runtime.errors import UserError

PRINTED = "seconds\n| a | b |\n|---|---|\n| x | 1.0 |\n| y | 2.5 |\n\n| c |\n|---|\n| z |\n"
PAGE = "Before.\n\n<!-- measured speed 2 -->\nold\n<!-- /measured -->\n\nBehind.\n"


@pytest.fixture
def project(tmp_path):
    """A working copy with one commit."""
    script = tmp_path / "script.py"
    script.write_text(f"print({PRINTED!r})\n", encoding="utf-8")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "one"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_every_table_that_is_printed_is_read():
    assert tables_of(PRINTED) == (
        MeasuredTable(("a", "b"), (("x", "1.0"), ("y", "2.5"))),
        MeasuredTable(("c",), (("z",),)),
    )


def test_what_prints_nothing_has_no_table():
    assert tables_of("") == tables_of("seconds") == ()


def test_a_line_of_a_library_between_two_rows_loses_no_row():
    assert tables_of(PRINTED.replace("| y |", "Solver::run()\n| y |")) == tables_of(PRINTED)
    with pytest.raises(UserError, match="below no heads: | x | y |"):
        tables_of("| no | rule |\n| x | y |\n")


def test_what_is_measured_names_its_command_its_commit_and_its_day(project):
    measure(project, "speed", [sys.executable, "script.py"], note="an idle machine")
    kept = read_measured(project, "speed")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=True).stdout
    assert head.startswith(kept.commit) and kept.command.endswith("script.py") and kept.note == "an idle machine"
    shown = filled(PAGE, project)
    assert "| z |" in shown and "old" not in shown and kept.commit in shown and filled(shown, project) == shown


def test_a_changed_file_keeps_nothing(project):
    (project / "script.py").write_text("print(1)\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"commit first.*script\.py"):
        measure(project, "speed", [sys.executable, "script.py"])


@pytest.mark.parametrize(
    ("code", "words"), [("raise SystemExit(3)", "ended with status 3"), ("print(1)", "prints no Markdown table")]
)
def test_what_fails_or_prints_no_table_keeps_nothing(project, code, words):
    with pytest.raises(UserError, match=words):
        measure(project, "speed", [sys.executable, "-c", code])
    assert not (project / "docs").exists()


def test_a_table_or_a_file_that_there_is_not_is_named(project):
    with pytest.raises(UserError, match=r"speed\.json is missing"):
        filled(PAGE, project)
    measure(project, "speed", [sys.executable, "script.py"])
    with pytest.raises(UserError, match="has 2 tables, no 3"):
        filled(PAGE.replace("speed 2", "speed 3"), project)


def test_a_made_part_is_told_from_what_is_typed():
    assert used(PAGE) == [("measured", ("speed", "2"))] and "old" not in without(PAGE)


def test_a_row_is_a_line_of_the_file():
    kept = Measured("a", "b", "c", "d", tables_of(PRINTED))
    assert '\n   ["x", "1.0"],\n' in as_text(kept)
    with pytest.raises(ValueError, match="has not one cell for each"):
        MeasuredTable(("a", "b"), (("x",),))
