"""Figures: nothing overlaps with eleven long class names, and they show the numbers they are given."""

import numpy as np
import pandas as pd
import pytest
from fabricated import LONG, units
from matplotlib.colors import to_hex
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.drawing.style import COLOURS
from workflow_scripts.evaluation import chart_rows, plots
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import Estimate, Measuring, estimate
from workflow_scripts.evaluation.forest import forest_figure
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import interval
from workflow_scripts.evaluation.observed import of_rows


@pytest.fixture(scope="module")
def evaluated():
    frames = Grid({(0, seed): units(np.random.default_rng(seed), np.arange(330) % 11, 3.0, LONG) for seed in (0, 1)})
    resampler = Resampler(frames.values(), 100, np.random.default_rng(0))
    return frames, resampler, estimate(frames, resampler, Measuring(LONG, 10))[ALL]


def overlaps(boxes) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(boxes)) for j in range(i) if boxes[i].overlaps(boxes[j])]


def inside(figure, artists) -> bool:
    figure.canvas.draw()
    whole = figure.bbox
    boxes = [artist.get_window_extent() for artist in artists]
    return all(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= whole.x1 + 1 and b.y1 <= whole.y1 + 1 for b in boxes)


def test_confusion_counts_and_shares_are_readable_with_eleven_long_names(evaluated):
    frames, _, _ = evaluated
    counts = chart_rows.confusion(frames, LONG)
    figure = plots.confusion_figure(counts, LONG, "a title")
    figure.canvas.draw()
    axes = figure.axes[0]
    assert len(axes.texts) == (counts > 0).sum()
    assert not overlaps([text.get_window_extent() for text in axes.texts])
    assert not overlaps([label.get_window_extent() for label in axes.get_yticklabels()])
    # Slanted names do not touch where their lines are further apart than a letter is high.
    slant = np.radians(axes.get_xticklabels()[0].get_rotation())
    cell = np.diff(axes.transData.transform([(0, 0), (1, 0)])[:, 0])[0]
    height = axes.get_yticklabels()[0].get_window_extent().height
    assert cell * np.sin(slant) > height
    labels = [*axes.get_yticklabels(), *axes.get_xticklabels(), axes.xaxis.label, axes.yaxis.label, axes.title]
    assert inside(figure, [*labels, figure.axes[1].yaxis.label])


def test_confusion_is_the_sum_over_folds_and_the_mean_over_seeds():
    rng = np.random.default_rng(0)
    frames = {
        (fold, seed): units(rng, np.arange(30) % 3, 50.0, ["a", "b", "c"], fold) for fold in (0, 1) for seed in (0, 1)
    }
    assert chart_rows.confusion(Grid(frames), ["a", "b", "c"]).tolist() == np.diag([20, 20, 20]).tolist()


def test_confusion_has_the_true_class_in_its_rows():
    frame = units(np.random.default_rng(0), np.arange(30) % 3, 50.0, ["a", "b", "c"]).assign(label="a")
    counts = chart_rows.confusion(Grid({(0, 0): frame}), ["a", "b", "c"])
    assert counts.tolist() == [[10, 10, 10], [0, 0, 0], [0, 0, 0]]


def test_roc_legend_names_every_class_with_its_interval(evaluated):
    frames, _, result = evaluated
    aucs = {name: each["auc"] for name, each in result.per_class.items()}
    figure = plots.roc_figure(chart_rows.roc_rows(frames, LONG), LONG, aucs, result.overall["macro_auc"], "a title")
    legend = figure.axes[1].get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(texts) == 13 and texts[0].startswith("ASC-H: 0.9") and texts[11].startswith("mean of classes")
    assert inside(figure, [legend, figure.axes[0].yaxis.label])
    lines = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(lines) == 13


def test_roc_of_a_class_without_units_is_left_out():
    frames = Grid({(0, 0): units(np.random.default_rng(0), np.arange(40) % 2, 1.0, ["a", "b", "c"])})
    nothing = Estimate(np.nan, np.nan, np.nan, 0)
    rows = chart_rows.roc_rows(frames, ["a", "b", "c"])
    figure = plots.roc_figure(rows, ["a", "b", "c"], dict.fromkeys("abc", nothing), nothing, "a title")
    texts = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert texts == ["a: – [–, –], n = 0", "b: – [–, –], n = 0", "chance: 0.5"]


def drawn(axes, **wanted):
    """The lines of a panel with this label or these properties."""
    return [line for line in axes.lines if all(getattr(line, f"get_{key}")() == value for key, value in wanted.items())]


def mean_roc(frames, k, classes):
    """Mean over the trainings of scikit-learn's ROC curve of a class, at the abscissas of the figure."""
    curves = []
    for frame in frames.values():
        fpr, tpr, _ = roc_curve(frame["label"] == classes[k], frame[f"p_{classes[k]}"])
        curves.append(np.interp(chart_rows.GRID, fpr, tpr))
    return np.mean(curves, axis=0)


