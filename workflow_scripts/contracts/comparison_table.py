"""evaluation/{protocol}/comparison.csv and delong.csv: runs against each other, on the same reported units."""

from workflow_scripts.contracts.tables import Table

# How p was found, see evaluation.paired and evaluation.delong.
MCNEMAR, DELONGS, SIGN_FLIPS, TRAININGS = "McNemar", "DeLong", "sign flips of groups", "t over trainings"

# seed: a training seed, or "all". value, reference_value, difference (run minus reference), low, high (95 %) are of the
# headline metric, mean over folds. only_run, only_reference: units that only one of both classifies correctly (seed
# "all": in more seeds than the other). p: two-sided, of `test`; p_holm: corrected for the number of runs compared. n:
# units.
COMPARISON = Table(
    "comparison",
    {
        "protocol": "str",
        "seed": "str",
        "run": "str",
        "reference": "str",
        "metric": "str",
        "value": "float",
        "reference_value": "float",
        "difference": "float",
        "low": "float",
        "high": "float",
        "only_run": "int",
        "only_reference": "int",
        "test": "str",
        "p": "float",
        "p_holm": "float",
        "n": "int",
    },
    key=("seed", "run"),
    values={"test": (MCNEMAR, SIGN_FLIPS, TRAININGS)},
)

# evaluation/{protocol}/delong.csv, for two classes: areas under the ROC curve compared, the last class being positive.
# other empty: `auc` and `variance` are of the run alone. Else difference (run minus other) with its variance, z,
# two-sided p of `test`, and p_holm, corrected for the number of pairs of the fold and seed. positive, negative: units.
DELONG = Table(
    "DeLong's test",
    {
        "protocol": "str",
        "fold": "int",
        "seed": "int",
        "run": "str",
        "other": "str",
        "auc": "float",
        "other_auc": "float",
        "difference": "float",
        "variance": "float",
        "z": "float",
        "test": "str",
        "p": "float",
        "p_holm": "float",
        "positive": "int",
        "negative": "int",
    },
    key=("fold", "seed", "run", "other"),
    values={"test": ("", DELONGS, SIGN_FLIPS)},
)
