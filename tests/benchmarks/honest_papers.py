"""How many honest papers are called a contradiction, by the way in which their numbers were made.

    python tests/benchmarks/honest_papers.py [PAPERS] [PIPELINE ...]

Papers of 2, 5 and 11 classes, each of 20 to 20,000 samples in all, PAPERS of each pipeline and number of classes. What
such papers say of themselves: nothing, and (where that is true) that their numbers are of one training.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "claims"))

from honest import MISSTATED, PIPELINES, STATED, matrix, printed

from workflow_scripts.claims.checks import check_all, overall
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, ORDER

SEED = 41
CLASSES = (2, 5, 11)


def worst(pipeline, classes: int, number: int) -> tuple[str, str]:
    """The first outcome in ORDER that a paper gets, and which checks say so; every second paper says what is true."""
    rng = np.random.default_rng([SEED, classes, number])
    total = int(np.exp(rng.uniform(np.log(max(20, 8 * classes)), np.log(20_000))))
    counts = matrix(rng, classes, total)
    stated = STATED if number % 2 and pipeline.__name__ not in MISSTATED else {}
    outcomes = check_all(printed(counts, pipeline(rng, counts), stated))
    least = min(overall(outcomes).values(), key=ORDER.index)
    checks = {outcome.check for outcome in outcomes if outcome.outcome == least}
    return least, ", ".join(sorted(checks))


def main(papers: int, wanted: list[str]) -> None:
    """Print a line for each pipeline: papers that are called a contradiction, and the share that fits only if …."""
    counts = " | ".join(f"{FITS_ONLY_IF} …: {classes} classes" for classes in CLASSES)
    head = f"| how an honest paper got its numbers | papers | {CONTRADICTION} | {counts} |"
    print(head, "|" + "---|" * (3 + len(CLASSES)), sep="\n")
    for pipeline in PIPELINES:
        if wanted and pipeline.__name__ not in wanted:
            continue
        accused, shares = Counter(), []
        for classes in CLASSES:
            outcomes = Counter(worst(pipeline, classes, number) for number in range(papers))
            accused.update({checks: count for (least, checks), count in outcomes.items() if least == CONTRADICTION})
            fitting = sum(count for (least, _), count in outcomes.items() if least == FITS_ONLY_IF)
            shares.append(f"{100 * fitting / papers:.1f} %")
        accusing = "; ".join(f"{count} by {checks}" for checks, count in accused.items()) or "0"
        words = pipeline.__doc__.splitlines()[0].removesuffix(".")
        print(f"| {words} | {papers * len(CLASSES)} | {accusing} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2:])
