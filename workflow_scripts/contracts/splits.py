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

# why: group, unit, or a kind of contracts.dataset.PAIR_KINDS; distance as in equal pairs, 0 for group and unit.
LEAKS = Table(
    "leaks",
    {
        "fold": "int",
        "why": "str",
        "id_a": "str",
        "subset_a": "str",
        "id_b": "str",
        "subset_b": "str",
        "distance": "float",
    },
)
