"""attention.csv: how much each sample of a unit counted where a run pools them by attention."""

from workflow_scripts.contracts.tables import Table

ATTENTION_FILE = "attention.csv"
# A row for each sample of predictions.csv; the weights of a unit's samples in a subset sum to 1.
ATTENTION = Table("attention", {"id": "str", "unit": "str", "weight": "float"}, key=("id",))
