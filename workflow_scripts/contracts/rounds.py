"""rounds.csv and queries.csv: what a run came to that asks for labels in rounds, and whose labels it asked for."""

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.tables import Table
from workflow_scripts.contracts.verified import require
from workflow_scripts.runtime.run_address import RECORD_FILE

ROUNDS_FILE, QUERIES_FILE = "rounds.csv", "queries.csv"
# Rounds count from 0. labels: how many training samples were learned from, of `pool` that may be asked for; n: samples
# of the subset; auc: of one class against the rest, mean over the classes, weighted as the split weights samples;
# empty: undefined.
ROUNDS = Table(
    "rounds",
    {
        "round": "int",
        "labels": "int",
        "pool": "int",
        "subset": "str",
        "n": "int",
        "auc": "float",
        "log_loss": "float",
    },
    key=("round", "subset"),
    values={"subset": ("validation", "test")},
)
# The samples that are new in a round, in the order in which they were chosen. score: what they were chosen by, the
# larger the more it was wanted; empty where they were drawn at random.
QUERIES = Table("queries", {"round": "int", "id": "str", "score": "float"}, key=("id",))


def read_rounds(folder: Path) -> pd.DataFrame:
    """The table ROUNDS of one fold and seed of a run; UserError when it is not what the run's record says."""
    require(folder / RECORD_FILE, ROUNDS_FILE)
    return ROUNDS.read(folder / ROUNDS_FILE)
