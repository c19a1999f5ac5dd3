"""Tables beside figures: the numbers that a chart shows, in the file of its name that ends in .csv."""

from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.contracts.tables import Table

# units: sum over folds, mean over seeds, by their weights. share: of the units of the true class.
CONFUSION = Table(
    "confusion matrix",
    {"subset": "str", "true": "str", "predicted": "str", "units": "float", "share": "float"},
    key=("subset", "true", "predicted"),
)

CLASS, MEAN = "class", "mean"
# curve: of a class against all others, or the mean of those of all classes (class: empty). Means over folds and seeds.
ROC = Table(
    "ROC curves",
    {"curve": "str", "class": "str", "one_minus_specificity": "float", "sensitivity": "float"},
    values={"curve": (CLASS, MEAN)},
)

# A row a bin of confidence, from `above` to `up_to`; empty cells where it holds no units. low, high: 95 % interval of
# the accuracy. units: mean over seeds.
RELIABILITY = Table(
    "reliability",
    {
        "above": "float",
        "up_to": "float",
        "confidence": "float",
        "accuracy": "float",
        "low": "float",
        "high": "float",
        "units": "float",
    },
    key=("above",),
)

# Of each fold and seed; fold and seed "all": the mean over those that have the epoch.
TRAINING_CURVES = Table(
    "training curves",
    {
        "run": "str",
        "fold": "str",
        "seed": "str",
        "epoch": "int",
        "train_loss": "float",
        "validation_loss": "float",
        "train_accuracy": "float",
        "validation_accuracy": "float",
    },
    key=("run", "fold", "seed", "epoch"),
)
MEAN_OF_TRAININGS = {"fold": ALL, "seed": ALL}

# Of several runs, each by its name in the legend.
RUN_ROC = Table("ROC curves of runs", {"run": "str", "one_minus_specificity": "float", "sensitivity": "float"})

# A dot of a chart with its 95 % interval (empty: none). panel: of the figure, where it has several; series: what the
# legend calls it; item: its tick on the axis. n: units that it rests on, empty where that is not said.
DOTS = Table(
    "dots of a chart",
    {"panel": "str", "series": "str", "item": "str", "value": "float", "low": "float", "high": "float"},
    key=("panel", "series", "item"),
    optional={"n": "int"},
)

# value: the probability that the colour of a tile shows, mean over folds and seeds; empty: the tile was not judged.
TILE_VALUES = Table(
    "tiles of slides", {"slide": "str", "id": "str", "label": "str", "value": "float"}, key=("slide", "id")
)
