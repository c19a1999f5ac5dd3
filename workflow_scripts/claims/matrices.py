"""Printed confusion matrices: their sums, and the metrics that follow from them against the printed ones.

Apart from `tables.printed_matrices`, whose matrix may be transposed or of shares: here rows and averages are named.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workflow_scripts.claims.arithmetic.averaged_values import harmonic
from workflow_scripts.claims.arithmetic.class_tables import ClassRate, range_of
from workflow_scripts.claims.arithmetic.ways_of_writing import MODES
from workflow_scripts.claims.granularity import possible
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, Outcome, shared_outcome, verdict
from workflow_scripts.claims.printed import Interval, distance, interval, numerators, shown, written
from workflow_scripts.claims.scores import DIGITS, f1_of_means, of_rounded, rounded_scores, scores
from workflow_scripts.claims.sizes import Sizes, groups, measured
from workflow_scripts.claims.trainings import is_open
from workflow_scripts.contracts.claims import Claim, Published

if TYPE_CHECKING:
    import numpy as np

METRICS = "metrics from the confusion matrix"
SUMS = "sums of the confusion matrix"
PARTIAL = "confusions against errors"
# Usual numbers of folds, and the largest matrix whose folds are tried.
FOLDS = (5, 10, 3)
MOST_CELLS = 36
# Study, run, subset.
MatrixKey = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix of which every cell is printed; counts: true class × predicted class."""

    study: str
    run: str | None
    subset: str | None
    classes: tuple[str, ...]
    counts: "np.ndarray"
    cells: tuple[Claim, ...]

    @property
    def key(self) -> MatrixKey:
        """Whose answers it counts, on which samples."""
        return self.study, self.run, self.subset


def matrices(published: Published) -> list[Matrix]:
    """Every matrix that is printed as a whole, classes in the order of its rows."""
    import numpy as np

    printed_matrices = []
    cells = [claim for claim in published.claims if claim.metric == "confusions" and claim.cell]
    for (study, run, subset, _), group in groups(cells, "study", "run", "subset", "source"):
        classes = tuple(dict.fromkeys(claim.class_name for claim in group if claim.class_name))
        values = {(claim.class_name, claim.predicted): claim for claim in group}
        pairs = [(true, predicted) for true in classes for predicted in classes]
        if len(group) == len(values) and set(values) == set(pairs):
            counts = np.array([[int(values[true, predicted].value) for predicted in classes] for true in classes])
            printed_matrices.append(Matrix(study, run, subset, classes, counts, tuple(group)))
    return printed_matrices


def check_metrics(published: Published) -> Iterator[Outcome]:
    """What is printed of a run must follow from its confusion matrix, by one way of averaging over classes.

    Ways: mean over classes, mean weighted by class size, all decisions thrown together, or one class alone; where the
    paper leaves it open, the mean over stratified folds.
    Reference: M. Sokolova, G. Lapalme, Information Processing & Management 45(4):427-437 (2009), for the ways.
    """
    for matrix in matrices(published):
        claims = [claim for claim in measured(published) if (claim.study, claim.run, claim.subset) == matrix.key]
        outcomes = [outcome for claim in claims if (outcome := _metric(matrix, claim))]
        odd = [outcome.claim for outcome in outcomes if outcome.outcome == CONTRADICTION]
        for outcome in outcomes:
            inconsistent = odd if outcome.outcome == CONTRADICTION else ()
            cells = (cell.id for cell in matrix.cells)
            yield replace(outcome, compared_ids=(*cells, *(name for name in inconsistent if name != outcome.claim)))


