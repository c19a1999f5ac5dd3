"""How often a 95 % interval holds the truth, and how often two equal runs are told apart, in worlds that are known.

Run as a script; prints the tables of docs/reference/intervals.md. `python tests/benchmarks/coverage.py REPEATS` (1000).
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))

from known_truth import TestSet, alone, areas_told_apart, covered, heavy_tailed, told_apart

HEAVY, HUGE = heavy_tailed(30, 300), (150, *[5] * 30)
WORLDS = (
    TestSet("60 samples", 0.95, alone(60), alike=0),
    TestSet("60 samples", 0.99, alone(60), alike=0),
    TestSet("183 samples", 0.98, alone(183), alike=0),
    TestSet("60 samples", 0.99, alone(60), 3, 0.005, alike=0),
    TestSet("183 samples", 0.92, alone(183), 2, 0.02, alike=0),
    TestSet("183 samples", 0.92, alone(183), 3, 0.02, alike=0),
    TestSet("183 samples", 0.92, alone(183), 5, 0.02, alike=0),
    TestSet("1763 samples", 0.92, alone(1763), 3, 0.01, alike=0),
    TestSet("1763 samples", 0.92, alone(1763), 5, 0.01, alike=0),
    TestSet("8 groups of 20", 0.90, (20,) * 8),
    TestSet("8 groups of 20", 0.90, (20,) * 8, 3, 0.01),
    TestSet("8 groups of 20, much alike", 0.90, (20,) * 8, alike=0.6),
    TestSet("8 groups of 20", 0.99, (20,) * 8, 3),
    TestSet("8 groups of 20, much alike", 0.99, (20,) * 8, 1, alike=0.6),
    TestSet("15 groups of 12", 0.90, (12,) * 15, 3, 0.01),
    TestSet("40 groups of 5", 0.99, (5,) * 40, 3, 0.01),
    TestSet("30 groups, heavy tail", 0.90, HEAVY, 3, 0.01),
    TestSet("30 groups, heavy tail, much alike", 0.90, HEAVY, alike=0.6),
    TestSet("30 groups, heavy tail, not alike", 0.90, HEAVY, 3, 0.01, alike=0),
    TestSet("one group holds half", 0.90, HUGE, 3, 0.01),
    TestSet("one group holds half, much alike", 0.90, HUGE, alike=0.6),
    TestSet("one group holds half, not alike", 0.90, HUGE, alike=0),
    TestSet("one group holds half", 0.99, HUGE, 3, 0.005),
)
# One seed, and trainings that differ: what no interval can know.
BLIND = (
    TestSet("183 samples", 0.92, alone(183), 1, 0.02, alike=0),
    TestSet("1763 samples", 0.92, alone(1763), 1, 0.01, alike=0),
)
SAME = TestSet("300 samples", 0.90, alone(300), 3, alike=0)
CLUSTERED = TestSet("40 groups of 5", 0.85, (5,) * 40, 3, alike=0.6)


def coverage(worlds: tuple[TestSet, ...], repeats: int) -> None:
    """Print a table of how often intervals hold the truth."""
    print("| test set | truth | alike | seeds | sd of trainings | coverage | mean width | no width |")
    print("|---|---|---|---|---|---|---|---|")
    for world in worlds:
        share, width, flat = covered(world, repeats)
        print(
            f"| {world.words} | {world.truth:.2f} | {world.alike:g} | {world.seeds} | {100 * world.spread:g} points | "
            f"{share:.3f} | {width:.3f} | {flat:.3f} |",
            flush=True,
        )


def rejections(repeats: int) -> None:
    """Print a table of how often two runs are told apart."""
    print("\n| two runs of the same algorithm | sd of trainings | one training each, p < 0.05 | three, p < 0.05 |")
    print("|---|---|---|---|")
    for world in (SAME, CLUSTERED):
        for spread in (0.0, 0.015, 0.03):
            shares = told_apart(replace(world, spread=spread), repeats)
            print(f"| {world.words} | {100 * spread:g} points | {shares[0]:.3f} | {shares[1]:.3f} |", flush=True)
    shares = told_apart(replace(CLUSTERED, spread=0.01), repeats, lead=0.06)
    print(f"| {CLUSTERED.words}, one better by 6 points | 1 points | {shares[0]:.3f} | {shares[1]:.3f} |", flush=True)
    print("\n| areas under the ROC curve | p < 0.05 |\n|---|---|")
    for groups, size in ((200, 1), (40, 5), (12, 10)):
        print(
            f"| {groups} groups of {size}, no difference | {areas_told_apart(groups, size, repeats):.3f} |", flush=True
        )
    print(f"| 40 groups of 5, a difference | {areas_told_apart(40, 5, repeats, lead=1.0):.3f} |", flush=True)


def main() -> None:
    """Print the tables."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    coverage(WORLDS, repeats)
    print()
    coverage(BLIND, repeats)
    rejections(repeats // 2)


if __name__ == "__main__":
    main()
