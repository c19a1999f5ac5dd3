"""Whether printed metrics of several classes can come from one confusion matrix, or from the mean of folds.

Accuracy, sensitivities, specificities and their means are linear in the cells, precision and F1 of one class are so
once multiplied out: linear programming says whether cells exist, whole numbers or not, and between which ends a further
metric lies. A matrix is never denied; where the search for whole numbers takes too many steps, any cells count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow_scripts.runtime.native_output import native_output_dropped

if TYPE_CHECKING:
    import numpy as np

MACRO, WEIGHTED, MICRO = "macro", "weighted", "micro"
# Metrics that are linear in the cells for every average, and those that are so for one class of one matrix.
MEANS = ("accuracy", "sensitivity", "specificity", "class_accuracy")
OF_ONE_CLASS = ("precision", "f1")
_SLACK = 1e-9
# Branches of the search for whole numbers, after which any cells count: the same ones on every machine. Most problems
# take one; seconds that no search of so many branches takes; beyond so many cells none are sought.
_BRANCHES = 300
_SECONDS = 20.0
_MOST_CELLS = 64
# What scipy's solver calls a problem without a solution.
_INFEASIBLE = 2


@dataclass(frozen=True)
class ClassRate:
    """A metric of several classes and the lowest and highest value that it may have.

    metric: `accuracy` (of all samples), `sensitivity`, `specificity`, `class_accuracy` ((TP + TN) / n of one class
    against the rest), `precision` or `f1`; average: MACRO, WEIGHTED (by class size) or MICRO, or the number of a class
    from 0; of an accuracy it says nothing.
    """

    metric: str
    low: float
    high: float
    average: str | int = MACRO


@dataclass(frozen=True)
class _Problem:
    """Rows of A·x ≤ b and of A·x = b, x being the cells: fold, true class, predicted class."""

    above: "np.ndarray"
    limits: "np.ndarray"
    equal: "np.ndarray"
    sums: "np.ndarray"


def class_table(sizes: Sequence[int], rates: Sequence[ClassRate], folds: int = 1, whole: bool = True) -> bool:
    """Whether cells exist that give all rates; those that are not linear are left aside.

    sizes: samples of each class, in all; folds: of how many the numbers are means, with the classes spread evenly over
    them (stratified), the samples that are left over in the first folds or dealt out one class after the other.
    Precision and F1 of one class are judged in one matrix alone. whole: whether cells are whole numbers; those of a
    mean over several trainings on the same samples need not be.
    """
    problems = [_problem(of_folds, rates) for of_folds in _divisions(sizes, folds)]
    possible = [problem for problem in problems if _is_possible(problem)]
    return any(not whole or _is_whole(problem) for problem in possible)


def _is_whole(problem: _Problem) -> bool:
    """Whether cells that are whole numbers exist; True where that is not known after _BRANCHES.

    That there are none is believed if the solver says so with and without simplifying the problem first: faults of such
    solvers lie mostly there, and a contradiction may rest on the answer.
    """
    import numpy as np
    from scipy.optimize import LinearConstraint, milp

    cells = problem.equal.shape[1]
    if cells > _MOST_CELLS:
        return True
    rows = [
        LinearConstraint(problem.above, -np.inf, problem.limits),
        LinearConstraint(problem.equal, problem.sums, problem.sums),
    ]
    whole = np.ones(cells)
    for presolve in (True, False):
        options = {"node_limit": _BRANCHES, "time_limit": _SECONDS, "presolve": presolve}
        with native_output_dropped():
            solution = milp(np.zeros(cells), constraints=rows, integrality=whole, options=options)
        if solution.status != _INFEASIBLE:
            return True
    return False


def _is_possible(problem: _Problem) -> bool:
    from scipy.optimize import linprog

    cells = [0.0] * problem.equal.shape[1]
    ends = linprog(cells, problem.above, problem.limits, problem.equal, problem.sums, bounds=(0, None), method="highs")
    return ends.status != 2


def range_of(
    wanted: ClassRate,
    sizes: Sequence[int],
    rates: Sequence[ClassRate] = (),
    folds: int = 1,
    matrix: "np.ndarray | None" = None,
) -> tuple[float, float] | None:
    """Lowest and highest value of a linear metric beside the rates; None where no cells give these.

    wanted: its own ends are not used; matrix: the sum of all folds, true × predicted class, where it is known.
    ValueError for a metric that is not linear in the cells.
    """
    if wanted.metric not in MEANS and wanted.average != MICRO:
        raise ValueError(f"{wanted.metric} is not linear in the cells of a matrix")
    ends = [_ends(wanted, _problem(of_folds, rates, matrix), of_folds) for of_folds in _divisions(sizes, folds)]
    possible = [pair for pair in ends if pair]
    return (min(low for low, _ in possible), max(high for _, high in possible)) if possible else None


def _ends(wanted: ClassRate, problem: _Problem, of_folds: "np.ndarray") -> tuple[float, float] | None:
    from scipy.optimize import linprog

    factors, constant = _linear(wanted, of_folds)
    values = []
    for sign in (1, -1):
        ends = linprog(
            *(sign * factors, problem.above, problem.limits, problem.equal, problem.sums),
            bounds=(0, None),
            method="highs",
        )
        if ends.status != 0:
            return None
        values.append(float(sign * ends.fun + constant))
    return values[0], values[1]


def _divisions(sizes: Sequence[int], folds: int) -> "list[np.ndarray]":
    """Samples of each class in each fold, folds × classes: as evenly as can be, in one of two usual ways."""
    import numpy as np

    every, of_class = np.arange(folds)[:, None], np.array(sizes)[None, :]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])[None, :]
    ways = [of_class // folds + ((every - start) % folds < of_class % folds) for start in (0 * starts, starts)]
    return ways[:1] if np.array_equal(*ways) else ways


def _problem(of_folds: "np.ndarray", rates: Sequence[ClassRate], matrix: "np.ndarray | None" = None) -> _Problem:
    """The rows and columns of a linear program over the cells; matrix: the sum of all folds, where it is known."""
    import numpy as np

    folds, classes = of_folds.shape
    sizes = of_folds.sum(0).tolist()
    equal, sums = np.kron(np.eye(folds * classes), np.ones(classes)), of_folds.ravel().astype(float)
    if matrix is not None:
        equal = np.vstack([equal, np.tile(np.eye(matrix.size), (1, folds))])
        sums = np.concatenate([sums, np.ravel(matrix)])
    rows, limits = [np.zeros(folds * classes * classes)], [0.0]
    for rate in rates:
        if rate.metric in OF_ONE_CLASS and isinstance(rate.average, int) and folds == 1:
            part, whole, fixed = _of_one_class(rate, sizes)
            for factor, end in ((-1, rate.low - _SLACK), (1, rate.high + _SLACK)):
                rows.append(factor * (part - end * whole))
                limits.append(factor * end * fixed)
        elif rate.metric in MEANS or rate.average == MICRO:
            factors, constant = _linear(rate, of_folds)
            rows += [-factors, factors]
            limits += [constant - rate.low + _SLACK, rate.high - constant + _SLACK]
    return _Problem(np.array(rows), np.array(limits), equal, sums)


def _of_one_class(rate: ClassRate, sizes: Sequence[int]) -> "tuple[np.ndarray, np.ndarray, float]":
    """Factors of the cells in the part and the whole of which a class metric is the ratio, and the whole's constant."""
    import numpy as np

    classes, index = len(sizes), int(rate.average)
    right, predicted = np.zeros((classes, classes)), np.zeros((classes, classes))
    right[index, index], predicted[:, index] = 1, 1
    if rate.metric == "precision":
        return right.ravel(), predicted.ravel(), 0.0
    return 2 * right.ravel(), predicted.ravel(), float(sizes[index])


