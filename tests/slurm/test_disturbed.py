"""Jobs that are cancelled, started again, out of time, on a node that fails, or unseen for a while: nothing is lost."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.slurm.cluster import Cluster
from tests.slurm.test_cluster import made, project
from tests.workflow.conftest import Workflow

pytestmark = pytest.mark.slow

# Trainings of half a minute and more, so that there is something to disturb.
SETTINGS = """
only: [long]
studies:
  long:
    extends: colposcopy_resnet50
    paper: ""
    synthetic: {samples_per_class: 20}
    protocols: {duplicate_free: null}
    train: {epochs: EPOCHS}
    seeds: SEEDS
    runs: {control_border: null, control_colour: null, resnet50-type_2: null}
    explain: {runs: []}
"""


def long_study(
    folder: Path, epochs: int, seeds: list[int], cluster: Cluster | None = None, **resources: object
) -> Workflow:
    """The project with that study; trainings ask for no GPU, because this cluster has one only."""
    workflow = project(folder, cluster)
    (workflow.folder / "studies.yaml").write_text(SETTINGS.replace("EPOCHS", str(epochs)).replace("SEEDS", str(seeds)))
    if cluster:
        path = workflow.folder / "mine" / "config.yaml"
        profile = yaml.safe_load(path.read_text())
        plain = {"slurm_partition": "normal", "gpu": 0, **resources}
        profile["set-resources"]["train"] |= plain
        path.write_text(yaml.safe_dump(profile))
    return workflow


class Running:
    """Snakemake at work in the background."""

    def __init__(self, workflow: Workflow, *arguments: str) -> None:
        self.output = workflow.folder / "output.txt"
        command = [workflow.python, "-m", "snakemake", *arguments, "--cores", "2", "--configfile", workflow.configfile]
        command += ["--workflow-profile", str(workflow.folder / "mine")]
        environment = {**os.environ, **workflow.environment}
        with open(self.output, "w") as file:
            self.process = subprocess.Popen(
                command, cwd=workflow.folder, env=environment, stdout=file, stderr=subprocess.STDOUT
            )

    def until(self, holds: Callable[[], object], seconds: float = 480) -> object:
        """What `holds` gives as soon as it gives something."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, self.output.read_text()
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.2)
        return found

    def finish(self, seconds: float = 900) -> str:
        """Wait for its end, which has to be a good one; returns what it said."""
        self.process.wait(seconds)
        assert self.process.returncode == 0, self.output.read_text()
        return self.output.read_text()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


def states(workflow: Workflow) -> list[Path]:
    return list((workflow.folder / ".work" / "checkpoints").glob("*/*.pt"))


def trainings(cluster: Cluster, state: str) -> list[str]:
    return [job["jobid"] for job in cluster.jobs() if "rule_train" in job["comment"] and job["state"] == state]


def test_cancelled_requeued_killed_and_without_its_node_a_training_ends_in_the_same_bytes(cluster, tmp_path):
    workflow = long_study(tmp_path / "slurm", 100, [0, 1, 2], cluster)
    done_before = set(trainings(cluster, "COMPLETED"))
    snakemake = Running(workflow, "long_runs")
    try:
        running = snakemake.until(lambda: len(states(workflow)) >= 3 and trainings(cluster, "RUNNING"))
        cluster.call("scancel", running[0])
        cluster.call("scontrol", "requeue", running[1])
        # SLURM lets a requeued job wait for two minutes, in which the other one would end.
        cluster.call("scontrol", "update", f"JobId={running[1]}", "StartTime=now")
        # The other one runs on, the requeued one again: then the node fails under both.
        snakemake.until(lambda: set(running[1:]) <= set(trainings(cluster, "RUNNING")))
        cluster.fail_node()
        snakemake.finish()
    finally:
        snakemake.stop()
    assert len(set(trainings(cluster, "COMPLETED")) - done_before) == 3
    here = long_study(tmp_path / "here", 100, [0, 1, 2])
    here.run("long_runs")
    assert made(workflow) == made(here)


def test_out_of_time_a_training_leaves_and_the_retry_goes_on(cluster, tmp_path):
    workflow = long_study(tmp_path / "slurm", 240, [0], cluster, runtime="1 * attempt")
    snakemake = Running(workflow, "long_runs")
    try:
        snakemake.finish()
    finally:
        snakemake.stop()
    logs = "".join(path.read_text() for path in (workflow.folder / "logs" / "slurm").rglob("*.log"))
    assert "the time limit of this job comes near" in logs
    assert re.search(r"continuing in epoch \d+", logs)
    here = long_study(tmp_path / "here", 240, [0])
    here.run("long_runs")
    assert made(workflow) == made(here)


def test_an_outage_of_the_controller_is_said_and_survived(cluster, tmp_path):
    workflow = long_study(tmp_path / "slurm", 40, [0], cluster)
    snakemake = Running(workflow, "long_runs")
    try:
        snakemake.until(lambda: states(workflow))
        cluster.stop_controller()
        snakemake.until(lambda: "SLURM does not answer" in snakemake.output.read_text())
        cluster.start_controller()
        snakemake.finish()
    finally:
        snakemake.stop()
    assert (workflow.folder / "results" / "long" / "evaluation" / "published" / "metrics.csv").exists()
