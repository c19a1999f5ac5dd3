"""splits/: which sample is used for what, and what a protocol leaves on both sides."""

from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.contracts.tables import Table

# weight: of patients, some of whom are lost before the horizon; without it all samples count 1.
SPLIT = Table(
    "split",
    {"id": "str", "fold": "int", "subset": "str"},
    key=("id", "fold"),
    values={"subset": SUBSETS},
    optional={"weight": "float"},
)

# What equal pairs say of a proven one, as contracts.dataset.PROOF_COLUMNS does: what was done to one picture, in words;
# agreement of the registered pixels; pairs as clear that are expected by chance.
LEAK_PROOF = {"changes": "str", "correlation": "float", "by_chance": "float"}
# why: group, unit, or a kind of contracts.dataset.PAIR_KINDS; distance as in equal pairs, 0 for group and unit. Within
# a fold, pictures of two labels come first, then what lies across test and training.
LEAKS = Table(
    "leaks",
    {
        "fold": "int",
        "why": "str",
        "id_a": "str",
        "subset_a": "str",
        "label_a": "str",
        "id_b": "str",
        "subset_b": "str",
        "label_b": "str",
        "distance": "float",
    },
    optional=LEAK_PROOF,
)
