"""attention.csv: how much each sample of a unit counted where a run pools them by attention."""

from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.tables import Table
from workflow_scripts.contracts.verified import require
from workflow_scripts.runtime.run_address import RECORD_FILE

ATTENTION_FILE = "attention.csv"
# A row for each sample of predictions.csv; the weights of a unit's samples in a subset sum to 1.
ATTENTION = Table("attention", {"id": "str", "unit": "str", "weight": "float"}, key=("id",))


def read_attention(folder: Path) -> pd.DataFrame:
    """The table ATTENTION of one fold and seed of a run; UserError when it is not what the run's record says."""
    require(folder / RECORD_FILE, ATTENTION_FILE)
    return ATTENTION.read(folder / ATTENTION_FILE)
