"""evaluation/{protocol}/comparison.csv: every run against one reference run, on the same test units."""

from workflow_scripts.contracts.tables import Table

# seed: a training seed, or "all". value, reference_value, difference (run minus reference), low, high (95 %) are of the
# headline metric, mean over folds. only_run, only_reference: units that only one of both classifies correctly (seed
# "all": in more seeds than the other); p_mcnemar: exact two-sided test of these; p_holm: corrected for the number of
# runs compared. n: test units.
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
