"""Cohen's kappa of two runs is that of scikit-learn, and its interval covers what is true."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from workflow_scripts.evaluation.agreement import agreement
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.runtime.errors import UserError

CLASSES = np.array(list("abc"))


def run(answers, fold=0):
    """A fold's units of which a run names these classes."""
    units = [f"{fold}-{number}" for number in range(len(answers))]
    table = pd.DataFrame({"id": units, "unit": units, "group": units, "label": "a", "fold": fold, "subset": "test"})
    return table.assign(**{f"p_{name}": (answers == name).astype(float) for name in CLASSES})


def test_it_is_cohens_kappa_over_all_folds_together():
    rng = np.random.default_rng(0)
    first, second = CLASSES[rng.integers(0, 3, 200)], CLASSES[rng.integers(0, 3, 200)]
    second = np.where(rng.random(200) < 0.6, first, second)
    grids = [Grid({(0, 0): run(a[:90], 0), (1, 0): run(a[90:], 1)}) for a in (first, second)]
    kappa = agreement(*grids, 400, np.random.default_rng(1))
    assert kappa.value == pytest.approx(cohen_kappa_score(first, second)) and kappa.n == 200
    assert kappa.low < kappa.value < kappa.high and 0.1 < kappa.high - kappa.low < 0.3
    turned = agreement(*grids[::-1], 400, np.random.default_rng(1))
    assert turned.value == pytest.approx(kappa.value)


def test_the_same_answers_agree_wholly_and_independent_ones_by_chance():
    rng = np.random.default_rng(2)
    first, second = (Grid({(0, 0): run(CLASSES[rng.integers(0, 3, 3000)])}) for _ in range(2))
    assert agreement(first, first, 50, rng).value == 1
    assert abs(agreement(first, second, 50, rng).value) < 0.05


def test_how_sure_an_agreement_is_does_not_depend_on_who_is_right():
    answers = np.repeat(CLASSES[:2], [96, 4])
    grids = [
        Grid({(0, 0): run(answers).assign(label=labels)})
        for labels in (answers, np.repeat(CLASSES[:2], 50), np.repeat("a", 100))
    ]
    lows = [agreement(grid, grid, 400, np.random.default_rng(3)).low for grid in grids]
    # 1 - chance is 0.077, so 100 units are worth 15.4: 78.7 to 100 % of these.
    assert lows == pytest.approx([2 * 0.7865 - 1] * 3, abs=0.001)


def test_other_units_are_refused():
    first, second = (Grid({(0, 0): run(np.array(list(names)))}) for names in ("abc", "abca"))
    with pytest.raises(UserError, match="judges other units"):
        agreement(first, second, 10, np.random.default_rng(0))