def skilled(skill, classes="abc", n=90):
    """Units of two trainings whose classes are neither recognised always nor never."""
    return Grid(
        {
            (0, seed): units(np.random.default_rng(seed), np.arange(n) % len(classes), skill, list(classes))
            for seed in (0, 1)
        }
    )


def test_a_mean_curve_is_the_mean_of_the_trainings_curves():
    frames = skilled(0.7)
    curve = chart_rows.mean_curve(frames, 1)
    assert curve == pytest.approx(mean_roc(frames, 1, "abc"))
    assert curve[0] < 0.5 and curve[-1] == 1 and np.abs(curve - chart_rows.GRID).max() > 0.05
    # A class that is told by nothing but its own score: from nothing to everything at once.
    sure = Grid({(0, 0): units(np.random.default_rng(0), np.arange(30) % 2, 60.0, ["a", "b"])})
    assert (chart_rows.mean_curve(sure, 0) == 1).all()


@pytest.mark.parametrize(("skill", "panels"), [(0.7, 1), (4.0, 2)])
def test_roc_curves_are_those_of_the_units(skill, panels):
    frames = skilled(skill)
    result = estimate(frames, Resampler(frames.values(), 50, np.random.default_rng(0)), Measuring(list("abc"), 10))[ALL]
    aucs = {name: each["auc"] for name, each in result.per_class.items()}
    figure = plots.roc_figure(
        chart_rows.roc_rows(frames, list("abc")), list("abc"), aucs, result.overall["macro_auc"], "a title"
    )
    shown = [figure.axes[0], *figure.axes[0].child_axes]
    assert len(shown) == panels
    expected = [mean_roc(frames, k, "abc") for k in range(3)]
    for panel in shown:
        for number, curve in enumerate([*expected, np.mean(expected, axis=0)]):
            line = panel.lines[number]
            assert line.get_xdata() == pytest.approx([0, *chart_rows.GRID])
            assert line.get_ydata() == pytest.approx([0, *curve])
        assert panel.lines[4].get_ydata() == pytest.approx([0, 1])
    labels = [line.get_label() for line in figure.axes[0].lines]
    cells = [*(result.per_class[name]["auc"] for name in "abc"), result.overall["macro_auc"]]
    for label, name, cell in zip(labels, ["a", "b", "c", "mean of classes"], cells, strict=False):
        assert label == f"{name}: {cell.value:.3f} [{cell.low:.3f}, {cell.high:.3f}], n = {cell.n}"


def test_confusion_cells_show_their_count_and_their_share_of_the_true_class():
    counts = np.array([[7.0, 3.0, 0.0], [1.0, 399.0, 0.0], [0.5, 0.0, 4.5]])
    figure = plots.confusion_figure(counts, ["a", "b", "c"], "a title")
    axes = figure.axes[0]
    texts = {tuple(int(x) for x in text.get_position()): text.get_text() for text in axes.texts}
    assert texts == {
        (0, 0): "7.0\n70 %",
        (1, 0): "3.0\n30 %",
        (0, 1): "1.0\n<1 %",
        (1, 1): "399.0\n100 %",
        (0, 2): "0.5\n10 %",
        (2, 2): "4.5\n90 %",
    }
    shares = counts / counts.sum(axis=1, keepdims=True)
    assert np.asarray(axes.collections[0].get_array()) == pytest.approx(shares)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a (10)", "b (400)", "c (5)"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Predicted class", "True class (units)")


def test_reliability_counts_every_unit_once_a_seed(evaluated):
    frames, resampler, result = evaluated
    figure = plots.reliability_figure(
        chart_rows.reliability_rows(frames, resampler, 10), result.overall["ece"], "a title"
    )
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == pytest.approx(330)
    assert f"expected calibration error {plots.span(result.overall['ece'])}" in figure.axes[0].get_title()


def test_reliability_points_and_bars_are_accuracy_and_its_interval_in_each_bin():
    """Bins of two trainings; groups of four units. One bin holds units that are all recognised."""
    frames = skilled(1.0, "ab", 240)
    for frame in frames.values():
        for name in "ab":
            frame.loc[frame[f"p_{name}"] > 0.9, "label"] = name
    resampler = Resampler(frames.values(), 400, np.random.default_rng(0))
    nothing = Estimate(0.1, 0.05, 0.2, 240)
    axes = plots.reliability_figure(chart_rows.reliability_rows(frames, resampler, 10), nothing, "a title").axes[0]
    both = pd.concat(frames.values(), ignore_index=True)
    confidence = both[["p_a", "p_b"]].max(axis=1)
    right = both[["p_a", "p_b"]].to_numpy().argmax(axis=1) == (both["label"] == "b")
    accuracy, mean = calibration_curve(right, confidence, n_bins=10)
    (line,) = drawn(axes, label="this run, 95 % interval")
    assert line.get_linestyle() == "None", "between bins there is nothing"
    assert line.get_xdata() == pytest.approx(mean) and line.get_ydata() == pytest.approx(accuracy)
    bars = {segment[0, 0]: segment[:, 1] for segment in axes.collections[0].get_segments()}
    assert list(bars) == pytest.approx(mean)
    weights = resampler.weights(both)
    code = np.digitize(confidence, np.linspace(0, 1, 11)[1:-1], right=True)
    for place, number in enumerate(np.unique(code)):
        inside_bin = code == number
        low, high = list(bars.values())[place]
        if accuracy[place] == 1:
            groups = both.loc[inside_bin, "group"].nunique()
            assert (low, high) == pytest.approx((0.025 ** (1 / groups), 1))
            continue
        draws = (weights[inside_bin] * right[inside_bin].to_numpy()[:, None]).sum(axis=0) / weights[inside_bin].sum(0)
        ends = interval(np.array([[accuracy[place]]]), draws[None, None], "accuracy", of_rows(both[inside_bin]))
        assert (low, high) == pytest.approx(ends, abs=1e-6) and low < accuracy[place] < high
        assert low < accuracy[place] < high
    assert 1.0 in accuracy and len(accuracy) > 3


