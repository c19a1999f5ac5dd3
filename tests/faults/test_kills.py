"""Forty times kill -9 at random moments of the demo, then one run to the end: the same bytes as undisturbed."""

import random

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
# The demo as it is shipped, all but one study: the same rules over again would only take longer.
SETTINGS = "studies:\n  zeb2_ihc: {active: false}\n"


def demo(folder) -> Workflow:
    copy_of_the_project(folder)
    (folder / "my.yaml").write_text("scale: demo\n")
    return Workflow(folder, "my.yaml")


@pytest.mark.slow
def test_forty_kills_change_nothing(tmp_path):
    chance = random.Random(20)
    quiet = demo(tmp_path / "quiet")
    quiet.run()
    killed, moments = demo(tmp_path / "killed"), []
    while len(moments) < KILLS:
        killed.run("--unlock")
        started = Started(killed)
        try:
            # Planning takes some five seconds; now and then it is what is killed.
            ended = started.ended_within(chance.uniform(3, 24))
            assert not ended, f"ended after {len(moments)} kills:\n{started.output.read_text()}"
            started.kill(with_its_jobs=chance.random() < 0.7)
            moments.append(len(results_of(killed, "record.json")))
        finally:
            if started.process.poll() is None:
                started.clean_up()
    killed.run("--unlock")
    killed.run()
    print(f"records there when it was killed: {moments}")
    assert len(set(moments)) > KILLS / 8, "the kills did not spread over the phases"
    undisturbed = results_of(quiet, *NAMES)
    assert len(undisturbed) > 100
    assert results_of(killed, *NAMES) == undisturbed
    assert killed.planned() == {}
