"""Surroundings that fail: one clear line, nothing lost, no hang, and a later run completes."""

import os
import re
import shutil
import subprocess

import pytest

from tests.faults.conftest import Started, results_of
from tests.system import free_ports
from tests.workflow.conftest import OFF, Workflow, copy_of_the_project
from workflow_scripts.tracking.server import serving

pytestmark = pytest.mark.slow

SETTINGS = f"""
studies:
{OFF}  mine:
    extends: colposcopy_resnet50
    enabled: true
    paper: ""
    synthetic: {{samples_per_class: 20}}
    protocols: {{duplicate_free: null}}
    train: {{epochs: 2}}
    runs: {{control_border: null, control_colour: null, resnet50-type_2: null}}
    evaluate: {{bootstrap: 100}}
    explain: {{runs: []}}
"""


@pytest.fixture
def workflow(tmp_path) -> Workflow:
    folder = copy_of_the_project(tmp_path / "copy")
    (folder / "mine.yaml").write_text(SETTINGS)
    return Workflow(folder, "mine.yaml")


def said(done: subprocess.CompletedProcess) -> str:
    """What a failed call said; no traceback is among it."""
    text = done.stdout + done.stderr
    assert done.returncode != 0, text
    assert "Traceback" not in text
    return text


@pytest.fixture
def small_disk(workflow):
    """The results on a file system of their own, of 1 MiB; a call mounts it anew with other options."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    results = workflow.folder / "results"
    results.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", results], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", results], check=True)
    subprocess.run(["umount", "-l", results], check=True)


def test_a_full_disk(workflow, small_disk):
    text = said(workflow.run("mine_runs", check=False))
    assert re.search(r"logs/\S+: error: No space left on device", text), text[-3000:]
    small_disk("size=200m")
    workflow.run("mine_runs")
    assert workflow.planned("mine_runs") == {}


def test_results_that_cannot_be_written(workflow, small_disk):
    small_disk("size=200m")
    workflow.run("mine_data")
    before = results_of(workflow, "record.json", "*.csv")
    small_disk("ro")
    text = said(workflow.run("mine_runs", check=False))
    assert "Read-only file system" in text, text[-3000:]
    small_disk("rw")
    workflow.run("mine_runs")
    assert before.items() <= results_of(workflow, "record.json", "*.csv").items()


def test_two_workflows_at_once(workflow):
    first = Started(workflow, "mine_runs")
    try:
        while " jobs; " not in first.output.read_text():
            assert first.process.poll() is None, first.output.read_text()
        text = said(workflow.run("mine_runs", check=False))
        assert "is locked by another workflow" in text and "`make resume`" in text
        assert first.ended_within(300) and first.process.returncode == 0, first.output.read_text()
    finally:
        first.clean_up()
    assert workflow.planned("mine_runs") == {}


def test_a_data_set_that_vanished(workflow, tmp_path):
    """Real files, moved away after they were read, and put back."""
    workflow.run("mine_data")
    made = workflow.folder / "data" / "colposcopy_resnet50" / "synthetic-mine"
    real = tmp_path / "real"
    shutil.copytree(made, real, ignore=shutil.ignore_patterns("synthetic.json", "truth.csv", ".truth"))
    settings = SETTINGS.replace("    paper:", f"    source: {real}\n    paper:").replace(
        "studies:", "results: real\nstudies:"
    )
    (workflow.folder / "mine.yaml").write_text(settings)
    workflow.run("mine_data")
    real.rename(tmp_path / "away")
    text = said(workflow.run("mine_runs", check=False))
    assert f"studies.mine.source: {real} is no folder" in text
    (tmp_path / "away").rename(real)
    workflow.run("mine_runs")
    assert workflow.planned("mine_runs") == {}


def test_a_stopped_mlflow_server(workflow):
    (port,) = free_ports(1)
    with open(workflow.folder / "mine.yaml", "a") as file:
        file.write(f"tracking_uri: http://127.0.0.1:{port}\n")
    text = said(workflow.run("mine", check=False))
    assert re.search(r"track.log: error: .*127.0.0.1", text), text[-3000:]
    assert (workflow.folder / "results" / "mine" / "report.html").exists()
    assert workflow.planned("mine") == {"mine": 1, "track": 1}
    with serving(workflow.folder / "server", port):
        workflow.run("mine")
    assert workflow.planned("mine") == {}
