"""Names of the metrics, in files and in claims."""

# What evaluation computes for every run, on a whole subset and for each class.
SUBSET_METRICS = (
    "accuracy",
    "balanced_accuracy",
    "macro_precision",
    "macro_sensitivity",
    "macro_specificity",
    "macro_f1",
    "macro_auc",
    "log_loss",
    "kappa",
    "brier",
    "ece",
)
CLASS_METRICS = ("precision", "sensitivity", "specificity", "f1", "auc")
# Over the predictions of all folds thrown together, where there are several; of no fold, only of all (fold "all").
POOLED_METRICS = ("pooled_macro_auc",)
# On the units of one source, where a study joins several data sets (level "source" in metrics.csv).
SOURCE_METRICS = ("accuracy", "within_source_accuracy", "crossed_source")
# On the units of one subgroup (level "subgroup", called column=value): of the last of two classes, of more macro.
SUBGROUP_METRICS = ("accuracy", "sensitivity", "specificity")
