"""Honest papers: the same confusion matrix, printed by scripts that are usual and that no paper describes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np

from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

Numbers = dict[str, Decimal]
# Of these a paper that says what STATED says would say something wrong: of one training, averaged in one way.
MISSTATED = ("mean_of_five", "mixed", "median_of_folds", "mean_of_folds", "bootstrap_means")
# What a paper says where it says that its numbers are of one training.
STATED = {"one_training": "One training.", "average": "Averages over the classes.", "split_unit": "Images."}


def matrix(rng: np.random.Generator, classes: int, total: int | None = None) -> np.ndarray:
    """Counts, true × predicted class: classes of 20 to 180 samples, 60 to 97 % right; or so many samples in all."""
    sizes, skill = rng.integers(20, 181, classes), rng.uniform(0.6, 0.97)
    if total is not None:
        shares = rng.dirichlet(np.full(classes, 3.0))
        sizes = 2 + np.floor(shares * (total - 2 * classes)).astype(int)
    return _drawn(rng, sizes, skill)


def _drawn(rng: np.random.Generator, sizes: np.ndarray, skill: float) -> np.ndarray:
    classes = len(sizes)
    chances = (1 - skill) * rng.dirichlet(np.ones(classes), classes) + skill * np.eye(classes)
    return np.array([rng.multinomial(size, chance) for size, chance in zip(sizes, chances, strict=True)])


def _digits(value: Fraction | Decimal, decimals: int, way: str = ROUND_HALF_UP) -> Decimal:
    exact = value if isinstance(value, Decimal) else Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(1).scaleb(-decimals), rounding=way)


def _of_classes(counts: np.ndarray) -> list[tuple[Fraction, Fraction, Fraction, int]]:
    """Precision, recall, F1 and size of each class, exactly."""
    found = []
    for c in range(len(counts)):
        right, true, predicted = int(counts[c, c]), int(counts[c].sum()), int(counts[:, c].sum())
        precision = Fraction(right, predicted) if predicted else Fraction(0)
        recall = Fraction(right, true)
        found.append((precision, recall, 2 * precision * recall / (precision + recall) if right else Fraction(0), true))
    return found


def _accuracy(counts: np.ndarray) -> Fraction:
    return Fraction(int(counts.trace()), int(counts.sum()))


def _exact(counts: np.ndarray) -> dict[str, Fraction]:
    classes = _of_classes(counts)
    means = {f"macro_{name}": sum(c[i] for c in classes) / len(classes) for i, name in enumerate(_NAMES)}
    return {"accuracy": _accuracy(counts), **means}


_NAMES = ("precision", "sensitivity", "f1")


def rounded_once(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The tests' plain world: exact means, three digits."""
    return {name: _digits(value, 3) for name, value in _exact(counts).items()}