def _metric(matrix: Matrix, claim: Claim) -> Outcome | None:
    """One printed metric against the matrix; None of what a matrix does not give."""
    values = averages(matrix, claim)
    if values is None:
        return None
    fitting = [way for way, value in values.items() if interval(claim).contains(value)] or _rounded_before(
        matrix, claim
    )
    listed = ", ".join(f"{way} {written(value, claim, 1)}" for way, value in values.items())
    why = f"{shown(claim)} {claim.metric.removeprefix('macro_')}. By the printed matrix: {listed}"
    why += f"; the printed number is that of {fitting[0]}." if fitting else "; none is the printed number."
    nearest = min(values.items(), key=lambda item: abs(item[1] - claim.scaled))
    near = f"{written(nearest[1], claim, 1)} ({nearest[0]})"
    size = "" if fitting else distance(nearest[1], claim)
    if not fitting and is_open([claim]) and (folds := _of_folds(matrix, claim)):
        reading = f"it is the mean over {folds} stratified folds whose matrices add up to the printed one"
        return Outcome(claim.id, METRICS, FITS_ONLY_IF, why, near, size=size, reading=reading)
    return Outcome(claim.id, METRICS, verdict(bool(fitting)), why, near, size=size)


def _of_folds(matrix: Matrix, claim: Claim) -> int:
    """The number of stratified folds over which a mean can be the printed number, by linear programming; 0 if none.

    Each fold has its share of every class; its matrix is any, and all of them add up to the printed one.
    """
    name = claim.metric.removeprefix("macro_")
    if name not in ("accuracy", "sensitivity", "specificity") or claim.class_name or matrix.counts.size > MOST_CELLS:
        return 0
    sizes = matrix.counts.sum(1).tolist()
    for folds in (number for number in FOLDS if min(sizes) >= number):
        ends = range_of(ClassRate(name, 0.0, 1.0), sizes, folds=folds, matrix=matrix.counts)
        if ends and interval(claim).overlaps(Interval(*ends)):
            return folds
    return 0


def _rounded_before(matrix: Matrix, claim: Claim) -> list[str]:
    """The way of averaging by which class values were rounded before their mean was taken; empty where none fits."""
    name = claim.metric.removeprefix("macro_")
    if claim.metric == name:
        return []
    fitting_digits = [
        digits
        for digits in DIGITS
        for half_up in (True, False)
        for kind in of_rounded(name)
        if interval(claim).contains(float(rounded_scores(scores(matrix.counts), digits, half_up)[kind].mean()))
    ]
    return [f"the mean over classes of values rounded to {digits} digits before" for digits in fitting_digits[:1]]


def averages(matrix: Matrix, claim: Claim) -> dict[str, float] | None:
    """Way of averaging → a claim's metric from the matrix; None for a metric that a matrix does not give."""
    import numpy as np

    values_by_metric = scores(matrix.counts)
    if claim.metric in ("accuracy", "balanced_accuracy"):
        recall = float(values_by_metric["sensitivity"].mean())
        values = {"the matrix": recall if claim.metric == "balanced_accuracy" else float(values_by_metric["accuracy"])}
        if claim.metric == "accuracy" and len(matrix.classes) > 2:
            errors = 1 - float(values_by_metric["accuracy"])
            values["mean of (TP + TN) / n over classes"] = 1 - 2 * errors / len(matrix.classes)
        return values
    name = claim.metric.removeprefix("macro_")
    if name not in values_by_metric:
        return None
    each_class = values_by_metric[name]
    if claim.class_name in matrix.classes:
        return {claim.class_name: float(each_class[matrix.classes.index(claim.class_name)])}
    weights = matrix.counts.sum(1) / matrix.counts.sum()
    values = {"mean over classes": float(each_class.mean()), "weighted mean": float(each_class @ weights)}
    if name == "f1":
        values["F1 of means"] = float(f1_of_means(values_by_metric))
        weighted = (float(values_by_metric[part] @ weights) for part in ("precision", "sensitivity"))
        values["F1 of weighted means"] = float(harmonic(*map(np.array, weighted)))
    values["all together"] = _pooled(matrix, name)
    return values | {f"{label} alone": float(value) for label, value in zip(matrix.classes, each_class, strict=True)}


def _pooled(matrix: Matrix, name: str) -> float:
    """Every sample is one decision for each class: precision, sensitivity and F1 are then all the accuracy."""
    right, total, classes = matrix.counts.trace(), matrix.counts.sum(), len(matrix.classes)
    if name == "specificity":
        return float(((classes - 1) * total - (total - right)) / ((classes - 1) * total))
    return float(right / total)


