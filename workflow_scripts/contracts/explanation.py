"""explanation/: where test samples lie among each other and what is taken for what; predict/: what new images are."""

from workflow_scripts.contracts.tables import Table

# One row per test sample; x, y, z: t-SNE of the features before the classifier, without unit.
EMBEDDING = Table(
    "embedding",
    {"id": "str", "label": "str", "predicted": "str", "x": "float", "y": "float", "z": "float"},
    key=("id",),
)

# Ordered pairs of different classes that occur on the test subset, most frequent first; share: of the true class.
CONFUSIONS = Table(
    "confusions", {"true": "str", "predicted": "str", "count": "int", "share": "float"}, key=("true", "predicted")
)

# New images in the order of their paths; then p_<class> in the study's class order. unlike: yes or no; why: what of the
# image is unlike the training data.
APPLIED = Table(
    "predictions of new images",
    {"path": "str", "predicted": "str", "unlike": "str", "why": "str"},
    open=True,
    key=("path",),
)
