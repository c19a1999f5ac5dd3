"""Panels of the figures of a run: what has no interval is hollow, legends hide nothing, axes are as usual."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.contracts.chart_tables import CLASS
from workflow_scripts.evaluation import plots
from workflow_scripts.evaluation.estimates import Estimate
from workflow_scripts.evaluation.forest import forest_figure

UNKNOWN = Estimate(np.nan, np.nan, np.nan, 0)


def test_a_bin_of_too_few_units_for_an_interval_is_hollow_and_units_are_whole_numbers():
    bins = {"above": [0.8, 0.9], "up_to": [0.9, 1.0], "confidence": [0.85, 0.95], "accuracy": [1.0, 0.5]}
    rows = pd.DataFrame({**bins, "low": [np.nan, 0.2], "high": [np.nan, 0.8], "units": [1, 6]})
    figure = plots.reliability_figure(rows, Estimate(0.1, 0.05, 0.2, 7), "a title")
    figure.canvas.draw()
    axes, below = figure.axes
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[0.85]]
    assert len(axes.collections[0].get_segments()) == 1
    assert all(tick == int(tick) for tick in below.get_yticks())


def test_the_legend_of_reliability_lies_between_panel_and_title():
    bins = {"above": [0.9], "up_to": [1.0], "confidence": [0.95], "accuracy": [0.5], "low": [0.2], "high": [0.8]}
    rows = pd.DataFrame({**bins, "units": [6]})
    figure = plots.reliability_figure(rows, Estimate(0.1, 0.05, 0.2, 7), "a title")
    figure.canvas.draw()
    axes = figure.axes[0]
    legend, title = (part.get_window_extent() for part in (axes.get_legend(), axes.title))
    assert axes.get_window_extent().y1 <= legend.y0 and legend.y1 <= title.y0 and title.y1 <= figure.bbox.y1


def test_roc_has_a_square_panel():
    curve = {"curve": CLASS, "class": "a", "one_minus_specificity": [0.0, 0.2, 1.0], "sensitivity": [0.0, 0.7, 1.0]}
    figure = plots.roc_figure(pd.DataFrame(curve), ["a"], {"a": UNKNOWN}, UNKNOWN, "a title")
    figure.canvas.draw()
    panel, title = figure.axes[0].get_window_extent(), figure.axes[0].title.get_window_extent()
    assert panel.width == pytest.approx(panel.height, rel=0.05) and title.y1 <= figure.bbox.y1


def test_a_forest_calls_the_metric_by_its_name():
    headline = pd.DataFrame({"run": ["first"], "metric": "macro_auc", "value": [0.8], "low": [0.7], "high": [0.9]})
    (axes,) = forest_figure(headline, headline[:0], "first", "a title").axes
    assert axes.get_xlabel() == "Macro AUC, 95 % interval"
