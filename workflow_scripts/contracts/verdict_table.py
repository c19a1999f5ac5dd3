"""verdict.csv: what a study obtained for every number that its paper prints, and what follows from it."""

from workflow_scripts.contracts.tables import Table

# What the column verdict may hold; docs/verdicts.md has the rule.
HOLDS = "holds"
HIGHER = "higher"
LOWER = "lower"
FAILS = "fails"
CANNOT_TELL = "cannot tell"
NOT_COMPARABLE = "not comparable"
NOT_RUN = "not run"
NOT_CHECKED = "not checked here"
SYNTHETIC = "synthetic data"
# Those that say something about the paper come first.
VERDICTS = (HOLDS, HIGHER, LOWER, FAILS, CANNOT_TELL, NOT_COMPARABLE, NOT_RUN, NOT_CHECKED, SYNTHETIC)
DECIDED = (HOLDS, HIGHER, LOWER, FAILS)
# Said of every verdict on an order, and of every higher and lower that is not counted exactly.
OWN_CHANCE = (
    "Not in it yet: the paper's own chance (its one training, its own test set), and that many numbers are judged."
)
# claim: id of a claim, statement or layer in published.yaml; published: as printed; obtained, low, high: under the
# protocol as published, in this project's units (shares in [0, 1], MiB, counts), with the interval that the verdict
# rests on; n: units (of counts: samples) behind it; leak_free…: the same under the protocol without leaks; why: one or
# two sentences. No cell is empty: a number that there is not is written "n/a", which pandas reads as missing.
VERDICT = Table(
    "verdict",
    {
        "claim": "str",
        "paper_place": "str",
        "published": "str",
        "obtained": "float",
        "low": "float",
        "high": "float",
        "n": "float",
        "leak_free": "float",
        "leak_free_low": "float",
        "leak_free_high": "float",
        "verdict": "str",
        "why": "str",
    },
    key=("claim",),
    absent="n/a",
)
