"""Altered digits that are found here and by mlscorecheck 1.0.3, and honest papers that are accused, in one run.

    pip install --target DIR mlscorecheck==1.0.3 --no-deps   # and pulp, where it is missing
    python tests/benchmarks/consistency.py --mlscorecheck DIR

One digit after the point of one number becomes another one. mlscorecheck allows half a unit of the last digit.
"""

import importlib
import logging
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from workflow_scripts.claims.arithmetic.class_tables import ClassRate, class_table
from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.claims import Cell, Claim, PaperStudy, Published

SEED = 21
PAPERS = 300
FOLDS = 5
# Name there → name here.
NAMES = {"acc": "accuracy", "sens": "sensitivity", "spec": "specificity", "ppv": "precision", "f1p": "f1"}
STATED = {"one_training": "One training.", "average": "Means over the classes."}


@dataclass(frozen=True)
class Row:
    """Printed scores of samples of each class, with so many digits after the point."""

    sizes: tuple[int, ...]
    scores: dict[str, float]
    decimals: int


def _number(value: float, decimals: int) -> float:
    return float(np.floor(value * 10**decimals + 0.5) / 10**decimals)


def _altered(rng: np.random.Generator, row: Row) -> Row:
    name = str(rng.choice(list(row.scores)))
    text = f"{row.scores[name]:.{row.decimals}f}"
    position = int(rng.integers(2, len(text)))
    digit = str(rng.choice([digit for digit in "0123456789" if digit != text[position]]))
    return replace(row, scores=row.scores | {name: float(text[:position] + digit + text[position + 1 :])})


def _two_classes(rng: np.random.Generator) -> Row:
    p, n = (int(size) for size in rng.integers(20, 400, 2))
    tp, tn = (int(rng.binomial(size, rng.uniform(0.6, 0.98))) for size in (p, n))
    values = {
        "acc": (tp + tn) / (p + n),
        "sens": tp / p,
        "spec": tn / n,
        "ppv": tp / (tp + n - tn),
        "f1p": 2 * tp / (tp + p + n - tn),
    }
    decimals = int(rng.integers(2, 5))
    names = rng.choice(list(values), int(rng.integers(2, 6)), replace=False)
    return Row((p, n), {str(name): _number(values[name], decimals) for name in names}, decimals)


def _table(rng: np.random.Generator, sizes: np.ndarray) -> np.ndarray:
    skill, classes = rng.uniform(0.6, 0.97), len(sizes)
    chances = (1 - skill) * rng.dirichlet(np.ones(classes), classes) + skill * np.eye(classes)
    return np.array([rng.multinomial(size, chance) for size, chance in zip(sizes, chances, strict=True)])


def _means(matrix: np.ndarray) -> dict[str, float]:
    right, true, predicted, n = np.diag(matrix), matrix.sum(1), matrix.sum(0), matrix.sum()
    specificity = (n - true - predicted + right) / (n - true)
    return {"sens": float((right / true).mean()), "spec": float(specificity.mean())}


def _five_classes(rng: np.random.Generator) -> Row:
    """Mean sensitivity and specificity; its accuracy is another one there, the mean of (TP + TN) / n over classes."""
    sizes = rng.integers(20, 181, 5)
    return Row(tuple(map(int, sizes)), {k: _number(v, 4) for k, v in _means(_table(rng, sizes)).items()}, 4)


def _folds(rng: np.random.Generator) -> Row:
    """Means over stratified folds of two classes, the samples of the second one dealt out where the first one ends."""
    sizes, folds = rng.integers(40, 400, 2), []
    for fold in range(FOLDS):
        first = np.array([0, sizes[0]])
        table = _table(
            rng, np.array([len(range((fold - s) % FOLDS, n, FOLDS)) for s, n in zip(first, sizes, strict=True)])
        )
        (tp, fn), (fp, tn) = table.tolist()
        folds.append(((tp + tn) / table.sum(), tp / (tp + fn), tn / (tn + fp)))
    means = zip(("acc", "sens", "spec"), np.mean(folds, 0), strict=True)
    return Row(tuple(map(int, sizes)), {k: _number(float(v), 4) for k, v in means}, 4)


