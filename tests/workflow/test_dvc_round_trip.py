"""With the real Snakemake: results made here, pushed, cloned, restored there; then a changed setting."""

import json
import sys

import pytest

from tests.workflow.conftest import OFF, TINY
from tests.workflow.dvc_copy import Copy, clone_of, make_copy

CONFIG = "scale: demo\nseed: 0\nresults: results\ntemplates: {}\n" + TINY.replace(OFF, "")


def planned(copy: Copy, *arguments: str) -> str:
    return copy.run(sys.executable, "-m", "snakemake", *arguments, "--cores", "2", "-n").stdout


@pytest.mark.slow
def test_restored_results_need_nothing_and_a_changed_setting_runs_its_study_only(tmp_path):
    copy = make_copy(tmp_path / "work", CONFIG)
    studies = ("first", "second")
    assert sorted(copy.repro()) == sorted(
        f"{phase}@{study}" for phase in ("data", "runs", "report") for study in studies
    )
    assert copy.repro() == []
    metrics = json.loads(copy.dvc("metrics", "show", "--json").stdout)[""]["data"]
    assert {name.rpartition("/")[0] for name in metrics} == {f"results/{study}/headline" for study in studies}
    plots = json.loads(copy.dvc("plots", "show", "--json").stdout)
    assert "errors" not in plots and "results/first/curves/published__tiny.csv" in plots["data"]
    copy.commit_results()
    copy.dvc("push")

    clone = clone_of(copy.folder, tmp_path / "clone")
    clone.restore()
    assert "Nothing to be done" in planned(clone, "first", "second")
    names = {path.name for path in (clone.folder / "results/mlflow/artifacts").iterdir()}
    assert names == set(studies)
    before = (clone.folder / "results/first/metrics.json").read_bytes()
    assert before == (copy.folder / "results/first/metrics.json").read_bytes()

    clone.edit("config.yaml", "    adapters: [herlev]\n", "    adapters: [herlev]\n    train: {epochs: 1}\n")
    text = planned(clone, "first", "second")
    assert "second: train other (grouped" in text and "first:" not in text and "read the raw files" not in text
    assert clone.repro("report@first", "report@second") == ["runs@second", "report@second"]
    assert (clone.folder / "results/first/metrics.json").read_bytes() == before
    numbers, curves = clone.changes("second")
    assert numbers and all(name.startswith("results/second/headline/") for name in numbers)
    found = [
        revision for curve in curves["results/second/curves/grouped__other.csv"] for revision in curve["revisions"]
    ]
    assert {"HEAD", "workspace"} <= set(found)
