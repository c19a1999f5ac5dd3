"""Forty times kill -9 at random moments of a demo, then one run to the end: the same bytes as undisturbed."""

import random
import shutil
import time

import pytest

from tests.faults.conftest import Started, results_of
from tests.workflow.conftest import Workflow, copy_of_the_project

KILLS = 40
# Whatever a verdict rests on.
NAMES = (
    "weights.safetensors",
    "predictions.csv",
    "units.csv",
    "metrics.json",
    "metrics.csv",
    "comparison.csv",
    "record.json",
)
# The demo of the one study that has every phase: votes and compressed runs too. The others run the same rules again.
SETTINGS = "studies:\n  zeb2_ihc: {active: false}\n  colposcopy_resnet50: {active: false}\n"


def demo(folder) -> Workflow:
    copy_of_the_project(folder)
    (folder / "my.yaml").write_text(SETTINGS)
    return Workflow(folder, "my.yaml")


def at_work(output: str, done: int) -> bool:
    """Whether a job has begun and that many are done."""
    return "Execute" in output and output.count("Finished jobid") >= done


def killed_somewhere(workflow: Workflow, chance: random.Random) -> bool:
    """Start the workflow and kill it, sometimes while it plans, mostly at work; False when it ended before that.

    At work: after up to two more jobs were done, so that the kills go through all phases.
    """
    started = Started(workflow)
    try:
        if chance.random() < 0.1:
            moment = chance.uniform(0.5, 4)
        else:
            more = chance.choice((0, 1, 2))
            while started.process.poll() is None and not at_work(started.output.read_text(), more):
                time.sleep(0.1)
            moment = chance.uniform(0.2, 5)
        if started.ended_within(moment):
            assert started.process.returncode == 0, started.output.read_text()
            return False
        # Snakemake alone, which leaves its jobs behind, or all.
        started.kill(with_its_jobs=chance.random() < 0.7)
        return True
    finally:
        if started.process.poll() is None:
            started.clean_up()


@pytest.mark.slow
def test_forty_kills_change_nothing(tmp_path):
    chance = random.Random(20)
    quiet = demo(tmp_path / "quiet")
    quiet.run()
    killed, moments = demo(tmp_path / "killed"), []
    while len(moments) < KILLS:
        killed.run("--unlock")
        if killed_somewhere(killed, chance):
            moments.append(len(list((killed.folder / "logs").rglob("*.log"))))
        else:
            # Done before it was killed often enough: once more from the start.
            for name in ("results", "data", "logs", ".work", ".snakemake"):
                shutil.rmtree(killed.folder / name)
    killed.run("--unlock")
    killed.run()
    print(f"jobs begun when it was killed: {moments}")
    assert len(set(moments)) >= 10, "the kills did not spread over the phases"
    undisturbed = results_of(quiet, *NAMES)
    assert len(undisturbed) > 20
    assert results_of(killed, *NAMES) == undisturbed
    assert killed.planned() == {}
