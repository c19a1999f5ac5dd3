"""evaluation/{protocol}/comparison.csv and delong.csv: runs against each other, on the same reported units."""

from workflow_scripts.contracts.tables import Table

# seed: a training seed, or "all". value, reference_value, difference (run minus reference), low, high (95 %) are of the
# headline metric, mean over folds. only_run, only_reference: units that only one of both classifies correctly (seed
# "all": in more seeds than the other); p_mcnemar: exact two-sided test of these; p_holm: corrected for the number of
# runs compared. n: units.
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
        "p_mcnemar": "float",
        "p_holm": "float",
        "n": "int",
    },
    key=("seed", "run"),
)

# evaluation/{protocol}/delong.csv, for two classes: DeLong's test of areas under the ROC curve, the last class being
# positive. other empty: `auc` and `variance` are of the run alone. Else difference (run minus other) with its variance,
# z, two-sided p, and p_holm, corrected for the number of pairs of the fold and seed. positive, negative: units.
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
        "p": "float",
        "p_holm": "float",
        "positive": "int",
        "negative": "int",
    },
    key=("fold", "seed", "run", "other"),
)
