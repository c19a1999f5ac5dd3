"""What is said of two classes is what trying every table says."""

import time

import numpy as np
import pytest

from workflow_scripts.claims.arithmetic.joint_sizes import joint_sizes, smallest_total
from workflow_scripts.claims.arithmetic.rates import Rate, mirrored
from workflow_scripts.claims.arithmetic.rows import row_sets, suspects
from workflow_scripts.claims.arithmetic.two_class_metrics import known_metric
from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, CUT, ROUNDED, before


def written_rate(metric: str, number: float, unit: float, way: str = ANY) -> Rate:
    """The rate of a printed number; number and unit (one unit of its last digit) as shares, 91.7 % being 0.917, 0.001.

    way: one of `ways_of_writing`: MODES, PLAIN, ANY.
    """
    return Rate(metric, *before(number, unit, way))


METRICS = (
    *("accuracy", "sensitivity", "specificity", "precision", "npv", "f1", "f_beta(0.5)", "f_beta_negative(2)"),
    *("kappa", "mcc", "youden", "balanced_accuracy", "iou", "iou_negative", "lr_positive", "lr_negative"),
)
SEED = 5


def value(name, tp, fn, fp, tn):
    return known_metric(name).value(*(np.asarray(cell, float) for cell in (tp, fn, fp, tn)))


def by_trying(rates, positives, negatives):
    tp, tn = (right.ravel().astype(float) for right in np.mgrid[: positives + 1, : negatives + 1])
    # A table in which a class is never predicted is left to its own test.
    fits = ~(((tp == 0) & (tn == negatives)) | ((tp == positives) & (tn == 0)))
    for rate in rates:
        of_tables = value(rate.metric, tp, positives - tp, negatives - tn, tn)
        fits &= (of_tables >= rate.low - 1e-12) & (of_tables <= rate.high + 1e-12)
    return int(fits.sum())


def printed_row(rng):
    """Class sizes, and one to four rates of a table, some of them altered."""
    p, n = (int(size) for size in rng.integers(1, 40, 2))
    tp, tn = int(rng.integers(0, p + 1)), int(rng.integers(0, n + 1))
    decimals, rates = int(rng.integers(1, 4)), []
    for name in rng.choice(METRICS, int(rng.integers(1, 5)), replace=False):
        number = float(value(name, tp, p - tp, n - tn, tn))
        number += 10.0**-decimals * float(rng.choice([-2, 3])) * (rng.random() < 0.3)
        if np.isfinite(number):
            way = str(rng.choice([ROUNDED, CUT, ANY]))
            rates.append(written_rate(str(name), round(number, decimals), 10.0**-decimals, way))
    return p, n, rates


def test_as_many_tables_fit_as_by_trying_all():
    impossible = 0
    for number in range(400):
        p, n, rates = printed_row(np.random.default_rng([SEED, number]))
        tried, solution = by_trying(rates, p, n), row_sets(rates, p, n)
        assert solution.fits == (solution.number > 0)
        # At most the two tables in which a class is never predicted are more.
        assert tried <= solution.number <= tried + 2, (p, n, rates)
        assert row_sets(mirrored(rates), n, p).fits == solution.fits or solution.number <= 2
        impossible += tried == 0
    assert impossible > 100


def test_without_class_sizes_no_row_that_has_a_table_is_denied_and_its_prevalence_is_inside():
    denied = 0
    for number in range(300):
        p, n, rates = printed_row(np.random.default_rng([SEED, number]))
        solution = row_sets(rates)
        if by_trying(rates, p, n):
            low, high = solution.prevalence
            assert low - 1e-6 <= p / (p + n) <= high + 1e-6
        denied += not solution.fits
    assert denied > 10


def test_two_hundred_thousand_samples_a_class_take_no_time():
    rates = [written_rate("accuracy", 0.9123, 1e-4), written_rate("mcc", 0.82, 1e-2), written_rate("f1", 0.91, 1e-2)]
    assert row_sets(rates, 200_000, 200_000).fits
    start = time.perf_counter()
    row_sets(rates, 200_000, 200_000)
    assert time.perf_counter() - start < 0.5


def row(*numbers, unit=1e-3):
    names = ("accuracy", "sensitivity", "specificity", "precision", "npv")
    return [written_rate(name, number, unit) for name, number in zip(names, numbers, strict=False)]


def test_an_accuracy_outside_sensitivity_and_specificity_is_denied_at_any_size():
    assert not row_sets(row(0.95, 0.91, 0.93)).fits
    assert {suspect.metric for suspect in suspects(row(0.95, 0.91, 0.93))} == {"accuracy", "sensitivity", "specificity"}


def test_printed_shares_imply_a_prevalence_and_a_smallest_test_set():
    numbers = {"accuracy": (0.9826, 1e-4), "sensitivity": (0.99, 1e-2), "f1": (0.979, 1e-3), "precision": (0.968, 1e-3)}
    rates = [written_rate(name, number, unit, ROUNDED) for name, (number, unit) in numbers.items()]
    assert not row_sets(rates, 60, 60).fits
    low, high = row_sets(rates).prevalence
    assert 0.38 < low < 0.405 < high < 0.45
    assert smallest_total(rates) == (93, 137)


@pytest.mark.parametrize("total", [300, None])
def test_class_sizes_follow_from_rows_that_share_them(total):
    tables = [(110, 22, 13, 155), (100, 32, 8, 160), (120, 12, 38, 130)]
    names = ("accuracy", "sensitivity", "specificity", "precision", "npv")
    rows = [row(*(round(float(value(name, *table)), 3) for name in names)) for table in tables]
    sizes = joint_sizes(rows, total=total, largest=599)
    assert sizes.decided and sizes.possible == ((132, 168),)
    # A pair of sizes that one of the rows does not fit is none.
    altered = joint_sizes([rows[0], rows[1][:4] + row(*[0.5] * 5)[4:], rows[2]], total=total, largest=599)
    assert altered.decided and altered.possible == ()


def test_the_suspect_is_told_the_values_that_would_fit():
    rates = row(0.883, 0.833, 0.923, 0.894, 0.676)
    (suspect,) = [suspect for suspect in suspects(rates, 132, 168) if suspect.metric == "npv"]
    assert suspect.low <= suspect.nearest <= suspect.high and round(suspect.nearest, 3) == 0.876


def test_a_class_that_is_never_predicted_has_a_precision_of_0_or_1_and_no_other():
    for number, fits in ((0.0, True), (1.0, True), (0.5, False)):
        rates = [written_rate("sensitivity", 0.0, 1e-3), written_rate("precision", number, 1e-3)]
        specific = [written_rate("specificity", 1.0, 1e-3)]
        assert row_sets([*rates, *specific], 20, 30).fits == fits