def _paper(row: Row) -> Published:
    """The row as a paper of one training; of two classes the first one is positive, of more the numbers are means."""
    names, several = [f"c{index}" for index in range(len(row.sizes))], len(row.sizes) > 2
    claims = [
        Claim(f"n.{name}", "T", "s", "samples", size, "count", subset="test", class_name=name)
        for name, size in zip(names, row.sizes, strict=True)
    ]
    claims.append(Claim("n", "T", "s", "samples", sum(row.sizes), "count", subset="test"))
    for name, value in row.scores.items():
        metric = NAMES[name] if name == "acc" or not several else f"macro_{NAMES[name]}"
        about = {"subset": "test", "run": "r", "class_name": None if name == "acc" or several else "c0"}
        cell, decimals = Cell("T1", "r", name), row.decimals
        claims.append(
            Claim(name, "T1", "s", metric, value, "fraction", decimals=decimals, cell=cell, stated=STATED, **about)
        )
    return Published("m", "x", {"s": PaperStudy("m", (), {})}, (), tuple(claims))


def _here(row: Row) -> bool:
    """Whether a check says that the numbers fit by no reading, or by one alone that the paper does not state."""
    return any(outcome.outcome in (CONTRADICTION, FITS_ONLY_IF) for outcome in check_all(_paper(row)))


def _contradicted(row: Row) -> bool:
    return any(outcome.outcome == CONTRADICTION for outcome in check_all(_paper(row)))


def _folds_here(row: Row) -> bool:
    half = 0.5 * 10**-row.decimals
    rates = [
        ClassRate(NAMES[name], value - half, value + half, {"acc": "macro", "sens": 0, "spec": 0}[name])
        for name, value in row.scores.items()
    ]
    return not class_table(row.sizes, rates, FOLDS)


def _there(directory: Path) -> dict[str, Callable[[Row], bool]] | None:
    """The same questions to mlscorecheck; None where it is not in that directory."""
    sys.path.insert(0, str(directory))
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    try:
        binary = importlib.import_module("mlscorecheck.check.binary")
        multiclass = importlib.import_module("mlscorecheck.check.multiclass")
    except ImportError:
        return None
    folding = {"n_folds": FOLDS, "n_repeats": 1, "strategy": "stratified_sklearn"}

    def of(call: Callable[..., dict[str, bool]], row: Row, **about: object) -> bool:
        return call(scores=row.scores, eps=0.5 * 10**-row.decimals, **about)["inconsistency"]

    return {
        "two classes": lambda row: of(
            binary.check_1_testset_no_kfold, row, testset={"p": row.sizes[0], "n": row.sizes[1]}
        ),
        "five classes, two means": lambda row: of(
            multiclass.check_1_testset_no_kfold_macro, row, testset=dict(enumerate(row.sizes))
        ),
        "means over five folds": lambda row: of(
            binary.check_1_dataset_known_folds_mos,
            row,
            dataset={"p": row.sizes[0], "n": row.sizes[1]},
            folding=folding,
        ),
    }


def _count(check: Callable[[Row], bool], rows: list[Row]) -> tuple[int, int]:
    """How many rows are accused, and how often the check fails with an error."""
    accused = crashed = 0
    for row in rows:
        try:
            accused += bool(check(row))
        except Exception:
            crashed += 1
    return accused, crashed


def lines(directory: Path | None, papers: int = PAPERS) -> Iterator[str]:
    """A table: by kind of paper and program, how many altered ones are found, honest ones accused, and the seconds."""
    there = _there(directory) if directory else None
    if there is None:
        yield f"mlscorecheck is not in {directory}: pip install --target DIR mlscorecheck==1.0.3 --no-deps"
    yield "| papers | program | altered papers found | honest papers accused | errors | seconds |\n|" + "---|" * 6
    checks = {"here, fits only if … or contradiction": _here, "here, contradiction": _contradicted}
    kinds = {
        "two classes": (_two_classes, checks),
        "five classes, two means": (_five_classes, checks),
        "means over five folds": (_folds, {"here, linear program": _folds_here}),
    }
    for kind, (make, here) in kinds.items():
        number = papers if make is _two_classes else papers // 3
        rng = np.random.default_rng(SEED)
        honest = [make(rng) for _ in range(number)]
        altered = [_altered(rng, row) for row in honest]
        for program, check in {**here, **({"mlscorecheck 1.0.3": there[kind]} if there else {})}.items():
            start = time.perf_counter()
            (accused, first), (found, second) = _count(check, honest), _count(check, altered)
            seconds = time.perf_counter() - start
            yield f"| {kind} | {program} | {found} of {number} | {accused} | {first + second} | {seconds:.1f} |"
