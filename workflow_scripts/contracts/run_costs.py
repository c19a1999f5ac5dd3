"""costs.csv of a study: what each run is, how large, and what it cost."""

from workflow_scripts.contracts.tables import Table

# Of a column its type and what it holds. An empty cell: nobody knows, or there is none.
COLUMNS = {
    "protocol": ("str", "Protocol of the run."),
    "run": ("str", "Name of the run."),
    "model": ("str", "Its networks, or what it is made of."),
    "precision": ("str", "Number format of its training, or of the weights of a compressed run."),
    "scale": ("str", "`paper`, or `demo`: smaller pictures, smaller networks, few epochs; empty: a study has none."),
    "trainings": ("int", "Folds and seeds that it was made for."),
    "parameters": ("float", "Numbers that its networks hold; of a run made of one other, those of that one."),
    "training_seconds": ("float", "Wall time of all its trainings."),
    "other_seconds": ("float", "Wall time of what else made it: a prediction, a vote, a compression."),
    "energy_kwh": ("float", "Energy of all its jobs; empty where a counter of a device was missing."),
    "devices": ("str", "Devices that it was made on."),
}  # fmt: skip
COSTS = Table("costs", {name: kind for name, (kind, _) in COLUMNS.items()}, key=("protocol", "run"))
