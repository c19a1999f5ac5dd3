"""docs/how-to/add_a_metric.md, followed in a copy: one new file and one line of settings, nothing is edited."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units
from sklearn.metrics import matthews_corrcoef

from workflow_scripts.contracts.metric_names import Metric
from workflow_scripts.contracts.run_tables import METRICS, predicted
from workflow_scripts.evaluation import metric_registry
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import Measuring, estimate
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_registry import AddedMetric
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "add_a_metric.md").read_text(encoding="utf-8")
NAMED = re.compile(r"^```\w+\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CLASSES = ["a", "b", "c"]
# What a copy says of the settings of the page: the step's list, the modules of its code, the words of the report.
ASKED = """
import json, yaml
from pathlib import Path
from workflow_scripts.reporting.formatting import metric_name, number
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import EVALUATE
from workflow_scripts.settings.plan.workflow_plan import Plan
mine = Path("mine.yaml")
plan = Plan(Path.cwd(), yaml.safe_load(mine.read_text()), Path.cwd(), [mine])
names = StepNames(study="cvm_cervix", protocol="published")
stated = EVALUATE.settings(plan, names)["evaluate"]["metrics"]
modules = EVALUATE.modules(plan, names)
print(json.dumps([stated, modules[-1], metric_name("matthews"), number("matthews", 0.5)]))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project with the files of the page."""
    folder = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(ROOT / "workflow_scripts", folder / "workflow_scripts")
    shutil.copy(ROOT / "config.yaml", folder)
    for name, text in NAMED.findall(PAGE):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _units() -> pd.DataFrame:
    """Sixty units, half of them of the first class."""
    return units(_rng(), np.tile([0, 0, 1, 2], 15), 2.0, CLASSES)


def python(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_settings_and_the_report_know_the_metric_of_the_page(copy):
    module = "workflow_scripts.evaluation.added_metrics.matthews"
    assert json.loads(python(copy, "-c", ASKED)) == [["matthews"], module, "Matthews correlation", "0.500"]


def test_the_metric_of_the_page_is_measured_with_its_interval(copy, tmp_path):
    study = Study(tmp_path, CLASSES, seeds=(0, 1))
    study.add("cnn", 1.5)
    study.vouch()
    out = tmp_path / "evaluation" / "grouped"
    folders = ["--dataset", tmp_path / "dataset", "--runs", tmp_path / "runs" / "grouped", "--out", out]
    stated = json.dumps(study.evaluate_settings("cnn", metrics=["matthews"]))
    arguments = ["--settings", stated, "--code", "", "--log", tmp_path / "log", *folders]
    python(copy, "-m", "workflow_scripts.steps.evaluate", *map(str, arguments))
    table = METRICS.read(out / "cnn" / "metrics.csv").query("metric == 'matthews' and subset == 'test'")
    units = [study.read("cnn", 0, seed).query("subset == 'test'") for seed in (0, 1)]
    expected = [matthews_corrcoef(frame["label"], predicted(frame)) for frame in units]
    assert table["value"].tolist() == pytest.approx([*expected, sum(expected) / 2])
    assert (table["low"] < table["value"]).all() and (table["value"] < table["high"]).all()
    assert set(table["level"]) == {"overall"} and table["seed"].tolist() == ["0", "1", "all"]


def test_an_added_metric_of_each_class_has_a_value_a_class():
    """The share of a class's units among all, which needs no predictions."""
    metric = Metric("share_of_units", "class", "Share of the units", proportion=True)

    def values(labels, p, weights):
        return (weights.T @ (labels[:, None] == range(p.shape[1]))) / weights.sum(axis=0)[:, None]

    frame = _units()
    resampler = Resampler([frame], 100, _rng())
    measuring = Measuring(CLASSES, 10, (AddedMetric(metric, values),))
    result = estimate(Grid({(0, 0): frame}), resampler, measuring)["all"]
    assert [result.per_class[name]["share_of_units"].value for name in CLASSES] == [0.5, 0.25, 0.25]
    assert all(cell["share_of_units"].low < cell["share_of_units"].high for cell in result.per_class.values())


def test_where_all_draws_agree_only_a_proportion_or_an_end_of_the_range_has_an_interval():
    def constant(value):
        return lambda labels, p, weights: value + 0 * weights.sum(axis=0)

    frame = _units()
    ends = {}
    for name, value, proportion in (("inside", 0.5, False), ("share", 0.5, True), ("highest", 1.0, False)):
        metric = Metric(name, "overall", name, proportion=proportion)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(metric_registry, "added_metrics", lambda name=name: {name: "module"})
            patch.setattr(metric_registry, "load", lambda _, metric=metric: AddedMetric(metric, None))
            measuring = Measuring(CLASSES, 10, (AddedMetric(metric, constant(value)),))
            result = estimate(Grid({(0, 0): frame}), Resampler([frame], 100, _rng()), measuring)
        ends[name] = result["all"].overall[name]
    assert ends["inside"].low != ends["inside"].low
    assert ends["share"].low < 0.5 < ends["share"].high and ends["highest"].low < 1 == ends["highest"].high


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("accuracy", "accuracy is measured anyway; take it out of the list"),
        ("mathews", "no metric is called 'mathews'"),
    ],
)
def test_a_metric_that_is_not_there_or_is_there_anyway_is_refused(name, said):
    with pytest.raises(UserError, match=said):
        settings(ROOT, {"studies": {"cvm_cervix": {"evaluate": {"metrics": [name]}}}})


@pytest.mark.parametrize(
    ("file", "metric", "said"),
    [
        (
            "mine",
            Metric("yours", "overall", "Mine"),
            "METRIC is 'yours' of level 'overall'; give it the name of its file",
        ),
        ("mine", Metric("mine", "pooled", "Mine"), "METRIC is 'mine' of level 'pooled'"),
        ("kappa", Metric("kappa", "overall", "Mine"), "kappa is a built-in metric; rename the file"),
    ],
)
def test_a_module_that_names_another_metric_is_refused(monkeypatch, file, metric, said):
    monkeypatch.setattr(metric_registry, "added_metrics", lambda: {file: "a.module"})
    module = type("Module", (), {"METRIC": metric, "__file__": f"{file}.py", "values": None})
    monkeypatch.setattr(metric_registry.importlib, "import_module", lambda name: module)
    with pytest.raises(UserError, match=said):
        metric_registry.load.__wrapped__(file)
