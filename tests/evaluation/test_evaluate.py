"""The evaluate step: its files, its means over folds and seeds, its refusals."""

import argparse
import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from fabricated import Study
from sklearn.metrics import roc_auc_score

from workflow_scripts.contracts.chart_tables import CONFUSION, RELIABILITY, ROC, TRAINING_CURVES
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.metric_names import POOLED_METRICS
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_tables import METRICS, UNITS
from workflow_scripts.evaluation import plots
from workflow_scripts.evaluation.metric_tables import arrays
from workflow_scripts.evaluation.metrics import OVERALL, PER_CLASS, point
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import evaluate

CLASSES = ["normal", "abnormal", "other"]


def run(study: Study, name: str = "cnn", figures: bool = False, **options):
    """Evaluate one run; returns the folder of its evaluation, and its metrics."""
    out = study.root / "evaluation" / "grouped"
    study.evaluate(name, figures=figures, **options)
    return out / name, METRICS.read(out / name / "metrics.csv")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    study = Study(tmp_path_factory.mktemp("r"), CLASSES, n=240, folds=2, seeds=(0, 7))
    study.add("cnn", 2.0)
    return study, *run(study, figures=True)


def test_figures_and_tables_are_there(evaluated):
    _, out, _ = evaluated
    names = {path.name for path in out.iterdir()}
    jobs = {f"fold{fold}-seed{seed}.json" for fold in (0, 1) for seed in (0, 7)}
    kinds, endings = ("confusion", "roc", "reliability", "curves"), ("png", "webp", "svg", "pdf", "csv")
    figures = {f"{kind}.{ending}" for kind in kinds for ending in endings}
    assert names == {"metrics.csv", "metrics.json", "statistics.csv"} | jobs | figures


def test_beside_each_figure_lie_the_numbers_that_it_shows(evaluated):
    study, out, table = evaluated
    shown = table.query("subset == 'test' and fold == 'all'")
    tested = study.read("cnn", 0, 0).query("subset == 'test'"), study.read("cnn", 1, 0).query("subset == 'test'")
    counts = CONFUSION.read(out / "confusion.csv")
    assert set(counts["subset"]) == {"test"} and len(counts) == len(CLASSES) ** 2
    by_class = counts.groupby("true")["units"].sum()
    assert by_class.to_dict() == pd.concat(tested)["label"].value_counts().to_dict()
    assert counts["share"].to_numpy() == pytest.approx((counts["units"] / counts["true"].map(by_class)).to_numpy())
    curves = ROC.read(out / "roc.csv")
    mean = curves[curves["curve"] == "mean"]
    area = np.trapezoid(mean["sensitivity"], mean["one_minus_specificity"])
    assert area == pytest.approx(shown.query("metric == 'macro_auc'")["value"].item(), abs=0.01)
    assert set(curves["class"]) == {*CLASSES, ""}
    bins = RELIABILITY.read(out / "reliability.csv")
    right = (bins["accuracy"] * bins["units"]).sum() / bins["units"].sum()
    assert right == pytest.approx(shown.query("level == 'overall' and metric == 'accuracy'")["value"].item(), abs=0.02)
    epochs = TRAINING_CURVES.read(out / "curves.csv")
    assert set(zip(epochs["fold"], epochs["seed"], strict=True)) == {
        ("all", "all"),
        *((str(fold), str(seed)) for fold in (0, 1) for seed in (0, 7)),
    }


def test_numbers_are_what_they_were(tmp_path):
    """Against the table of one run, written when each run was evaluated in a process of its own."""
    study = Study(tmp_path, CLASSES, seeds=(0, 7))
    for name, skill in (("first", 1.0), ("cnn", 2.0)):
        study.add(name, skill)
    study.evaluate("first", "cnn")
    found = METRICS.read(tmp_path / "evaluation" / "grouped" / "cnn" / "metrics.csv")
    pd.testing.assert_frame_equal(found, METRICS.read(Path(__file__).parent / "metrics_as_they_were.csv"), rtol=1e-7)


