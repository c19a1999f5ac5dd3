"""The workflow through SLURM: where jobs land, and that it makes no difference to what comes out."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from tests import tiny_visits
from tests.slurm.conftest import STUDIES, python_below, user_profile
from tests.workflow.conftest import Workflow, copy_of_the_project


@pytest.fixture(scope="module")
def submitted(cluster, tmp_path_factory) -> Workflow:
    """Both studies, through SLURM to the end."""
    workflow = project(tmp_path_factory.mktemp("submitted"), cluster)
    workflow.run("--workflow-profile", str(workflow.folder / "mine"))
    return workflow


def project(folder: Path, cluster=None, studies: str = STUDIES, **changes) -> Workflow:
    """A copy of the project with the studies; with a cluster, and a profile for it in `mine`."""
    copy = copy_of_the_project(folder / "copy")
    (copy / "studies.yaml").write_text(studies)
    if cluster:
        user_profile(copy / "mine", **changes)
    return Workflow(copy, "studies.yaml", cluster.environment if cluster else {}, python_below(folder))


def made(workflow: Workflow) -> dict[str, str]:
    """Digest of every file of the runs, and of their metrics, that must not depend on where they were made."""
    names = ("weights.safetensors", "predictions.csv", "units.csv", "record.json")
    patterns = [*(f"*/runs/**/{name}" for name in names), "*/evaluation/*/*/*.json"]
    files = [path for pattern in patterns for path in (workflow.folder / "results").glob(pattern)]
    return {str(path.relative_to(workflow.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_gpu_rules_get_a_gpu_and_others_none(cluster, submitted):
    jobs = {job["jobid"]: job for job in cluster.jobs()}
    assert all(job["state"] == "COMPLETED" for job in jobs.values())
    on_gpu = [job["comment"] for job in jobs.values() if job["tres-per-job"] == "gres:gpu:1"]
    others = [job["comment"] for job in jobs.values() if job["tres-per-job"] != "gres:gpu:1"]
    # Two alone, and three folds in two batches.
    assert sum("rule_train" in comment for comment in on_gpu) == 4
    assert sum("explain" in comment for comment in on_gpu) == 2 and len(on_gpu) == 6
    assert len(others) == 12
    assert {job["nodelist"] for job in jobs.values() if job["tres-per-job"] == "gres:gpu:1"} == {f"gpu{cluster.tag}"}
    assert {job["partition"] for job in jobs.values()} == {"normal", "accelerated"}


@pytest.mark.slow
def test_through_slurm_and_here_come_out_the_same(submitted, tmp_path):
    here = project(tmp_path)
    here.run("colposcopy_resnet50_runs", "folds_runs")
    assert made(here) and made(submitted) == made(here)
    assert submitted.planned("--workflow-profile", str(submitted.folder / "mine")) == {}


@pytest.mark.slow
def test_studies_of_visits_come_out_of_slurm_as_they_do_here(cluster, tmp_path):
    studies = f"only: [tiles, women]\nstudies:\n{tiny_visits.STUDIES}"
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    before = {job["jobid"] for job in cluster.jobs()}
    there = project(tmp_path / "there", cluster, studies)
    there.run("women_report", "--workflow-profile", str(there.folder / "mine"))
    jobs = [job for job in cluster.jobs() if job["jobid"] not in before]
    assert jobs and {job["state"] for job in jobs} == {"COMPLETED"}
    here = project(tmp_path / "here", studies=studies)
    here.run("women_runs")
    assert len(made(here)) > 20 and made(there) == made(here)


def test_data_come_through_slurm_and_the_profile_fits(cluster, tmp_path):
    workflow = project(tmp_path, cluster)
    before = {job["jobid"] for job in cluster.jobs()}
    workflow.run("folds_data", "--workflow-profile", str(workflow.folder / "mine"))
    jobs = [job for job in cluster.jobs() if job["jobid"] not in before]
    assert {job["state"] for job in jobs} == {"COMPLETED"}
    assert sorted(job["comment"].partition("_wildcards")[0] for job in jobs) == [
        "rule_ingest",
        "rule_preprocess",
        "rule_synthesise",
    ]
    # Split is over in a second: it runs where the workflow was started.
    assert (workflow.folder / "results" / "folds" / "splits" / "published.json").exists()
    command = [
        workflow.python,
        "-m",
        "workflow_scripts.commands.check_cluster",
        "--profile",
        str(workflow.folder / "mine"),
    ]
    done = subprocess.run(
        command, cwd=workflow.folder, env={**os.environ, **cluster.environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "partition accelerated: a job sees" in done.stdout and "NOT" not in done.stdout
