"""Honest papers: the same confusion matrix, printed by scripts that are usual and that no paper describes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np

from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

Numbers = dict[str, Decimal]
# Of these a paper that says what STATED says would say something wrong: of one training, averaged in one way.
MISSTATED = ("mean_of_five", "mixed")
# What a paper says where it says that its numbers are of one training.
STATED = {"one_training": "One training.", "average": "Averages over the classes.", "split_unit": "Images."}


def matrix(rng: np.random.Generator, classes: int) -> np.ndarray:
    """Counts, true × predicted class: classes of 20 to 180 samples, 60 to 97 % right."""
    sizes, skill = rng.integers(20, 181, classes), rng.uniform(0.6, 0.97)
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


PIPELINES: tuple[Callable[[np.random.Generator, np.ndarray], Numbers], ...] = (
    *(rounded_once, class_values_of_three_digits, class_values_of_two_digits, weighted, mean_of_five, rounded_twice),
    *(f1_of_the_printed, accuracy_cut_off, thrown_together, accuracy_over_classes, mixed),
)


def printed(counts: np.ndarray, numbers: Numbers, stated: dict[str, str] | None = None) -> Published:
    """The paper: class sizes of the test set, and the numbers in percent; stated: what it says of all of them."""
    names = [f"c{c}" for c in range(len(counts))]
    sizes = [
        Claim(f"n.{name}", "Table 2", "s", "samples", int(size), "count", subset="test", class_name=name)
        for name, size in zip(names, counts.sum(1), strict=True)
    ]
    sizes.append(Claim("n", "Table 2", "s", "samples", int(counts.sum()), "count", subset="test"))
    metrics = [
        Claim(
            *(name, "Table 1", "s", name, float(value * 100), "percent"),
            decimals=-value.as_tuple().exponent - 2,
            subset="test",
            run="r",
            cell=Cell("Table 1", "r", name),
        )
        for name, value in numbers.items()
    ]
    metrics = [replace(claim, stated=stated or {}) for claim in metrics]
    return Published("made", "x", {"s": PaperStudy("made", (), {})}, (), (*sizes, *metrics))