def test_runs_that_judged_other_units_are_refused(tmp_path):
    study = Study(tmp_path, CLASSES)
    study.add("cnn", 2.0)
    path = study.add("other", 2.0) / "fold0-seed0" / "units.csv"
    units = UNITS.read(path)
    # One of those that the comparison does not look at: only the shared draws would be wrong for it.
    UNITS.write(path, units.drop(units.index[units["subset"] == "validation"][-1]))
    with pytest.raises(UserError, match="run other, fold 0, seed 0: judges other units"):
        study.evaluate("cnn", "other")


def test_each_fold_and_seed_has_every_metric_of_its_own_units(evaluated):
    study, out, _ = evaluated
    for fold in (0, 1):
        for seed in (0, 7):
            found = json.loads((out / f"fold{fold}-seed{seed}.json").read_text())
            units = study.read("cnn", fold, seed)
            for subset in ("validation", "test"):
                rows = units[units["subset"] == subset]
                expected = point(*arrays(rows), 10)
                assert set(found[subset]) == {*OVERALL, "per_class"}
                for metric in OVERALL:
                    cell = found[subset][metric]
                    assert cell["value"] == pytest.approx(float(expected.overall[metric])) and cell["n"] == len(rows)
                    assert cell["low"] <= cell["value"] <= cell["high"] or metric == "ece"
                assert set(found[subset]["per_class"]) == set(CLASSES)
                assert set(found[subset]["per_class"]["other"]) == set(PER_CLASS)
                assert found[subset]["per_class"]["other"]["f1"]["n"] == (rows["label"] == "other").sum()


def test_the_mean_is_over_folds_and_seeds_within_which_the_metric_was_computed(evaluated):
    study, out, table = evaluated
    test = table[(table["subset"] == "test") & (table["level"] == "overall") & (table["metric"] == "macro_auc")]
    single, mean = test[test["fold"] != "all"], test[test["fold"] == "all"]
    assert len(single) == 4 and len(mean) == 1 and mean["seed"].item() == "all"
    assert mean["value"].item() == pytest.approx(single["value"].mean())
    assert mean["n"].item() == single.loc[single["seed"] == "0", "n"].sum()
    assert study.metrics("cnn")["test"]["macro_auc"]["value"] == pytest.approx(mean["value"].item())


def test_folds_are_pooled_for_a_second_auc_and_only_where_there_are_several(evaluated, tmp_path):
    study, _, table = evaluated
    row = table[(table["metric"] == "pooled_macro_auc") & (table["subset"] == "test")]
    assert row["fold"].tolist() == ["all"] and row["seed"].tolist() == ["all"]
    expected = []
    for seed in (0, 7):
        both = pd.concat([study.read("cnn", fold, seed).query("subset == 'test'") for fold in (0, 1)])
        expected.append(np.mean([roc_auc_score(both["label"] == name, both[f"p_{name}"]) for name in CLASSES]))
    assert row["value"].item() == pytest.approx(np.mean(expected)) and row["n"].item() == len(both)
    within = table.query("metric == 'macro_auc' and subset == 'test' and fold == 'all'")["value"].item()
    assert row["value"].item() != within and row["low"].item() < row["value"].item() < row["high"].item()
    single = Study(tmp_path, CLASSES)
    single.add("cnn", 2.0)
    assert not run(single)[1]["metric"].isin(POOLED_METRICS).any()


def test_equal_metrics_have_equal_intervals(evaluated):
    _, _, table = evaluated
    ends = [table.loc[table["metric"] == name, ["low", "high"]] for name in ("balanced_accuracy", "macro_sensitivity")]
    assert ends[0].to_numpy() == pytest.approx(ends[1].to_numpy())


