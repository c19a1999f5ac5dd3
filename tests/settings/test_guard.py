"""Results without a record of this working copy's Snakemake are found; asked of a real Snakemake."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workflow_scripts.settings.guard import replaced, unrecorded
from workflow_scripts.settings.snakemake_internals import record_path

# Longer than a file name may be, once it is written in base64.
LONG = (
    Path("results") / "a_study_with_a_very_long_name_indeed" / "runs" / f"p{10**60}q" / f"r{10**120}s" / "record.json"
)
SHORT = Path("results/record.json")
SNAKEFILE = f"""
rule all:
    input: "{SHORT}", "{LONG}"
rule make:
    output: "{{path}}/record.json"
    shell: "echo {{wildcards.path}} > {{output}}"
"""


def snakemake(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "1"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    (folder / "Snakefile").write_text(SNAKEFILE)
    snakemake(folder)
    return folder


@pytest.fixture
def workdir(finished, tmp_path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def test_what_snakemake_made_is_recorded_however_long_its_path(workdir):
    assert unrecorded([SHORT, LONG, workdir / LONG], workdir) == []
    assert replaced([SHORT, LONG], workdir) == []


def test_files_that_came_from_elsewhere_are_named_and_missing_ones_are_not(workdir):
    shutil.rmtree(workdir / ".snakemake")
    assert unrecorded([LONG, SHORT, Path("results/other.json")], workdir) == [LONG, SHORT]


def test_results_in_another_place_are_known_by_their_full_path(workdir, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "record.json"
    assert unrecorded([elsewhere], workdir) == []
    snakemake(workdir, str(elsewhere))
    assert unrecorded([elsewhere], workdir) == []
    copied = elsewhere.with_name("copied.json")
    shutil.copy(elsewhere, copied)
    assert unrecorded([elsewhere, copied], workdir) == [copied]


def test_a_record_cut_short_by_a_crash_counts_as_none(workdir):
    record = record_path(SHORT, workdir)
    record.write_text(record.read_text()[:20])
    assert unrecorded([SHORT, LONG], workdir) == [SHORT]


def test_outputs_marked_incomplete_are_left_to_snakemake(workdir):
    shutil.move(record_path(LONG, workdir), workdir / "record")
    mark = record_path(LONG, workdir, "incomplete")
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text("{}")
    (workdir / LONG).write_text("half")
    assert unrecorded([LONG], workdir) == [] and replaced([LONG], workdir) == []


def test_a_file_that_was_written_again_after_its_record_is_named(workdir):
    (workdir / SHORT).write_text("other")
    os.utime(workdir / SHORT, (1, 1))
    assert replaced([SHORT, LONG], workdir) == [SHORT]


def test_touching_everything_records_what_came_from_elsewhere(workdir):
    shutil.rmtree(workdir / ".snakemake")
    os.utime(workdir / LONG, (1, 1))
    snakemake(workdir, "--touch", "--forceall")
    assert unrecorded([SHORT, LONG], workdir) == [] and replaced([SHORT, LONG], workdir) == []
