"""Risk: the threshold comes from validation units alone, every number is that of its definition, weights count."""

import numpy as np
import pandas as pd
import pytest
from fabricated import Study, units
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from tests.vouched import vouch
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.risk_table import CALIBRATION, DECISION, PRECISION_RECALL, RISK, RISK_CURVES, TREAT_ALL
from workflow_scripts.contracts.run_tables import METRICS, UNITS
from workflow_scripts.contracts.step_settings.evaluate_settings import Risk
from workflow_scripts.evaluation import recalibration
from workflow_scripts.evaluation.added_metrics.average_precision import average_precision
from workflow_scripts.evaluation.added_metrics.calibration_slope import values as calibration_slope
from workflow_scripts.evaluation.bootstrap import Resampler, once
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.risk_curves import curves
from workflow_scripts.evaluation.risk_figure import RiskFigure
from workflow_scripts.evaluation.risk_groups import RiskGroups, threshold
from workflow_scripts.runtime.errors import UserError

CLASSES = ["low", "high"]
ASKED = {"positive": "high", "sensitivity": 0.9}


def table(seed: int, n: int = 200, fold: int = 0, lost: float = 0.0, stretch: float = 1.0) -> pd.DataFrame:
    """Units with calibrated risks (for a stretch of 1), the first quarter of them for validation."""
    rng = np.random.default_rng([n, fold])
    odds = rng.normal(-1, 1.3, n)
    frame = units(rng, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int), 0, CLASSES, fold, first=fold * n)
    noise = np.random.default_rng(seed).normal(0, 0.1, n)
    p = 1 / (1 + np.exp(-stretch * odds - noise))
    frame = frame.assign(p_low=1 - p, p_high=p, group="", subset=np.where(np.arange(n) < n // 4, "validation", "test"))
    if lost:
        gone = rng.random(n) < lost
        frame = frame.assign(weight=np.where(gone, 0.0, 1 / (1 - lost)))
        frame.loc[gone, "label"] = "low"
    return frame


def grouped(grid: Grid, sensitivity: float = 0.9, draws: int = 200) -> RiskGroups:
    resampler = Resampler(grid.subset("test").values(), draws, np.random.default_rng(0))
    return RiskGroups.of("lstm", grid, "test", CLASSES, Risk("high", sensitivity), resampler)


def grid_of(folds: int = 1, seeds: tuple[int, ...] = (0,), **how) -> Grid:
    return Grid({(fold, seed): table(seed, fold=fold, **how) for fold in range(folds) for seed in seeds})


def cell(rows: pd.DataFrame, group: str, measure: str, fold: str = "all") -> pd.Series:
    (row,) = rows[(rows["fold"] == fold) & (rows["group"] == group) & (rows["measure"] == measure)].iloc
    return row


def test_the_threshold_is_the_highest_that_reaches_the_sensitivity():
    risk, happened = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), np.array([1, 0, 1, 1, 0, 1], dtype=bool)
    weights = np.ones(6)
    reached = {0.25: 0.9, 0.26: 0.7, 0.5: 0.7, 0.75: 0.6, 0.76: 0.4, 1.0: 0.4}
    assert {share: threshold(risk, happened, weights, share) for share in reached} == reached
    # Whose outcome is unknown decides nothing; who counts twice, twice.
    assert threshold(risk, happened, np.array([1, 1, 1, 1, 1, 0.0]), 1.0) == 0.6
    assert threshold(risk, happened, np.array([3, 1, 1, 1, 1, 1.0]), 0.5) == 0.9
    with pytest.raises(ValueError, match="nothing happened"):
        threshold(risk, ~happened & (risk > 1), weights, 0.5)


def test_no_test_unit_moves_a_threshold_and_every_validation_unit_may():
    grid = grid_of()
    before = grouped(grid).thresholds
    swapped = grid.map(lambda frame: frame.assign(label=frame["label"].where(frame["subset"] != "test", "low")))
    assert grouped(swapped).thresholds == before
    positives = grid[0, 0].query("subset == 'validation' and label == 'high'").index
    lower = grid[0, 0].assign(p_high=grid[0, 0]["p_high"].where(~grid[0, 0].index.isin(positives), 1e-4))
    assert grouped(Grid({(0, 0): lower.assign(p_low=1 - lower["p_high"])})).thresholds[0, 0] < before[0, 0]


def test_the_table_sums_over_folds_at_the_threshold_of_each():
    grid = grid_of(folds=3, seeds=(0, 1))
    groups = grouped(grid)
    rows = groups.rows("grouped", "lstm", "test")
    counts = dict.fromkeys(("true_high", "false_high", "true_low", "false_low"), 0.0)
    for key, frame in grid.items():
        cut = groups.thresholds[key]
        tested = frame[frame["subset"] == "test"]
        high, happened = tested["p_high"] >= cut, tested["label"] == "high"
        counts["true_high"] += (high & happened).sum() / 2
        counts["false_high"] += (high & ~happened).sum() / 2
        counts["true_low"] += (~high & ~happened).sum() / 2
        counts["false_low"] += (~high & happened).sum() / 2
        own = rows[(rows["fold"] == str(key[0])) & (rows["seed"] == str(key[1]))].set_index("measure")["value"]
        assert own["threshold"] == cut and own["true_high"] == (high & happened).sum()
    (true_low, false_high), (false_low, true_high) = groups.confusion()
    assert counts == {"true_high": true_high, "false_high": false_high, "true_low": true_low, "false_low": false_low}
    assert cell(rows, "high", "units")["value"] == pytest.approx(true_high + false_high)
    assert cell(rows, "low", "positives")["value"] == pytest.approx(false_low)
    sensitivity = cell(rows, "everyone", "sensitivity")
    # Each seed has the same positives, so that the mean of the shares is the share of the means.
    assert sensitivity["value"] == pytest.approx(true_high / (true_high + false_low))
    assert sensitivity["low"] < sensitivity["value"] < sensitivity["high"]
    assert sensitivity["n"] == true_high + false_low
    assert len({groups.thresholds[fold, 0] for fold in range(3)}) == 3


def test_units_of_unknown_outcome_count_for_nobody_and_the_others_for_them():
    frame = table(0, n=4000, lost=0.4)
    rows = grouped(Grid({(0, 0): frame})).rows("grouped", "lstm", "test")
    tested = frame[frame["subset"] == "test"]
    known = tested[tested["weight"] > 0]
    assert cell(rows, "everyone", "unknown")["value"] == len(tested) - len(known)
    assert cell(rows, "everyone", "observed_risk")["value"] == pytest.approx((known["label"] == "high").mean())
    assert cell(rows, "everyone", "observed_risk")["n"] == len(known)
    healthy = (tested["label"] == "high").mean()
    assert cell(rows, "everyone", "observed_risk")["low"] > healthy  # what counting the lost as healthy would say
    expected = average_precision_score(tested["label"] == "high", tested["p_high"], sample_weight=tested["weight"])
    assert cell(rows, "everyone", "average_precision")["value"] == pytest.approx(expected)
    assert cell(rows, "everyone", "calibration_slope")["low"] < 1 < cell(rows, "everyone", "calibration_slope")["high"]


def test_weights_that_are_all_one_change_nothing():
    frame = table(0)
    plain, weighted = (
        grouped(Grid({(0, 0): given})).rows("g", "r", "test") for given in (frame, frame.assign(weight=1.0))
    )
    pd.testing.assert_frame_equal(plain, weighted)


@pytest.mark.parametrize("stretch", [0.5, 1.0, 2.0])
def test_slope_and_intercept_are_those_of_a_logistic_regression(stretch):
    frame = table(0, n=3000, stretch=stretch)
    happened, risk = (frame["label"] == "high").to_numpy(), frame["p_high"].to_numpy()
    drawn = np.random.default_rng(1).integers(0, 3, (len(frame), 4)).astype("float32")
    found = recalibration.slopes(happened, risk, drawn)
    x = np.log(risk / (1 - risk))
    for draw in range(4):
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
        model.fit(x[:, None], happened, sample_weight=drawn[:, draw])
        assert found[draw] == pytest.approx(model.coef_[0, 0], rel=1e-5)
    assert found[0] == pytest.approx(1 / stretch, rel=0.2)
    moved = recalibration.intercepts(happened, risk, once(len(frame)))[0]
    # At the intercept as much is predicted as happened.
    assert (1 / (1 + np.exp(-(x + moved)))).mean() == pytest.approx(happened.mean())


def test_a_slope_is_undefined_where_no_finite_one_fits_best():
    happened = np.array([False, False, True, True])
    parted, equal, one_sided = np.array([0.1, 0.2, 0.7, 0.8]), np.full(4, 0.3), np.zeros(4, dtype=bool)
    assert np.isnan(recalibration.slopes(happened, parted, once(4))[0])
    assert np.isnan(recalibration.slopes(happened, equal, once(4))[0])
    assert np.isnan(recalibration.slopes(one_sided, parted, once(4))[0])
    assert np.isnan(recalibration.intercepts(one_sided, parted, once(4))[0])
    mixed = np.array([False, True, False, True])
    assert np.isfinite(recalibration.slopes(mixed, parted, once(4))[0])


def test_average_precision_is_that_of_scikit_learn_with_ties_and_draws():
    rng = np.random.default_rng(0)
    positive, score = rng.random(60) < 0.3, rng.integers(0, 12, 60) / 12
    drawn = rng.integers(0, 3, (60, 5)).astype("float32")
    found = average_precision(positive, score, drawn)
    expected = [average_precision_score(positive, score, sample_weight=drawn[:, draw]) for draw in range(5)]
    assert found == pytest.approx(expected)
    assert np.isnan(average_precision(np.zeros(60, dtype=bool), score, drawn)).all()


def test_of_two_classes_both_have_the_same_calibration_slope():
    frame = table(0, n=1000)
    p = frame[["p_low", "p_high"]].to_numpy()
    labels = (frame["label"] == "high").to_numpy().astype(int)
    assert calibration_slope(labels, p, once(1000)) == pytest.approx(
        calibration_slope(1 - labels, p[:, ::-1], once(1000))
    )


def test_curves_are_those_of_their_definitions():
    grid = grid_of(folds=2, n=400)
    groups = grouped(grid)
    lines = curves(groups, 5)
    tested = pd.concat([frame[frame["subset"] == "test"] for frame in grid.values()])
    happened, risk = (tested["label"] == "high").to_numpy(), tested["p_high"].to_numpy()
    precision = lines[lines["curve"] == PRECISION_RECALL]
    for x, y in precision[["x", "y"]].to_numpy()[[9, 49, 99]]:
        reaching = [score for score in risk if happened[risk >= score].sum() >= x * happened.sum() - 1e-9]
        assert y == pytest.approx(happened[risk >= max(reaching)].mean())
    bins = lines[lines["curve"] == CALIBRATION]
    assert len(bins) == 5 and bins["x"].is_monotonic_increasing
    assert bins["y"].mean() == pytest.approx(happened.mean(), abs=1e-3)
    assert ((bins["low"] < bins["y"]) & (bins["y"] < bins["high"])).all()
    benefit, everyone = lines[lines["curve"] == DECISION], lines[lines["curve"] == TREAT_ALL]
    t = benefit["x"].iloc[30]
    called = risk >= t
    expected = (called & happened).mean() - (called & ~happened).mean() * t / (1 - t)
    assert benefit["y"].iloc[30] == pytest.approx(expected)
    assert everyone["y"].iloc[30] == pytest.approx(happened.mean() - (~happened).mean() * t / (1 - t))


def test_where_little_happened_calibration_has_few_bins():
    grid = grid_of(folds=1, n=60)
    tested = grid[0, 0].query("subset == 'test'")["label"]
    rarer = tested.value_counts().min()
    bins = curves(grouped(grid), 20)
    assert 10 <= rarer < 25 and (bins["curve"] == CALIBRATION).sum() == rarer // 5


class Rare(Study):
    """Two classes, of which the second is rare; every unit is its own group."""

    def __init__(self, root, **how):
        super().__init__(root, CLASSES, **how)
        self.labels = (np.arange(self.n) % 5 == 0).astype(int)
        manifest = MANIFEST.read(root / "dataset" / "manifest.csv")
        MANIFEST.write(root / "dataset" / "manifest.csv", manifest.assign(label=np.array(CLASSES)[self.labels]))
        vouch(root / "dataset" / "record.json")


def test_the_step_writes_table_curves_and_figure_only_where_a_class_is_a_risk(tmp_path):
    study = Rare(tmp_path, n=240, folds=2, seeds=(0, 1))
    study.add("lstm", 1.0)
    out = tmp_path / "evaluation" / "grouped" / "lstm"
    study.evaluate("lstm")
    assert not [path.name for path in out.iterdir() if "risk" in path.name]
    study.evaluate("lstm", figures=True, risk=ASKED, metrics=["average_precision", "calibration_slope"])
    rows, lines = RISK.read(out / "risk.csv"), RISK_CURVES.read(out / "risk_curves.csv")
    assert set(rows["fold"]) == {"0", "1", "all"} and set(rows["subset"]) == {"test"}
    assert set(lines["curve"]) == {PRECISION_RECALL, CALIBRATION, DECISION, TREAT_ALL}
    assert (out / "risk.png").read_bytes().startswith(b"\x89PNG")
    metrics = METRICS.read(out / "metrics.csv")
    assert {"average_precision", "calibration_slope"} <= set(metrics["metric"])


def test_other_numbers_are_the_same_with_and_without_a_risk(tmp_path):
    study = Rare(tmp_path, n=240, seeds=(0, 1))
    study.add("lstm", 1.0)
    path = tmp_path / "evaluation" / "grouped" / "lstm" / "metrics.csv"
    study.evaluate("lstm")
    before = path.read_bytes()
    study.evaluate("lstm", risk=ASKED)
    assert path.read_bytes() == before


def test_a_fold_without_a_positive_validation_unit_and_an_unknown_class_are_refused(tmp_path):
    study = Rare(tmp_path, n=240)
    path = study.add("lstm", 1.0) / "fold0-seed0" / "units.csv"
    with pytest.raises(UserError, match="evaluate.risk.positive is 'higher'; the classes are low, high"):
        study.evaluate("lstm", risk={**ASKED, "positive": "higher"})
    frame = UNITS.read(path)
    UNITS.write(path, frame[(frame["subset"] == "test") | (frame["label"] == "low")])
    with pytest.raises(UserError, match="run lstm, fold0-seed0: no validation unit of known outcome is 'high'"):
        study.evaluate("lstm", risk=ASKED)


def figure_of(groups: RiskGroups) -> RiskFigure:
    rows = groups.rows("grouped", "lstm", "test")
    return RiskFigure(rows, curves(groups, 10), groups.confusion(), groups.weighted, CLASSES, "high")


@pytest.mark.parametrize("lost", [0.0, 0.2])
def test_the_figure_keeps_its_texts_inside_and_apart(lost):
    shown = figure_of(grouped(grid_of(folds=2, n=400, lost=lost), draws=100))
    figure = shown.draw("a title", 0.9)
    figure.canvas.draw()
    whole = figure.bbox
    titles = [axes.title for axes in figure.axes]
    boxes = [text.get_window_extent() for text in (*titles, figure._suptitle)]
    assert all(box.x0 >= 0 and box.x1 <= whole.x1 and box.y1 <= whole.y1 for box in boxes)
    assert not any(boxes[i].overlaps(boxes[j]) for i in range(len(boxes)) for j in range(i))
    for axes in figure.axes[:3]:
        # No curve runs under a legend.
        legend = axes.get_legend().get_window_extent()
        lines = [line.get_path().vertices for line in axes.lines if line.get_transform() == axes.transData]
        points = axes.transData.transform(np.concatenate(lines))
        assert not legend.count_contains(points[np.isfinite(points).all(axis=1)])


def test_the_figure_shows_the_confusion_at_the_threshold():
    shown = figure_of(grouped(grid_of(n=400), draws=100))
    texts = [text.get_text() for text in shown.draw("a title", 0.9).axes[3].texts]
    assert [int(text.split("\n")[0]) for text in texts] == shown.cells.astype(int).ravel().tolist()