def test_the_table_is_tidy(evaluated):
    _, _, table = evaluated
    key = ["fold", "seed", "subset", "level", "class", "metric"]
    assert not table.duplicated(key).any()
    pooled = table["metric"].isin(POOLED_METRICS).sum()
    assert len(table) == 5 * 2 * (len(OVERALL) + len(CLASSES) * len(PER_CLASS)) + pooled
    assert set(table.loc[table["level"] == "overall", "class"]) == {""}


def test_equal_inputs_give_equal_bytes(tmp_path):
    study = Study(tmp_path, CLASSES)
    study.add("cnn", 2.0)
    names = ("metrics.csv", *(f"roc.{ending}" for ending in ("png", "webp", "svg", "pdf", "csv")), "confusion.png")
    out, _ = run(study, figures=True)
    first = [(out / name).read_bytes() for name in names]
    run(study, figures=True)
    assert first == [(out / name).read_bytes() for name in names]


def test_undefined_values_are_null_and_empty_cells(tmp_path):
    study = Study(tmp_path, CLASSES)
    path = study.add("cnn", 2.0) / "fold0-seed0" / "units.csv"
    units = UNITS.read(path).assign(p_normal=0.5, p_abnormal=0.3, p_other=0.2)  # always the same answer
    UNITS.write(path, units)
    out, table = run(study)
    test = json.loads((out / "fold0-seed0.json").read_text())["test"]
    n = test["accuracy"]["n"]
    assert test["macro_precision"] == {"value": None, "low": None, "high": None, "n": n}
    assert table.loc[table["metric"] == "macro_precision", "value"].isna().all()


def test_a_mean_that_is_undefined_for_one_fold_has_no_interval(tmp_path):
    study = Study(tmp_path, ["a", "b"], n=240, folds=3)
    paths = [study.add("cnn", 2.0) / f"fold{fold}-seed0" / "units.csv" for fold in range(3)]
    UNITS.write(paths[1], UNITS.read(paths[1]).assign(p_a=0.9, p_b=0.1))  # in one fold b is never predicted
    _, table = run(study)
    precision = table.query("metric in ('precision', 'macro_precision') and fold == 'all' and `class` != 'a'")
    assert set(precision["metric"]) == {"precision", "macro_precision"} and precision["value"].isna().all()
    undefined = table[table["value"].isna()]
    assert undefined["low"].isna().all() and undefined["high"].isna().all()
    defined = table.query("fold == 'all' and metric == 'accuracy'")
    assert defined[["low", "high"]].notna().all(axis=None)


def test_a_protocol_without_validation_units_is_evaluated_on_its_test_units(tmp_path):
    study = Study(tmp_path, CLASSES)
    path = study.add("cnn", 2.0) / "fold0-seed0" / "units.csv"
    UNITS.write(path, UNITS.read(path).assign(subset="test"))
    _, table = run(study)
    assert set(table["subset"]) == {"test"}


def test_without_a_test_subset_the_validation_units_are_evaluated_and_shown(tmp_path):
    study = Study(tmp_path, CLASSES)
    path = study.add("cnn", 2.0) / "fold0-seed0" / "units.csv"
    settings = {**study.evaluate_settings("cnn"), "reported": "validation"}
    with patch.object(study, "evaluate_settings", return_value=settings):
        with pytest.raises(UserError, match="has test units, but the protocol has no test subset"):
            run(study)
        UNITS.write(path, UNITS.read(path).assign(subset="validation"))
        with patch.object(plots, "confusion_figure", wraps=plots.confusion_figure) as drawn:
            _, table = run(study, figures=True)
    assert set(table["subset"]) == {"validation"}
    assert drawn.call_args.args[2] == "cnn, grouped, validation images, selected on: 120 units"