def _linear(rate: ClassRate, of_folds: "np.ndarray") -> "tuple[np.ndarray, float]":
    """Factors of all cells in a metric, and what is added to their sum: the mean over the folds."""
    import numpy as np

    folds, classes = of_folds.shape
    factors, constant = np.zeros((folds, classes, classes)), 0.0
    for fold, sizes in enumerate(of_folds):
        total = sizes.sum()
        weights = _weights(rate, sizes)
        for index in range(classes):
            weight = weights[index] / folds
            if rate.metric == "specificity":
                factors[fold, :, index] -= weight / max(total - sizes[index], 1)
                factors[fold, index, index] += weight / max(total - sizes[index], 1)
                constant += weight
            elif rate.metric == "class_accuracy":
                factors[fold, :, index] -= weight / total
                factors[fold, index, index] += 2 * weight / total
                constant += weight * (1 - sizes[index] / total)
            else:
                factors[fold, index, index] += weight / max(sizes[index], 1)
    return factors.ravel(), constant


def _weights(rate: ClassRate, sizes: "np.ndarray") -> "np.ndarray":
    """How much each class counts in an average: in a specificity all together, by those that are not of it."""
    import numpy as np

    total = sizes.sum()
    if isinstance(rate.average, int) and rate.metric != "accuracy":
        return np.eye(len(sizes))[rate.average]
    if rate.metric == "specificity" and rate.average == MICRO:
        return (total - sizes) / (total - sizes).sum()
    # Accuracy is the sensitivity weighted by class size; so are precision, sensitivity and F1 of all together.
    pooled = rate.metric == "accuracy" or (rate.average == MICRO and rate.metric != "class_accuracy")
    if pooled or rate.average == WEIGHTED:
        return sizes / total
    present = sizes > 0
    # A class of which a fold has no sample is left out of its mean sensitivity.
    return (
        np.where(present, 1.0, 0.0) / present.sum()
        if rate.metric == "sensitivity"
        else np.full(len(sizes), 1 / len(sizes))
    )
