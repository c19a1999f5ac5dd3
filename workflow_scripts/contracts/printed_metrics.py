"""What papers print beside metrics of a classification, and the words that go with numbers."""

from workflow_scripts.contracts.claims import TIMES

# Counts, shares of a split, confusions between two classes, cost.
OTHER_METRICS = (
    "samples",
    "units",
    "patients",
    "cells",
    "fields",
    "classes",
    "models",
    "features",
    "copies",
    "share",
    "class_ratio",
    "bits",
    "confusions",
    "parameter_size",
    *TIMES,
    "first_epoch_accuracy",
    "last_epoch_accuracy",
    "p_value",
)
SUBSETS = ("train", "validation", "test", "all")
RELATIONS = ("equal", "about", "highest")
# Of a claim in words: above or below each it is set against, or only one of them is above it.
WORD_RELATIONS = ("higher", "lower", "second")
