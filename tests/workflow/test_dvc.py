"""DVC over the workflow: stages, what re-enters, what is refused, and the way to another place and back.

dvc.yaml and the stage command are the real ones; Snakemake is stood in for (see stand_in_snakemake.py).
"""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.workflow.dvc_copy import Copy, clone_of, make_copy

STUDY = """    adapters: [sipakmed]
    protocols: {{published: {{kind: holdout}}}}
    runs: {{tiny: {{kind: network, model: resnet18}}}}
    enabled: {enabled}
"""
CONFIG = "scale: demo\nseed: 0\nresults: results\ntemplates: {{}}\nstudies:\n  first:\n{}  asleep:\n{}".format(
    STUDY.format(enabled="true"), STUDY.format(enabled="false")
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """Results of one `dvc repro`, committed and pushed."""
    copy = make_copy(tmp_path_factory.mktemp("dvc") / "work", CONFIG)
    shutil.copy(Path(__file__).with_name("stand_in_snakemake.py"), copy.folder / "snakemake.py")
    entered = copy.repro()
    assert sorted(entered) == sorted(
        f"{phase}@{study}" for phase in ("data", "runs", "report") for study in ("first", "asleep")
    )
    assert copy.calls() == [f"first_{phase} --cores all" for phase in ("data", "runs", "report")]
    (copy.folder / "calls.txt").unlink()
    copy.git("add", "-A")
    copy.git("commit", "-q", "-m", "results")
    copy.dvc("push")
    return copy.folder


@pytest.fixture
def copy(finished, tmp_path) -> Copy:
    """The place where the results were made."""
    return Copy(Path(shutil.copytree(finished, tmp_path / "work", symlinks=True)))


@pytest.fixture
def clone(finished, tmp_path) -> Copy:
    """Another place."""
    return clone_of(finished, tmp_path / "clone")


def test_a_second_time_nothing_is_entered_and_a_setting_enters_only_what_depends_on_it(copy):
    assert copy.repro() == []
    copy.edit("config.yaml", "seed: 0\n", "# a remark\nseed: 0\n")
    copy.edit("config.yaml", "model: resnet18", "model: resnet34")
    assert copy.repro() == ["runs@first", "report@first"]


@pytest.mark.slow
def test_a_local_overlay_is_seen_and_a_new_section_is_three_new_stages(copy):
    (copy.folder / "config.local.yaml").write_text("studies: {first: {seeds: [0, 1]}}\n")
    assert copy.repro() == ["runs@first", "report@first"]
    (copy.folder / "config.yaml").write_text(CONFIG + "  third:\n" + STUDY.format(enabled="true"))
    names = copy.dvc("stage", "list", "--name-only").stdout.split()
    assert {"data@third", "runs@third", "report@third"} <= set(names) and len(names) == 10


def test_the_name_of_a_study_is_no_command_and_is_refused(copy):
    name = "x$(touch PWNED)'; touch PWNED; '"
    (copy.folder / "config.yaml").write_text(CONFIG + f'  "{name}":\n' + STUDY.format(enabled="true"))
    stated = copy.folder / ".work" / "settings" / name / "data.json"
    stated.parent.mkdir()
    stated.write_text("{}")
    refused = copy.dvc("repro", "--single-item", f"data@{name}", check=False)
    assert refused.returncode != 0
    assert (
        "a study cannot be called" in refused.stdout + refused.stderr
        and "Traceback" not in refused.stdout + refused.stderr
    )
    assert not (copy.folder / "PWNED").exists() and copy.calls() == []


def test_metrics_and_plots_show_what_there_is_beside_a_study_that_is_not_enabled(copy):
    metrics = json.loads(copy.dvc("metrics", "show", "--json").stdout)[""]["data"]
    headline = {"run": "tiny", "metric": "accuracy", "value": 0.5}
    assert metrics == {"results/first/headline/published.json": {"data": headline}}
    plots = json.loads(copy.dvc("plots", "show", "--json").stdout)
    assert "errors" not in plots and list(plots["data"]) == ["results/first/curves/published__tiny.csv"]


def test_the_page_of_plots_holds_the_scripts_that_draw_them_and_asks_no_network(copy):
    copy.dvc("plots", "show")
    page = (copy.folder / "dvc_plots" / "index.html").read_text()
    assert "published__tiny.csv" in page and "validation_loss" in page
    assert all(
        f"global.{name} = " in page or f".{name} = factory" in page for name in ("vega", "vegaLite", "vegaEmbed")
    )
    assert not re.findall(r"<script[^>]* src=|<link[^>]* href=", page)


def test_pulled_results_are_refused_until_they_are_restored(clone):
    clone.dvc("pull")
    clone.edit("config.yaml", "model: resnet18", "model: resnet34")
    refused = clone.dvc("repro", "runs@first", check=False)
    assert refused.returncode and "run `make restore`" in refused.stderr
    assert clone.calls() == []


@pytest.mark.slow
def test_restored_results_are_recorded_and_a_changed_setting_is_noticed(clone):
    told = clone.restore().stderr
    assert "restored: first" in told
    calls = clone.calls()
    assert "--touch --forceall" in calls[-3] and calls[-1].startswith("results/first/tracked.json")
    assert (clone.folder / "results/first/metrics.json").exists()
    assert clone.repro("runs@first", "report@first") == []
    clone.edit("config.yaml", "model: resnet18", "model: resnet34")
    assert clone.repro("report@first") == ["runs@first", "report@first"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("config.yaml", "model: resnet18", "model: resnet34"),
        ("workflow_scripts/runtime/seeds.py", ">> 1", ">> 2"),
    ],
)
def test_results_of_other_settings_or_code_are_not_restored(clone, name, old, new):
    clone.edit(name, old, new)
    refused = clone.restore(check=False)
    assert refused.returncode == 1 and not any("--touch" in call for call in clone.calls())
    assert (
        refused.stderr.strip().splitlines()[-1].startswith("error: ") and "modified against dvc.lock" in refused.stderr
    )