def test_training_curves_are_the_mean_of_the_histories_and_each_of_them():
    histories = {}
    for seed in (0, 1):
        epoch = np.arange(1, 5)
        columns = {f"{part}_{what}" for part in ("train", "validation") for what in ("loss", "accuracy")}
        rng = np.random.default_rng(seed)
        histories[0, seed] = pd.DataFrame({"epoch": epoch, **{name: rng.random(4) for name in sorted(columns)}})
    figure = plots.curves_figure(chart_rows.training_rows("cnn", histories), "a title")
    for axes, what in zip(figure.axes, ("loss", "accuracy"), strict=True):
        for part, label in (("train", "training"), ("validation", "validation")):
            each = [table[f"{part}_{what}"].to_numpy() for table in histories.values()]
            (mean,) = drawn(axes, label=label)
            assert mean.get_ydata() == pytest.approx(np.mean(each, axis=0)) and list(mean.get_xdata()) == [1, 2, 3, 4]
            thin = [line.get_ydata() for line in drawn(axes, linewidth=0.6, color=mean.get_color())]
            assert np.array(thin) == pytest.approx(np.array(each))
    assert "mean of 2 trainings" in figure.get_suptitle()


def test_forest_has_a_line_a_run_even_with_many():
    runs = [f"network_number_{n}" for n in range(23)]
    headline = pd.DataFrame({"run": runs, "metric": "accuracy", "value": 0.8, "low": 0.7, "high": 0.9})
    compared = pd.DataFrame({"run": runs[1:], "difference": 0.1, "low": 0.0, "high": 0.2, "p_holm": 0.01})
    figure = forest_figure(headline, compared, runs[0], "a title")
    figure.canvas.draw()
    labels = figure.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["network_number_0 (reference)", *runs[1:]]
    assert not overlaps([label.get_window_extent() for label in labels]) and inside(figure, labels)


def test_forest_dots_stand_at_the_values_within_their_intervals():
    headline = pd.DataFrame(
        {
            "run": ["first", "better", "worse"],
            "metric": "macro_f1",
            "value": [0.8, 0.91, 0.5],
            "low": [0.7, 0.86, 0.35],
            "high": [0.85, 0.93, 0.6],
        }
    )
    compared = pd.DataFrame(
        {
            "run": ["better", "worse"],
            "difference": [0.11, -0.3],
            "low": [-0.02, -0.45],
            "high": [0.2, -0.1],
            "p_holm": [0.051, 0.049],
        }
    )
    left, right = forest_figure(headline, compared, "first", "a title").axes
    dots = {line.get_ydata()[0]: line for line in left.lines}
    assert {row: dots[row].get_xdata()[0] for row in dots} == {0: 0.8, 1: 0.91, 2: 0.5}
    bars = np.concatenate([bar.get_segments() for bar in left.collections])
    assert bars.tolist() == [[[0.7, 0], [0.85, 0]], [[0.86, 1], [0.93, 1]], [[0.35, 2], [0.6, 2]]]
    assert [text.get_text() for text in left.texts] == ["0.800", "0.910", "0.500"]
    assert {to_hex(dots[row].get_color()).upper() for row in (1, 2)} == {COLOURS[0]} != {dots[0].get_color()}
    zero, *points = right.lines
    assert list(zero.get_xdata()) == [0, 0]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in points] == [(0.11, 1), (-0.3, 2)]
    bars = np.concatenate([bar.get_segments() for bar in right.collections])
    assert bars.tolist() == [[[-0.02, 1], [0.2, 1]], [[-0.45, 2], [-0.1, 2]]]
    # Filled is what differs by more than chance explains.
    assert points[0].get_markerfacecolor() == "white" and points[1].get_markerfacecolor() == points[1].get_color()
    assert left.get_xlabel() == "Macro F1-score, 95 % interval" and "Difference from first" in right.get_xlabel()
