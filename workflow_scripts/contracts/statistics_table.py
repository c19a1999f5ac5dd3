"""evaluation/<protocol>/<run>/statistics.csv: what is asked of a run beyond its metrics, on the reported subset."""

from workflow_scripts.contracts.tables import Table

SENSITIVITY_AT, PPV, NPV = "sensitivity_at_specificity", "ppv", "npv"
SLOPE, INTERCEPT = "calibration_slope", "calibration_intercept"
NET_BENEFIT, TREAT_ALL = "net_benefit", "treat_all"
CLASS_MEASURES = (SENSITIVITY_AT, PPV, NPV, SLOPE, INTERCEPT, NET_BENEFIT, TREAT_ALL)
SAMPLING, TRAINING, SPLIT = "sampling_sd", "training_sd", "split_sd"
GROUPS, EFFECTIVE, DESIGN_EFFECT = "groups", "effective_groups", "design_effect"
VARIANCE_MEASURES = (SAMPLING, TRAINING, SPLIT, GROUPS, EFFECTIVE, DESIGN_EFFECT)

# Of a class against the rest (of two classes the last one), over the units of all folds together, mean over seeds. at:
# the specificity, the stated prevalence, or the threshold of a decision that `measure` is at; empty of the others.
# Of the whole subset (class empty): standard deviations of the headline metric, by which groups were tested (of the
# mean), between trainings of one fold and between repeats of the split; how many groups there are and what these are
# worth; by how much accuracy varies more than that of as many independent units. n: units.
STATISTICS = Table(
    "statistics",
    {
        "class": "str",
        "measure": "str",
        "at": "float",
        "value": "float",
        "low": "float",
        "high": "float",
        "n": "int",
    },
    key=("class", "measure", "at"),
    values={"measure": (*CLASS_MEASURES, *VARIANCE_MEASURES)},
)