@pytest.mark.parametrize("name", ["splits/published.json", "runs/published/tiny/fold0-seed0/record.json"])
def test_a_file_changed_after_its_record_is_refused(copy, name):
    path = copy.folder / "results/first" / name
    path.write_text("{}")
    os.utime(path, (1, 1))
    refused = copy.dvc("repro", "runs@first", check=False)
    assert refused.returncode and "changed since they were made" in refused.stderr


def test_restore_without_stored_results_is_one_line(copy):
    (copy.folder / "dvc.lock").unlink()
    told = copy.restore(check=False)
    assert told.returncode == 1
    assert told.stderr.strip().splitlines() == [
        "error: dvc.lock holds no results of an enabled study; `dvc repro` makes them, `dvc push` stores them"
    ]


def test_numbers_and_curves_that_changed_since_the_last_commit_are_shown(copy):
    copy.commit_results()
    assert copy.changes("first")[0] == {}
    copy.edit("results/first/metrics.json", "0.5", "0.75")
    copy.edit("results/first/headline/published.json", "0.5", "0.75")
    copy.edit("results/first/curves/published__tiny.csv", "2,1", "2,0.5")
    numbers, curves = copy.changes("first")
    changed = {"old": 0.5, "new": 0.75, "diff": 0.25}
    assert numbers == {"results/first/headline/published.json": {"value": changed}}
    named = json.loads(copy.dvc("metrics", "diff", "--json", "--targets", "results/first/metrics.json").stdout)
    assert named == {"results/first/metrics.json": {"accuracy": changed}}
    (name,) = (name for name in curves if name.endswith("published__tiny.csv"))
    assert {revision for curve in curves[name] for revision in curve["revisions"]} == {"HEAD", "workspace"}
    assert "index.html" in copy.dvc("plots", "diff", "--targets", "results/first/curves").stdout