def class_values_of_three_digits(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """A script over the confusion matrix rounds precision and recall of a class, makes F1 of these, then the means."""
    way = str(rng.choice((ROUND_HALF_UP, ROUND_HALF_EVEN)))
    classes = [tuple(_digits(value, 3, way) for value in c[:2]) for c in _of_classes(counts)]
    scores = [_digits(2 * p * r / (p + r), 3, way) if p + r else Decimal(0) for p, r in classes]
    columns = {
        "macro_precision": [c[0] for c in classes],
        "macro_sensitivity": [c[1] for c in classes],
        "macro_f1": scores,
    }
    means = {name: _digits(sum(column) / len(column), 3, way) for name, column in columns.items()}
    return {"accuracy": _digits(_accuracy(counts), 4), **means}


def class_values_of_two_digits(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """A classification report with two digits, averaged by hand."""
    classes = [tuple(_digits(value, 2) for value in c[:3]) for c in _of_classes(counts)]
    means = {f"macro_{name}": _digits(sum(c[i] for c in classes) / len(classes), 4) for i, name in enumerate(_NAMES)}
    return {"accuracy": _digits(_accuracy(counts), 4), **means}


def weighted(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Means weighted by class size."""
    classes, n = _of_classes(counts), int(counts.sum())
    means = {f"macro_{name}": _digits(sum(c[i] * c[3] for c in classes) / n, 4) for i, name in enumerate(_NAMES)}
    return {"accuracy": _digits(_accuracy(counts), 4), **means}


def mean_of_five(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The mean of five trainings on one test set."""
    sizes, skill = counts.sum(1), counts.trace() / counts.sum()
    runs = [_exact(_drawn(rng, sizes, skill)) for _ in range(5)]
    return {name: _digits(sum(run[name] for run in runs) / 5, 4) for name in runs[0]}


def rounded_twice(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Four digits in a log, three in the paper: 0.91446, 0.9145, 91.5 %."""
    return {name: _digits(_digits(value, 4), 3) for name, value in _exact(counts).items()}


def f1_of_the_printed(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """F1 of the mean precision and recall as they are printed."""
    exact = _exact(counts)
    p, r = _digits(exact["macro_precision"], 3), _digits(exact["macro_sensitivity"], 3)
    means = {"macro_precision": p, "macro_sensitivity": r, "macro_f1": _digits(2 * p * r / (p + r), 3)}
    return {"accuracy": _digits(exact["accuracy"], 4), **means}


def accuracy_cut_off(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """One number cut off, the others rounded."""
    exact = _exact(counts)
    rest = {name: _digits(value, 4) for name, value in exact.items() if name != "accuracy"}
    return {"accuracy": _digits(exact["accuracy"], 4, ROUND_DOWN), **rest}


def thrown_together(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Micro averages: with one label a sample all are the accuracy."""
    value = _digits(_accuracy(counts), 4)
    return {"accuracy": value, **{f"macro_{name}": value for name in _NAMES}}


def accuracy_over_classes(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The accuracy as the mean of (TP + TN) / n over the classes: the formula of two classes, class by class."""
    errors, exact = int(counts.sum() - counts.trace()), _exact(counts)
    accuracy = 1 - Fraction(2 * errors, len(counts) * int(counts.sum()))
    return {name: _digits(accuracy if name == "accuracy" else value, 4) for name, value in exact.items()}


def mixed(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Plain means of precision and recall beside a weighted F1."""
    return rounded_once(rng, counts) | {"macro_f1": weighted(rng, counts)["macro_f1"]}


def _folds(rng: np.random.Generator, counts: np.ndarray, folds: int) -> list[dict[str, Fraction]]:
    """Exact metrics of each fold, the samples being thrown into folds regardless of class; no fold without a class."""
    classes = len(counts)
    true, predicted = (index.repeat(counts.ravel()) for index in np.indices(counts.shape).reshape(2, -1))
    parts = np.array_split(rng.permutation(len(true)), folds)
    tables = []
    for part in parts:
        table = np.zeros((classes, classes), int)
        np.add.at(table, (true[part], predicted[part]), 1)
        tables.append(table)
    return [_exact(table) for table in tables if table.sum(1).all()] or [_exact(counts)]


def median_of_folds(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The median over five folds, number by number."""
    folds = _folds(rng, counts, 5)
    middle = len(folds) // 2
    return {name: _digits(sorted(fold[name] for fold in folds)[middle], 4) for name in folds[0]}


def mean_of_folds(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The mean over five folds that are not stratified."""
    folds = _folds(rng, counts, 5)
    return {name: _digits(sum(fold[name] for fold in folds) / len(folds), 4) for name in folds[0]}


def bootstrap_means(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The mean over bootstrap draws, class by class."""
    sizes = counts.sum(1)
    draws = [np.array([rng.multinomial(n, row / n) for n, row in zip(sizes, counts, strict=True)]) for _ in range(30)]
    exact = [_exact(draw) for draw in draws]
    return {name: _digits(sum(draw[name] for draw in exact) / len(exact), 4) for name in exact[0]}


def whole_percent(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Percentages without digits after the point."""
    return {name: _digits(value, 2) for name, value in _exact(counts).items()}


def undefined_left_out(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Means over the classes that were predicted: of the others there is neither precision nor F1."""
    if len(counts) > 2:
        # The smallest class is never predicted.
        counts = counts.copy()
        least, largest = int(counts.sum(1).argmin()), int(counts.sum(1).argmax())
        counts[:, largest] += counts[:, least]
        counts[:, least] = 0
    classes = _of_classes(counts)
    predicted = [c for c, column in zip(classes, counts.sum(0), strict=True) if column]
    means = {
        "macro_precision": sum(c[0] for c in predicted) / len(predicted),
        "macro_sensitivity": sum(c[1] for c in classes) / len(classes),
        "macro_f1": sum(c[2] for c in predicted) / len(predicted),
    }
    return {name: _digits(value, 4) for name, value in {"accuracy": _accuracy(counts), **means}.items()}


def balanced(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The balanced accuracy, called accuracy."""
    exact = _exact(counts)
    return {name: _digits(value, 4) for name, value in {**exact, "accuracy": exact["macro_sensitivity"]}.items()}


def classification_report(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The values of every class, their plain means and the accuracy, all with two digits."""
    classes = _of_classes(counts)
    of_classes = {f"{name}/c{i}": c[k] for i, c in enumerate(classes) for k, name in enumerate(_NAMES)}
    return {name: _digits(value, 2) for name, value in {**_exact(counts), **of_classes}.items()}


def weighted_report(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """The values of every class, and the means weighted by class size."""
    report = classification_report(rng, counts)
    return report | {name: _digits(value, 2) for name, value in weighted(rng, counts).items()}


def with_specificity(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """Accuracy, mean sensitivity and mean specificity, plain or weighted by class size, and those of one class."""
    n, true, predicted, right = counts.sum(), counts.sum(1), counts.sum(0), counts.diagonal()
    specificities = [Fraction(int(n - t - p + r), int(n - t)) for t, p, r in zip(true, predicted, right, strict=True)]
    weights = [Fraction(int(t), int(n)) for t in true] if rng.integers(2) else [Fraction(1, len(counts))] * len(counts)
    recalls = [c[1] for c in _of_classes(counts)]
    return {
        "accuracy": _digits(_accuracy(counts), 4),
        "macro_sensitivity": _digits(sum(w * r for w, r in zip(weights, recalls, strict=True)), 4),
        "macro_specificity": _digits(sum(w * s for w, s in zip(weights, specificities, strict=True)), 4),
        "sensitivity/c0": _digits(recalls[0], 4),
        "specificity/c0": _digits(specificities[0], 4),
    }


def weighted_of_two_digits(rng: np.random.Generator, counts: np.ndarray) -> Numbers:
    """A classification report with two digits, averaged by hand with the class sizes as weights."""
    classes, n = [(*(_digits(value, 2) for value in c[:3]), c[3]) for c in _of_classes(counts)], int(counts.sum())
    means = {f"macro_{name}": _digits(sum(c[i] * c[3] for c in classes) / n, 4) for i, name in enumerate(_NAMES)}
    return {"accuracy": _digits(_accuracy(counts), 4), **means}


PIPELINES: tuple[Callable[[np.random.Generator, np.ndarray], Numbers], ...] = (
    *(rounded_once, class_values_of_three_digits, class_values_of_two_digits, weighted, mean_of_five, rounded_twice),
    *(f1_of_the_printed, accuracy_cut_off, thrown_together, accuracy_over_classes, mixed, median_of_folds),
    *(mean_of_folds, bootstrap_means, whole_percent, undefined_left_out, balanced, classification_report),
    *(weighted_report, with_specificity, weighted_of_two_digits),
)


def printed(counts: np.ndarray, numbers: Numbers, stated: dict[str, str] | None = None) -> Published:
    """The paper: class sizes of the test set, and the numbers in percent; stated: what it says of all of them.

    numbers: metric, or metric/class, → number.
    """
    names = [f"c{c}" for c in range(len(counts))]
    sizes = [
        Claim(f"n.{name}", "Table 2", "s", "samples", int(size), "count", subset="test", class_name=name)
        for name, size in zip(names, counts.sum(1), strict=True)
    ]
    sizes.append(Claim("n", "Table 2", "s", "samples", int(counts.sum()), "count", subset="test"))
    metrics = [
        Claim(
            *(name, "Table 1", "s", name.partition("/")[0], float(value * 100), "percent"),
            decimals=max(0, -int(value.as_tuple().exponent) - 2),
            subset="test",
            run="r",
            class_name=name.partition("/")[2] or None,
            cell=Cell("Table 1", "r", name),
        )
        for name, value in numbers.items()
    ]
    metrics = [replace(claim, stated=stated or {}) for claim in metrics]
    return Published("made", "x", {"s": PaperStudy("made", (), {})}, (), (*sizes, *metrics))
