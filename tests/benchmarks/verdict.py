"""How often the verdict is wrong, and how often it finds what is off, on papers drawn from a known truth.

A paper prints what one training of its own made of its own test set; its repetition has as many samples of its own.
Prints the tables of docs/explanation/verdicts.md: honest papers and such as are two margins off, other metrics, papers
of many numbers, "the highest of so many". `python tests/benchmarks/verdict.py REPEATS` (300).
"""

import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))

from simulated import MARGIN, NUMBERS, Metric, World, orders, papers, words

from workflow_scripts.contracts.verdict_table import AGAINST, CANNOT_TELL, FAILS, HIGHER, HOLDS, LOWER, REPRODUCED

WORLDS = (
    # Test sets of the papers: Herlev, CVM-Cervix (three and five seeds), ZEB2.
    *(World(0.92, 183, 1, 3, 0.01), World(0.92, 1763, 1, 3, 0.01), World(0.92, 1763, 1, 5, 0.01)),
    World(0.95, 130, 1, 3, 0.01),
    *(World(0.92, 1763, 1, seeds, spread) for seeds, spread in product((3, 5), (0.0, 0.005, 0.02))),
    *(World(truth, 500, 1, 3, spread) for truth, spread in product((0.80, 0.99), (0.0, 0.01, 0.02))),
    World(0.90, 500, 1, 2, 0.01),
    World(0.90, 500, 1, 1, 0.01),
    World(0.97, 2000, 1, 5, 0.003),
    *(World(0.90, 40, 5, seeds, 0.01) for seeds in (3, 5)),
    *(World(truth, 150, 6, 3, 0.005, alike=0.4) for truth in (0.85, 0.97)),
)


def honest_and_off(repeats: int) -> None:
    """Print how often honest papers, and such as are two margins off, get each word."""
    print("| accuracy | samples | groups of | seeds | training sd | higher | lower | if taken as exact: wrong ", end="")
    print("| reproduced | two margins off: found | at best |\n|" + "---|" * 11)
    for world in WORLDS:
        honest = words(world, repeats)
        offset = 2 * MARGIN if world.truth + 2 * MARGIN < 0.99 else -2 * MARGIN
        off = words(world, repeats, offset)
        called = [honest.words[word] / repeats for word in (HIGHER, LOWER)]
        exact = sum(honest.exact[word] for word in AGAINST) / repeats
        setting = f"| {world.truth:.2f} | {world.n} | {world.size} | {world.seeds} | {world.spread:g} "
        shares = (*called, exact, honest.words[REPRODUCED] / repeats, off.against() / repeats, off.best())
        print(setting + "".join(f"| {100 * share:.1f} " for share in shares) + "|", flush=True)


def other_metrics(repeats: int) -> None:
    """Print the same of other metrics, and where the very same images are judged."""
    print("\n| metric | higher | lower | reproduced |\n|---|---|---|---|")
    world = World(0.90, 400, 1, 3, 0.005)
    metrics = (*NUMBERS[1:], Metric("macro_auc"), Metric("kappa"), Metric("f1", "a"), Metric("brier"))
    for metric in metrics:
        print(_line(f"{metric.name} {metric.class_name}", words(world, repeats, metric=metric).words, repeats))
    print(_line("accuracy, the very same images", words(world, repeats, same_images=True).words, repeats), flush=True)


def _line(head: str, called: dict[str, int], repeats: int) -> str:
    shares = "".join(f"| {100 * called[word] / repeats:.1f} " for word in (HIGHER, LOWER, REPRODUCED))
    return f"| {head.strip()} {shares}|"


def many_numbers(repeats: int) -> None:
    """Print words against papers of many numbers, each for itself and adjusted for all."""
    print(
        "\n| runs | of them off | words for themselves a paper | adjusted | papers with any | false among them ", end=""
    )
    print("| found of what is off |\n|" + "---|" * 7)
    world = World(0.88, 800, 1, 5, 0.005)
    for runs, off in ((1, 0), (8, 0), (23, 0), (8, 1), (8, 4), (8, 8)):
        together = papers(world, runs, repeats, off, 3 * MARGIN)
        shares = (together.any_kept, together.false, together.off_kept)
        line = f"| {runs} | {off} | {together.alone:.2f} | {together.kept:.2f} "
        print(line + "".join(f"| {100 * share:.0f} % " for share in shares) + "|", flush=True)


def highest(repeats: int) -> None:
    """Print the verdict on "the highest of so many runs"."""
    print("\n| runs | lead | training sd | the subject's | holds | cannot tell | fails |\n|" + "---|" * 7)
    for (spread, own), runs, lead in product(
        ((0.005, None), (0.01, None), (0.003, 0.02)), (2, 11, 23), (0.0, 0.01, 0.05, -0.04)
    ):
        called = orders(runs, lead, repeats, spread, own)
        shares = "".join(f"| {100 * called[word] / repeats:.0f} " for word in (HOLDS, CANNOT_TELL, FAILS))
        print(f"| {runs} | {lead:+.2f} | {spread:g} | {own or spread:g} {shares}|", flush=True)


def main() -> None:
    """Print the tables."""
    numbers = [int(part) for part in sys.argv[1:] if part.isdigit()]
    repeats = numbers[0] if numbers else 300
    honest_and_off(repeats)
    other_metrics(repeats)
    many_numbers(max(repeats // 3, 10))
    highest(repeats)


if __name__ == "__main__":
    main()
