"""evaluation/<protocol>/<run>/: who is called high-risk at a threshold, and the curves of the predicted risk."""

from workflow_scripts.contracts.tables import Table

EVERYONE, HIGH, LOW = "everyone", "high", "low"
# Of each fold and seed the threshold and the counts at it; of all (fold and seed "all") every measure, over the units
# of all folds together, mean over seeds. Counts, shares and observed risks are weighted where units have weights;
# units, positives and unknown are numbers of units, and n is what a measure rests on. unknown: units of weight 0, whose
# outcome nobody knows.
RISK = Table(
    "risk",
    {
        "protocol": "str",
        "run": "str",
        "fold": "str",
        "seed": "str",
        "subset": "str",
        "group": "str",
        "measure": "str",
        "value": "float",
        "low": "float",
        "high": "float",
        "n": "int",
    },
    key=("fold", "seed", "group", "measure"),
    values={"group": (EVERYONE, HIGH, LOW)},
)

PRECISION_RECALL, CALIBRATION, DECISION, TREAT_ALL = "precision_recall", "calibration", "decision", "treat_all"
# x: sensitivity, mean predicted risk of a bin, threshold, threshold; y: precision, observed risk, net benefit (of the
# run, and of calling everyone high-risk). Ends of the 95 % interval are empty where there is none.
RISK_CURVES = Table(
    "risk curves",
    {"curve": "str", "x": "float", "y": "float", "low": "float", "high": "float"},
    values={"curve": (PRECISION_RECALL, CALIBRATION, DECISION, TREAT_ALL)},
)