def test_units_of_several_samples_are_checked_by_unit(tmp_path):
    study = Study(tmp_path, CLASSES)
    path = study.add("cnn", 2.0) / "fold0-seed0" / "units.csv"
    manifest = MANIFEST.read(tmp_path / "dataset" / "manifest.csv")
    MANIFEST.write(tmp_path / "dataset" / "manifest.csv", manifest.assign(id="tile " + manifest["id"]))
    assert len(run(study, aggregate="mean")[1])
    with pytest.raises(UserError, match="unit 's00000' is not in the manifest"):
        run(study, aggregate="none")
    assert path.exists()


def broken(change):
    def apply(study, folder):
        units = UNITS.read(folder / "units.csv")
        change(units).to_csv(folder / "units.csv", index=False)

    return apply


def other_settings(study, folder):
    record = json.loads((folder / "record.json").read_text())
    record["settings"]["spec"] = {"epochs": 1}
    write_record(folder / "record.json", record)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (other_settings, "was made with other settings"),
        (lambda study, folder: (folder / "record.json").unlink(), "record.json is missing"),
        (lambda study, folder: (folder / "units.csv").unlink(), "units.csv is missing"),
        (broken(lambda u: u.assign(label=u["label"][::-1].to_numpy())), "has label .* the manifest says"),
        (broken(lambda u: u.assign(group="p")), "has group 'p', the manifest says 'p0'"),
        (broken(lambda u: u.assign(id="x" + u["id"])), "unit 'xs00000' is not in the manifest"),
        (broken(lambda u: u.assign(fold=1)), "rows of another fold"),
        (broken(lambda u: u.assign(subset="validation")), "no test units"),
        (broken(lambda u: u.assign(subset="train")), "row 2: subset 'train'; use validation, test"),
        (broken(lambda u: pd.concat([u, u[:1]])), "units repeats the row .*'id': 's00000'"),
        (broken(lambda u: u.rename(columns={"p_other": "p_else"})), "classes normal, abnormal, else; the dataset has"),
        (broken(lambda u: u.assign(p_other=np.nan)), "row 2: p_other '' is no number"),
        (broken(lambda u: u.assign(p_other="inf")), "row 2: p_other 'inf' is no number"),
        (broken(lambda u: u.assign(p_other="many")), "row 2: p_other 'many' is no number"),
        (broken(lambda u: u.assign(p_normal=-0.5, p_abnormal=0.5, p_other=1.0)), "p_normal '-0.5' is no probability"),
        (broken(lambda u: u.assign(p_normal=0.0, p_abnormal=0.0, p_other=1.5)), "p_other '1.5' is no probability"),
        (broken(lambda u: u.assign(p_normal=0.1, p_abnormal=0.0, p_other=0.9001)), "sum to 1.0001, not to 1"),
    ],
)
def test_runs_that_do_not_belong_are_refused(tmp_path, spoil, says):
    study = Study(tmp_path, CLASSES)
    spoil(study, study.add("cnn", 2.0) / "fold0-seed0")
    with pytest.raises(UserError, match=says) as caught:
        run(study)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "evaluation" / "grouped" / "cnn" / "metrics.csv").exists()


def test_seeds_that_judged_other_units_are_refused(tmp_path):
    study = Study(tmp_path, CLASSES, seeds=(0, 1))
    folder = study.add("cnn", 2.0) / "fold0-seed1"
    UNITS.write(folder / "units.csv", UNITS.read(folder / "units.csv")[1:])
    with pytest.raises(UserError, match="judges other units"):
        run(study)


