"""copies_of_training.csv: which pictures of another study's test a network has learned from, or copies of them."""

from workflow_scripts.contracts.dataset import PAIR_KINDS
from workflow_scripts.contracts.splits import LEAK_PROOF
from workflow_scripts.contracts.tables import Table

TRAINING_COPIES_FILE = "copies_of_training.csv"
# The parts of the units by which metrics.csv says what a run is worth with them and without, on the level `subgroup`.
TRAINING_COPY, NO_TRAINING_COPY = "copy_of_training=yes", "copy_of_training=no"
# A row for each predicted sample that is one: the training or validation sample, of the study that the network is of,
# that it shows most clearly, and the label of that in the words of this study, empty where it has none for it. Samples
# of two labels come first, then those of the test subset.
TRAINING_COPIES = Table(
    "copies of training samples",
    {
        "id": "str",
        "unit": "str",
        "subset": "str",
        "label": "str",
        "learned_id": "str",
        "learned_label": "str",
        "kind": "str",
    },
    key=("id",),
    values={"kind": PAIR_KINDS},
    optional=LEAK_PROOF,
)
