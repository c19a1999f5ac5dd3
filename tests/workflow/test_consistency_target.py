"""The target `consistency` in a fresh copy: no data, one job, two files; again when a number or a check changes."""

import os
import subprocess
import sys

import pytest

from tests.workflow.conftest import Workflow, copy_of_the_project


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Workflow:
    """A copy as it is cloned, the target run once."""
    folder = copy_of_the_project(tmp_path_factory.mktemp("project") / "copy")
    workflow = Workflow(folder, configfile="config.yaml")
    workflow.run("consistency")
    return workflow


def test_it_makes_its_two_files_and_touches_nothing_else(fresh):
    assert sorted(path.name for path in (fresh.folder / "results").iterdir()) == ["consistency.csv", "consistency.html"]
    assert not (fresh.folder / "data").exists()
    assert fresh.planned("consistency") == {}


def test_called_from_another_folder_it_takes_the_settings_beside_the_snakefile(fresh, tmp_path):
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(fresh.folder / "Snakefile"), "consistency", "-n"]
    environment = {**os.environ, "PYTHONPATH": str(fresh.folder)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "results/consistency.csv" in done.stdout, done.stdout + done.stderr


def test_a_changed_number_and_a_changed_check_run_it_again_and_a_comment_does_not(fresh):
    numbers = fresh.folder / "workflow_scripts/studies/mri_resnet/published.yaml"
    check = fresh.folder / "workflow_scripts/claims/granularity.py"
    for path, old, new, again in (
        (numbers, "[467, 12, 8]", "[468, 12, 8]", True),
        (check, "(claim.scaled * n)", "(claim.scaled * n + 1)", True),
        (check, "def check(", "# A remark.\ndef check(", False),
    ):
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1), encoding="utf-8")
        try:
            assert bool(fresh.planned("consistency")) is again, path
        finally:
            path.write_text(before, encoding="utf-8")
