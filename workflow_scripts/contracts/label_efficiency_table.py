"""evaluation/{protocol}/label_efficiency.csv: how far runs that ask for labels come with how many, and against random.

Numbers are of the area under the ROC curve on the reported subset, means over folds and seeds, with 95 % intervals; a
cell is empty where there is no number. strategy: empty for the learner itself, which learns from all labels.
"""

from workflow_scripts.contracts.tables import Table

LABEL_EFFICIENCY_FILE, LABEL_EFFICIENCY_FIGURE = "label_efficiency.csv", "label_efficiency.png"
# What a row is of. all_labels: the learner's own run; auc: after a round with so many `labels`; area: mean height of
# the curve over the labels that all curves have; area_difference: that minus random's; labels_needed: from how many
# labels on the mean curve stays at or above `target`; labels_saved: those that random needs minus those.
MEASURES = ("all_labels", "auc", "area", "area_difference", "labels_needed", "labels_saved")
# Which AUC `target` is: that of all labels, a little less, or the one that random ends with.
ALL_LABELS, NEARLY_ALL, RANDOM_END = LEVELS = ("all_labels", "nearly_all", "random_end")
# Why a number of labels is a bound and no number: random does not get there in the last round (at_least), the run does
# not (at_most; not_reached of labels_needed), neither does.
CENSORED = ("", "not_reached", "at_least", "at_most", "neither")

# n: folds that the interval is over, or seeds where there is one fold.
LABEL_EFFICIENCY = Table(
    "label efficiency",
    {
        "learner": "str",
        "run": "str",
        "strategy": "str",
        "measure": "str",
        "level": "str",
        "target": "float",
        "labels": "float",
        "value": "float",
        "low": "float",
        "high": "float",
        "censored": "str",
        "n": "int",
    },
    key=("run", "measure", "level", "labels"),
    values={"measure": MEASURES, "level": ("", *LEVELS), "censored": CENSORED},
)