def check_sums(published: Published) -> Iterator[Outcome]:
    """The cells add up to the printed number of samples, each row to its class, alike in all matrices of a test set.

    Reference: A. Grey, M. J. Bolland, A. Avenell, A. A. Klein, C. K. Gunsalus, Check for publication integrity before
    misconduct, Nature 577:167-169 (2020), section Errors.
    """
    sizes = Sizes(published)
    whole = matrices(published)
    for matrix in whole:
        total, rows = int(matrix.counts.sum()), matrix.counts.sum(1).tolist()
        totals = sizes.totals(matrix.study, matrix.subset, matrix.run) or sizes.totals(matrix.study, "all", matrix.run)
        wanted = {tuple(way[name] for name in matrix.classes) for way in _ways(matrix, sizes)}
        alike = [
            matrix_of_subset
            for matrix_of_subset in whole
            if (matrix_of_subset.study, matrix_of_subset.subset) == (matrix.study, matrix.subset)
        ]
        row_sums = {tuple(matrix_of_subset.counts.sum(1).tolist()) for matrix_of_subset in alike}
        wrong = []
        if totals and total not in totals:
            wrong.append(f"its cells add up to {total}, {' or '.join(map(str, totals))} are printed")
        if wanted and tuple(rows) not in wanted:
            wrong.append(f"its rows add up to {rows}, {' or '.join(str(list(way)) for way in wanted)} are printed")
        if len(row_sums) > 1:
            wrong.append(f"its rows add up to {rows}, those of another matrix of the same samples do not")
        sums_in_words = f"Its cells add up to {total}, its rows to {', '.join(map(str, rows))}"
        sums_in_words += " as printed elsewhere." if totals or wanted or len(alike) > 1 else "."
        why = f"The matrix does not fit: {'; '.join(wrong)}." if wrong else sums_in_words
        nearest = " or ".join(map(str, totals))
        yield from shared_outcome(
            matrix.cells, SUMS, CONTRADICTION if wrong else CONSISTENT, why, nearest if wrong else ""
        )


def _ways(matrix: Matrix, sizes: Sizes) -> list[dict[str, int]]:
    ways = sizes.by_class(matrix.study, matrix.subset, matrix.run)
    return [way for way in ways if set(way) == set(matrix.classes)]


def check_partial(published: Published) -> Iterator[Outcome]:
    """Confusions that the text tells are at most the errors of their class and of the whole subset.

    Reference: as for sums; n − k errors follow from the accuracy k/n.
    """
    sizes = Sizes(published)
    told_confusions = [claim for claim in measured(published) if claim.metric == "confusions" and not claim.cell]
    for (study, run, subset), group in groups(told_confusions, "study", "run", "subset"):
        errors = _errors(published, sizes, group[0])
        wrong = sum(int(claim.value) for claim in group if claim.class_name != claim.predicted)
        for class_name, row in groups(group, "class_name"):
            size = sizes.count(study, subset, class_name[0], run)
            inside = sum(int(claim.value) for claim in row)
            fits = (size is None or inside <= size) and (errors is None or wrong <= errors)
            if size is not None or errors is not None:
                why = f"{inside} of {size} {class_name[0]}, and {wrong} of {errors} errors in all, are told."
                yield from shared_outcome(row, PARTIAL, verdict(fits), why)


def _errors(published: Published, sizes: Sizes, about: Claim) -> int | None:
    """The most errors that the printed accuracies of the same run and subset allow."""
    possible_errors = []
    for claim in measured(published):
        same = (claim.study, claim.run, claim.subset) == (about.study, about.run, about.subset)
        if claim.metric == "accuracy" and same:
            possible_errors += [
                n - k for n in possible(claim, sizes) for mode in MODES for k in numerators(claim, n, mode)
            ]
    if not possible_errors:
        return None
    # The mean of (TP + TN) / n over the classes counts each error as two of so many.
    classes = len(sizes.classes(about.study, about.run))
    return max(possible_errors) * max(classes, 2) // 2
