"""How often a verdict is wrong, by worlds whose truth is known.

Run as a script; prints one line a world: how often a claim that is the truth is called higher or lower, how often one
that is twice the margin off is called right (both at most 5 %, promises the rule), and how often a right one holds. The
same beside it for the percentile interval of metrics.csv alone. Then, where the paper's number is itself of one
training on a test set of its own, how often an honest paper is called higher or lower: the paper's chance is not in the
verdict. Then the verdict on "the highest of so many". `python tests/benchmarks/verdict.py REPEATS` (200); with
`--drawn` the last two tables alone.
"""

import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))

from simulated import World, drawn, orders, verdicts, wrong

from workflow_scripts.contracts.verdict_table import CANNOT_TELL, FAILS, HIGHER, HOLDS, LOWER

HEAD = (
    "truth groups size seeds spread |  rule: right→wrong  off→holds  holds | percentile: right→wrong  off→holds  holds"
)


# Test sets of the papers: Herlev, CVM-Cervix (three and five seeds), ZEB2.
PAPERS = (
    *(World(0.92, 183, 1, 3, 0.01), World(0.92, 1763, 1, 3, 0.01), World(0.92, 1763, 1, 5, 0.01)),
    World(0.95, 130, 1, 3, 0.01),
)


def truths(repeats: int) -> None:
    """Print how often the rule is wrong about a paper that prints the truth, or what is two margins off."""
    print(HEAD)
    worst = {"rule": 0.0, "percentile": 0.0}
    for truth, (groups, size), seeds, spread in product(
        (0.80, 0.95, 0.99), ((40, 4), (300, 1), (300, 6), (1700, 1)), (1, 2, 3, 5), (0.0, 0.01)
    ):
        found = verdicts(World(truth, groups, size, seeds, spread), repeats)
        line = f"{truth:5.2f} {groups:6d} {size:4d} {seeds:5d} {spread:6.2f} |"
        for how in ("rule", "percentile"):
            right = wrong(found[how, 0.0], 0.0) / repeats
            off = (
                max(wrong(words, offset) for (name, offset), words in found.items() if name == how and offset) / repeats
            )
            worst[how] = max(worst[how], right, off)
            line += f" {right:18.3f} {off:10.3f} {found[how, 0.0][HOLDS] / repeats:6.3f} |"
        print(line, flush=True)
    print(f"worst: rule {worst['rule']:.3f}, percentile {worst['percentile']:.3f}")


def drawn_papers(repeats: int) -> None:
    """Print how often an honest paper, of one training on its own test set, is called higher or lower."""
    print("\ntruth groups seeds spread | honest paper: higher  lower  holds  cannot tell")
    for world in PAPERS:
        found = drawn(world, repeats)
        shares = (found[word] / repeats for word in (HIGHER, LOWER, HOLDS, CANNOT_TELL))
        head = f"{world.truth:5.2f} {world.groups:6d} {world.seeds:5d} {world.spread:6.2f} |"
        print(head, *(f"{share:13.3f}" for share in shares), flush=True)


def highest(repeats: int) -> None:
    """Print the verdict on "the highest of so many runs"."""
    print("\nruns lead | the highest: holds  cannot tell  fails")
    for runs, lead in product((2, 11, 23), (0.0, 0.01, 0.05, -0.04)):
        found = orders(runs, lead, repeats)
        print(
            f"{runs:4d} {lead:5.2f} |",
            *(f"{found[w] / repeats:13.3f}" for w in (HOLDS, CANNOT_TELL, FAILS)),
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    numbers = [int(part) for part in sys.argv[1:] if part.isdigit()]
    repeats = numbers[0] if numbers else 200
    if "--drawn" not in sys.argv:
        truths(repeats)
    drawn_papers(repeats)
    highest(repeats)


if __name__ == "__main__":
    main()
