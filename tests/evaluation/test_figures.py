"""Figures: nothing overlaps with eleven long class names, and they show the numbers they are given."""

import numpy as np
import pytest
from fabricated import LONG, units

from workflow_scripts.evaluation import figures
from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.estimates import ALL, Estimate, estimate
from workflow_scripts.evaluation.forest import forest_figure


@pytest.fixture(scope="module")
def evaluated():
    frames = {(0, seed): units(np.random.default_rng(seed), np.arange(330) % 11, 3.0, LONG) for seed in (0, 1)}
    resampler = Resampler(frames.values(), 100, np.random.default_rng(0))
    return frames, resampler, estimate(frames, resampler, LONG, 10)[ALL]


def overlaps(boxes) -> list[tuple[int, int]]:
    return [(i, j) for i in range(len(boxes)) for j in range(i) if boxes[i].overlaps(boxes[j])]


def inside(figure, artists) -> bool:
    figure.canvas.draw()
    whole = figure.bbox
    boxes = [artist.get_window_extent() for artist in artists]
    return all(b.x0 >= -1 and b.y0 >= -1 and b.x1 <= whole.x1 + 1 and b.y1 <= whole.y1 + 1 for b in boxes)


def test_confusion_counts_and_shares_are_readable_with_eleven_long_names(evaluated):
    frames, _, _ = evaluated
    counts = figures.confusion(frames, LONG)
    figure = figures.confusion_figure(counts, LONG, "a title")
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
    assert figures.confusion(frames, ["a", "b", "c"]).tolist() == np.diag([20, 20, 20]).tolist()


def test_roc_legend_names_every_class_with_its_interval(evaluated):
    frames, _, result = evaluated
    aucs = {name: each["auc"] for name, each in result.per_class.items()}
    figure = figures.roc_figure(frames, LONG, aucs, result.overall["macro_auc"], "a title")
    legend = figure.axes[1].get_legend()
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(texts) == 13 and texts[0].startswith("ASC-H: 0.9") and texts[11].startswith("mean of classes")
    assert inside(figure, [legend, figure.axes[0].yaxis.label])
    lines = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(lines) == 13


def test_roc_of_a_class_without_units_is_left_out():
    frames = {(0, 0): units(np.random.default_rng(0), np.arange(40) % 2, 1.0, ["a", "b", "c"])}
    nothing = Estimate(np.nan, np.nan, np.nan, 0)
    figure = figures.roc_figure(frames, ["a", "b", "c"], dict.fromkeys("abc", nothing), nothing, "a title")
    texts = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert texts == ["a: – [–, –], n = 0", "b: – [–, –], n = 0", "chance: 0.5"]


def test_mean_curve_runs_from_nothing_to_everything(evaluated):
    curve = figures.mean_curve(evaluated[0], 3)
    assert curve[-1] == 1 and (np.diff(curve) >= -1e-12).all()


def test_reliability_counts_every_unit_once_a_seed(evaluated):
    frames, resampler, result = evaluated
    figure = figures.reliability_figure(frames, resampler, 10, result.overall["ece"], "a title")
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == pytest.approx(330)
    assert "expected calibration error" in figure.axes[0].get_title()


def test_forest_has_a_line_a_run_even_with_many(evaluated):
    import pandas as pd

    runs = [f"network_number_{n}" for n in range(23)]
    headline = pd.DataFrame({"run": runs, "metric": "accuracy", "value": 0.8, "low": 0.7, "high": 0.9})
    compared = pd.DataFrame({"run": runs[1:], "difference": 0.1, "low": 0.0, "high": 0.2, "p_holm": 0.01})
    figure = forest_figure(headline, compared, runs[0], "a title")
    figure.canvas.draw()
    labels = figure.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels] == ["network_number_0 (reference)", *runs[1:]]
    assert not overlaps([label.get_window_extent() for label in labels]) and inside(figure, labels)
