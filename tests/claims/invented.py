"""Papers made of confusion matrices, as a careful author would print them: rounded or cut off, with any digits."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np

from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

WAYS = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)
# Of one training: nothing softens what the checks say.
STATED = {"one_training": "One training.", "average": "Means over the classes."}
DIGITS = {"percent": (0, 1, 2), "fraction": (2, 3, 4)}


def random_matrix(rng: np.random.Generator, classes: int | None = None) -> np.ndarray:
    """Counts, true × predicted class: 2 to 11 classes of 3 to 60 samples, from useless to nearly perfect."""
    classes = classes or int(rng.integers(2, 12))
    sizes, skill = rng.integers(3, 61, classes), rng.uniform(0, 1)
    chances = (1 - skill) * rng.dirichlet(np.ones(classes), classes) + skill * np.eye(classes)
    return np.array([rng.multinomial(size, chance) for size, chance in zip(sizes, chances, strict=True)])


def exact_metrics(matrix: np.ndarray) -> dict[tuple[str, str | None], Fraction]:
    """(Metric, class or None) → its exact value; written down once more, and not with the code under test."""
    n, classes = int(matrix.sum()), len(matrix)
    found: dict[tuple[str, str | None], Fraction] = {("accuracy", None): Fraction(int(matrix.trace()), n)}
    for c in range(classes):
        right, true, predicted = int(matrix[c, c]), int(matrix[c].sum()), int(matrix[:, c].sum())
        precision = Fraction(right, predicted) if predicted else Fraction(0)
        recall = Fraction(right, true)
        found["precision", f"c{c}"], found["sensitivity", f"c{c}"] = precision, recall
        found["specificity", f"c{c}"] = Fraction(n - true - predicted + right, n - true)
        found["f1", f"c{c}"] = 2 * precision * recall / (precision + recall) if right else Fraction(0)
    for name in ("precision", "sensitivity", "specificity", "f1"):
        found[f"macro_{name}", None] = sum(found[name, f"c{c}"] for c in range(classes)) / classes
    return found


def printed(value: Fraction, unit: str, decimals: int, way: str) -> float:
    """The number with its digits, rounded or cut off exactly."""
    scaled = value * (100 if unit == "percent" else 1)
    digits = Decimal(scaled.numerator) / Decimal(scaled.denominator)
    # The 28 digits of the quotient are more than these small counts need to fall on the right side of a tie.
    return float(digits.quantize(Decimal(1).scaleb(-decimals), rounding=way))


def paper(matrix: np.ndarray, unit: str, decimals: int, way: str, whole: bool = True) -> Published:
    """Everything that can be printed of a matrix: counts, every metric, and with `whole` its cells."""
    n, names = int(matrix.sum()), [f"c{c}" for c in range(len(matrix))]
    about = {"place": "Table 1", "study": "s", "run": "r", "subset": "test", "stated": STATED}
    counts = [
        Claim(f"n.{name}", "Table 2", "s", "samples", int(size), "count", subset="test", class_name=name)
        for name, size in zip(names, matrix.sum(1), strict=True)
    ]
    counts.append(Claim("n", "Table 2", "s", "samples", n, "count", subset="test"))
    counts.append(Claim("classes", "Table 2", "s", "classes", len(names), "count"))
    metrics = [
        Claim(
            id=f"{metric}.{name}",
            metric=metric,
            value=printed(value, unit, decimals, way),
            unit=unit,
            decimals=decimals,
            class_name=name,
            cell=Cell("Table 1", str(name), metric),
            **about,
        )
        for (metric, name), value in exact_metrics(matrix).items()
    ]
    cells = [
        Claim(
            id=f"m.{true}.{predicted}",
            metric="confusions",
            value=int(matrix[i, j]),
            unit="count",
            class_name=true,
            predicted=predicted,
            cell=Cell("Table 3", true, predicted),
            **about,
        )
        for i, true in enumerate(names)
        for j, predicted in enumerate(names)
        if whole
    ]
    study = PaperStudy("made", (), {})
    return Published("made", "nobody", {"s": study}, (), (*counts, *metrics, *cells))


def random_paper(rng: np.random.Generator, classes: int | None = None) -> Published:
    """A paper of a random matrix in a random unit, with random digits, rounded or cut off throughout."""
    unit = str(rng.choice(list(DIGITS)))
    decimals = int(rng.choice(DIGITS[unit]))
    way = str(rng.choice(WAYS))
    return paper(random_matrix(rng, classes), unit, decimals, way, whole=bool(rng.integers(2)))
