"""Data sets joined to one study: how much of the accuracy is telling the data sets apart."""

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.evaluation.bootstrap import Resampler
from workflow_scripts.evaluation.by_source import by_source
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.metric_tables import Dataset
from workflow_scripts.evaluation.parts import rows

CLASSES = ["a1", "a2", "b1", "b2"]


def joined(p, seeds=(0,)):
    """Two units of each class; probabilities `p` 8×4."""
    labels = np.repeat(CLASSES, 2)
    ids = [f"s{number}" for number in range(8)]
    manifest = pd.DataFrame({"id": ids, "unit": ids, "label": labels, "source": [name[0] for name in labels]})
    frame = pd.DataFrame({"id": ids, "unit": ids, "group": "", "fold": 0, "subset": "test", "label": labels})
    frame[[f"p_{name}" for name in CLASSES]] = p
    frames = Grid({(0, seed): frame for seed in seeds})
    return frames, Dataset(manifest, CLASSES, True), Resampler(frames.values(), 200, np.random.default_rng(0))


def found(p, **more):
    frames, dataset, resampler = joined(np.asarray(p, dtype=float), **more)
    return by_source(frames, resampler, dataset, "none")


def test_a_run_that_knows_only_the_source_is_at_chance_within_it():
    p = np.repeat([[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]], 2, axis=0)
    for name in "ab":
        assert found(p)[name]["within_source_accuracy"].value == 0.5
        assert found(p)[name]["crossed_source"].value == 0


def test_a_run_that_knows_only_the_class_within_its_source_is_right_there_and_crosses():
    """Cells of b are taken for the class of the same number in a."""
    p = np.repeat([[0.9, 0, 0.1, 0], [0, 0.9, 0, 0.1], [0.6, 0, 0.4, 0], [0, 0.6, 0, 0.4]], 2, axis=0)
    a, b = found(p)["a"], found(p)["b"]
    assert (a["accuracy"].value, a["within_source_accuracy"].value, a["crossed_source"].value) == (1, 1, 0)
    assert (b["accuracy"].value, b["within_source_accuracy"].value, b["crossed_source"].value) == (0, 1, 1)
    assert b["accuracy"].n == 4


def test_within_a_source_only_its_own_classes_are_allowed_even_where_all_have_no_probability():
    p = np.zeros((8, 4))
    p[:, 0] = 1.0  # all are taken for a1
    b = found(p)["b"]
    # Of b's classes both have none, the first counts: the two units of b1 are right.
    assert (b["accuracy"].value, b["within_source_accuracy"].value, b["crossed_source"].value) == (0, 0.5, 1)


def test_one_source_has_nothing_to_tell():
    frames, dataset, resampler = joined(np.eye(4).repeat(2, axis=0))
    one = Dataset(dataset.manifest.assign(source="a"), CLASSES, True)
    assert by_source(frames, resampler, one, "none") == {}


def test_intervals_hold_the_value_and_seeds_are_averaged():
    p = np.eye(4).repeat(2, axis=0)
    p[0] = p[3]  # one of four of source a is wrong
    estimate = found(p, seeds=(0, 1))["a"]["accuracy"]
    assert estimate.value == 0.75 and estimate.low < 0.75 < estimate.high and estimate.n == 4
    table = rows({"test": found(p)}, "grouped", "cnn", "source")
    assert set(table["level"]) == {"source"} and len(table) == 6


def test_every_class_in_both_sources_leaves_nothing_to_cross():
    frames, dataset, resampler = joined(np.eye(4).repeat(2, axis=0))
    mixed = Dataset(dataset.manifest.assign(source=list("ab") * 4), CLASSES, True)
    result = by_source(frames, resampler, mixed, "none")
    assert result["a"]["crossed_source"].value == pytest.approx(0)
    assert result["a"]["within_source_accuracy"].value == result["a"]["accuracy"].value == 1
