"""Visits prepared for a model: gaps filled as training visits say, what was missing, and one scale."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from tests.made_visits import COLUMNS, drawn
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.preparation_record import PreparationRecord
from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.visit_columns import VisitColumn
from workflow_scripts.preprocessing import visit_preparation
from workflow_scripts.preprocessing.visit_preparation import Preparation
from workflow_scripts.runtime.errors import UserError

NAN = np.nan
IMPUTATIONS = ("median", "last_value", "iterative")
FEW = (
    VisitColumn("years", "years", "time", False),
    VisitColumn("age", "age", "number", False),
    VisitColumn("hpv=no", "hpv", "level", False),
    VisitColumn("hpv=yes", "hpv", "level", False),
    VisitColumn("smoker", "smoker", "flag", False),
)
# Two patients with three visits and two.
ROWS = np.array(
    [
        [-5.0, NAN, 0, 1, NAN],
        [-3.0, 30, NAN, NAN, 1],
        [-1.0, NAN, 0, 1, NAN],
        [-4.0, 50, 1, 0, 1],
        [-2.0, NAN, NAN, NAN, 0],
    ]
)
VISITS = np.array([3, 2])
BARE = VisitPacking("median", indicators=False, elapsed=False)


def unscaled(packing: VisitPacking, values: np.ndarray = ROWS, counts: np.ndarray = VISITS) -> np.ndarray:
    return Preparation.fit(ROWS, VISITS, FEW, packing).unscaled(values, counts)


def test_a_median_or_the_most_frequent_level_stands_where_nothing_was_measured():
    wanted = ROWS.copy()
    wanted[[0, 2, 4], 1] = 40
    wanted[[1, 4], 2:4] = 0, 1
    wanted[[0, 2], 4] = 1
    np.testing.assert_array_equal(unscaled(BARE), wanted)


def test_the_last_value_of_a_patient_stands_where_nothing_was_measured_and_never_that_of_another():
    wanted = ROWS.copy()
    wanted[:, 1] = [40, 30, 30, 50, 50]
    wanted[[1, 4], 2:4] = [[0, 1], [1, 0]]
    wanted[:, 4] = [1, 1, 1, 1, 0]
    np.testing.assert_array_equal(unscaled(replace(BARE, imputation="last_value")), wanted)


def test_a_model_sees_what_is_missing_and_how_long_ago_it_was_measured():
    packing = replace(BARE, indicators=True, elapsed=True)
    prepared = Preparation.fit(ROWS, VISITS, FEW, packing)
    assert prepared.names[5:8] == ("age missing", "hpv missing", "smoker missing")
    assert prepared.names[8:] == ("age years ago", "hpv years ago", "smoker years ago")
    seen = prepared.unscaled(ROWS, VISITS)
    np.testing.assert_array_equal(seen[:, 5:8], [[1, 0, 1], [0, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 0]])
    np.testing.assert_array_equal(seen[:, 8:], [[0, 0, 0], [0, 2, 0], [2, 0, 2], [0, 0, 0], [2, 2, 0]])


@pytest.mark.parametrize("gaps", [0.2, 0.6])
def test_iterative_imputation_is_that_of_scikit_learn(gaps):
    generator = np.random.default_rng(3)
    values = generator.normal(size=(300, 6)) @ generator.normal(size=(6, 6)) + 5
    values[:, 0] = -np.abs(values[:, 0])
    values[:, 3] = generator.random(300) < 0.3
    values[:, 1:][generator.random((300, 5)) < gaps] = NAN
    kinds = ("time", "number", "number", "flag", "number", "number")
    columns = [VisitColumn(f"c{number}", f"c{number}", kind, False) for number, kind in enumerate(kinds)]
    train, test = values[:200], values[200:]
    low, high = np.nanmin(train, axis=0), np.nanmax(train, axis=0)
    theirs = IterativeImputer(max_iter=visit_preparation.ROUNDS, min_value=low, max_value=high)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs.fit(train)
    own = Preparation.fit(train, np.ones(200, int), columns, replace(BARE, imputation="iterative"))
    np.testing.assert_allclose(own.unscaled(test, np.ones(100, int)), theirs.transform(test), atol=1e-6)
    assert np.isnan(test).sum() > 50


@pytest.mark.parametrize("imputation", IMPUTATIONS)
def test_training_numbers_have_mean_zero_and_standard_deviation_one(imputation):
    rows, counts, _ = drawn(200)
    prepared = Preparation.fit(rows, counts, COLUMNS, VisitPacking(imputation)).transform(rows, counts)
    assert prepared.dtype == np.float32 and np.isfinite(prepared).all()
    np.testing.assert_allclose(prepared.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(prepared.std(axis=0), 1, atol=1e-3)


@pytest.mark.parametrize("imputation", IMPUTATIONS)
def test_a_column_that_no_training_visit_has_stays_and_so_does_one_whose_first_gap_is_in_a_test_visit(imputation):
    rows, counts, _ = drawn(80)
    rows[:, 1], rows[:, 5] = NAN, 1.0
    prepared = Preparation.fit(rows, counts, COLUMNS, VisitPacking(imputation))
    assert {"age", "age missing", "smoker missing", "age years ago"} <= set(prepared.names)
    test, names = rows[: counts[0]].copy(), list(prepared.names)
    test[:, 1], test[:, 5] = 33.0, NAN
    seen = prepared.unscaled(test, counts[:1])
    assert (seen[:, names.index("smoker missing")] == 1).all() and (seen[:, names.index("age")] == 33).all()
    assert (seen[:, names.index("smoker")] == 1).all(), "the one value of training"
    scaled = prepared.transform(test, counts[:1])
    assert np.isfinite(scaled).all() and (scaled[:, names.index("smoker missing")] == 1).all()


def test_a_rare_flag_is_not_scaled_by_more_than_ten():
    rows = np.zeros((5000, 5))
    rows[7, 4] = 1
    prepared = Preparation.fit(rows, np.ones(5000, int), FEW, BARE).transform(rows, np.ones(5000, int))
    assert prepared[7, 4] == pytest.approx(10, abs=0.01)


def test_what_is_on_request_is_seen_only_where_it_is_named():
    rows, counts, _ = drawn(30)
    usual = Preparation.fit(rows, counts, COLUMNS, VisitPacking())
    asked = Preparation.fit(rows, counts, COLUMNS, VisitPacking(), ("schiller",))
    assert not [name for name in usual.names if "schiller" in name]
    assert {"schiller", "schiller missing", "schiller years ago"} == set(asked.names) - set(usual.names)
    with pytest.raises(UserError, match=r"'shiller' is no column of the use on_request .*schiller"):
        Preparation.fit(rows, counts, COLUMNS, VisitPacking(), ("shiller",))


@pytest.mark.parametrize("imputation", IMPUTATIONS)
def test_a_preparation_is_the_same_after_it_was_written(imputation):
    rows, counts, _ = drawn(40)
    prepared = Preparation.fit(rows, counts, COLUMNS, VisitPacking(imputation))
    text = json.dumps(plain(prepared.as_record()))
    again = Preparation.of_record(parse(PreparationRecord, json.loads(text)))
    assert again == prepared and again.transform(rows, counts).tobytes() == prepared.transform(rows, counts).tobytes()


@pytest.mark.parametrize("imputation", IMPUTATIONS)
def test_a_visit_is_prepared_without_a_look_at_later_ones_or_at_other_patients(imputation):
    rows, counts, _ = drawn(40)
    prepared = Preparation.fit(rows, counts, COLUMNS, VisitPacking(imputation))
    whole = prepared.transform(rows, counts)
    for patient in range(10):
        first = counts[:patient].sum()
        for visits in range(1, counts[patient] + 1):
            alone = prepared.transform(rows[first : first + visits], np.array([visits]))
            np.testing.assert_allclose(alone, whole[first : first + visits], atol=1e-6)
