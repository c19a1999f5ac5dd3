"""How often a verdict is wrong, by worlds whose truth is known.

Run as a script; prints one line a world: how often a claim that is the truth is called higher or lower, how often one
that is twice the margin off is called right (both at most 5 %, promises the rule), and how often a right one holds. The
same beside it for the percentile interval of metrics.csv alone. `python tests/benchmarks/verdict.py REPEATS` (200).
"""

import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))

from simulated import World, verdicts, wrong

from workflow_scripts.contracts.verdict import HOLDS

HEAD = (
    "truth groups size seeds spread |  rule: right→wrong  off→holds  holds | percentile: right→wrong  off→holds  holds"
)


def main() -> None:
    """Print the table."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 200
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


if __name__ == "__main__":
    main()
