"""Pages that are made and not typed: up to date, and complete."""

import pytest

from workflow_scripts.commands.write_pages import ROOT, outdated
from workflow_scripts.documentation.file_pages import COMMANDS, contract, page, users
from workflow_scripts.documentation.output_files import OUTPUT_FILES, file_of
from workflow_scripts.settings.code import closure

WITH_TABLE = [file for file in OUTPUT_FILES if file.table]


def test_every_made_page_and_part_of_a_page_is_up_to_date():
    assert [str(path) for path in outdated(ROOT)] == []


@pytest.mark.parametrize("file", OUTPUT_FILES, ids=lambda file: file.path)
def test_a_file_is_written_by_a_step_that_there_is(file):
    room = "commands" if file.step in COMMANDS else "steps"
    assert (ROOT / "workflow_scripts" / room / f"{file.step}.py").is_file()
    assert [other.path for other in OUTPUT_FILES if other.path == file.path] == [file.path]


@pytest.mark.parametrize("file", WITH_TABLE, ids=lambda file: file.path)
def test_the_page_has_every_column_of_a_table_and_the_rooms_that_use_it(file):
    part = page().split(f"`results/{file.path}`: ")[1].split("\n### ")[0]
    assert all(f"`{column}`" in part for column in (*contract(file).columns, *contract(file).optional))
    assert all(f"`{room}`" in part for room in users(file.table).reading)


# Readers of raw files and kinds of run are found by their names: no step imports them.
IMPORTED = [file for file in WITH_TABLE if file.step not in ("ingest", "make_run")]


@pytest.mark.parametrize("file", IMPORTED, ids=lambda file: file.path)
def test_the_step_that_is_named_reaches_the_contract_that_it_writes(file):
    module, _ = file.table.split(".")
    room = "commands" if file.step in COMMANDS else "steps"
    assert f"workflow_scripts.contracts.{module}" in closure(f"workflow_scripts.{room}.{file.step}")


def test_rules_that_write_a_table_are_told_from_those_that_read_it():
    assert "splitting" not in users("splits.SPLIT").writing
    assert users("splits.SPLIT").writing >= {"steps"} and "data" in users("splits.SPLIT").reading
    assert users("verdict_table.VERDICT").writing == {"reporting"}


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("a/evaluation/published/cvm/metrics.csv", "run_tables.METRICS"),
        ("a/evaluation/published/metrics.csv", "run_tables.METRICS"),
        ("a/splits/published.leaks.csv", "splits.LEAKS"),
        ("a/splits/published.csv", "splits.SPLIT"),
        ("a/paper/paper_figures.csv", "paper_figure_table.PAPER_FIGURES"),
        ("a/runs/published/cvm/fold0-seed0/units.csv", "run_tables.UNITS"),
    ],
)
def test_a_file_is_found_by_its_path(path, table):
    file = file_of(path)
    assert file and file.table == table


def test_a_path_that_no_step_leaves_is_none():
    assert file_of("a/runs/published/cvm/units.csv") is None and file_of("elsewhere.csv") is None