def test_the_intervals_of_grouped_units_are_wider_than_of_single_ones(tmp_path):
    widths = []
    for groups in (True, False):
        study = Study(tmp_path / str(groups), ["a", "b"], n=400)
        path = study.add("cnn", 2.0) / "fold0-seed0" / "units.csv"
        units = UNITS.read(path)
        wrong = (np.arange(len(units)) // 4 % 5 == 0) == (units["label"] == "a").to_numpy()  # whole groups are wrong
        units = units.assign(p_a=np.where(wrong, 0.2, 0.8)).assign(p_b=lambda u: 1 - u["p_a"])
        if not groups:
            units["group"] = ""
            manifest = pd.read_csv(study.root / "dataset" / "manifest.csv", keep_default_na=False).assign(group="")
            manifest.to_csv(study.root / "dataset" / "manifest.csv", index=False)
        UNITS.write(path, units)
        run(study)
        cell = study.metrics("cnn")["test"]["accuracy"]
        widths.append(cell["high"] - cell["low"])
    assert widths[0] > 1.5 * widths[1]


def test_runs_made_with_other_versions_are_said_in_log_and_record(tmp_path, caplog, monkeypatch):
    study = Study(tmp_path, CLASSES, seeds=(0, 1))
    folder = study.add("cnn", 2.0)
    for seed, torch in ((0, "2.13"), (1, "2.15")):
        path = folder / f"fold0-seed{seed}" / "record.json"
        write_record(path, {**json.loads(path.read_text()), "versions": {"torch": torch}})
    monkeypatch.setattr("workflow_scripts.runtime.entry.log.propagate", True)
    run(study)
    said = "made with different torch: 2.13 (cnn fold0-seed0); 2.15 (cnn fold0-seed1)"
    assert any(said in line.getMessage() and line.levelname == "WARNING" for line in caplog.records)
    assert said in json.loads((tmp_path / "evaluation" / "grouped" / "record.json").read_text())["mixed"][0]


def test_the_evaluation_writes_its_own_folder_alone_and_vouches_for_every_file_in_it(tmp_path):
    study = Study(tmp_path, CLASSES)
    study.add("cnn", 2.0)
    before = set((tmp_path / "runs").rglob("*"))
    run(study)
    assert set((tmp_path / "runs").rglob("*")) == before
    folder = tmp_path / "evaluation" / "grouped"
    outputs = json.loads((folder / "record.json").read_text())["outputs"]
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} - {"record.json"}
    assert outputs.keys() == written


def test_repeats_are_pooled_within_each_and_averaged_and_a_unit_counts_once(tmp_path):
    study = Study(tmp_path / "results", ["a", "b"], folds=4)
    folder = study.add("run", 1.0)
    # The second repeat tests what the first did: folds 2 and 3 are of the units of folds 0 and 1.
    for fold in (2, 3):
        table = UNITS.read(folder / f"fold{fold - 2}-seed0" / "units.csv").assign(fold=fold)
        noise = np.random.default_rng(fold).uniform(0, 0.3, len(table))
        table["p_a"] = table["p_a"] * 0.7 + noise
        UNITS.write(folder / f"fold{fold}-seed0" / "units.csv", table.assign(p_b=1 - table["p_a"]))
    study.vouch()
    settings = {**study.evaluate_settings("run"), "repeats": 2}
    out = tmp_path / "results" / "evaluation" / "grouped"
    folders = {"dataset": study.root / "dataset", "runs": study.root / "runs" / "grouped", "out": out}
    evaluate.main(argparse.Namespace(settings=settings, code="", **folders))
    metrics = METRICS.read(out / "metrics.csv").query("subset == 'test' and fold == 'all' and level == 'overall'")
    metrics = metrics.set_index("metric")
    tests = [study.read("run", fold).query("subset == 'test'") for fold in range(4)]
    assert set(metrics["n"]) == {len(tests[0]) + len(tests[1])}
    repeats = [pd.concat(tests[:2]), pd.concat(tests[2:])]
    areas = [roc_auc_score(table["label"] == "b", table["p_b"]) for table in repeats]
    assert metrics["value"]["pooled_macro_auc"] == pytest.approx(np.mean(areas))
    together = pd.concat(tests)
    assert metrics["value"]["pooled_macro_auc"] != pytest.approx(
        roc_auc_score(together["label"] == "b", together["p_b"]), abs=1e-6
    )
