"""What figures are called in `snakemake --report`."""

from typing import Any

EVALUATION_FIGURES = {
    "confusion": "Confusion matrix",
    "roc": "ROC curves",
    "reliability": "Reliability",
    "curves": "Training curves",
    "risk": "High and low risk",
    "comparison": "Runs compared",
    "label_efficiency": "Label efficiency",
}


def evaluation_labels(wildcards: Any) -> dict[str, str]:
    """Labels of a figure of the evaluation; the comparison is of all runs."""
    run = getattr(wildcards, "run", "all")
    return {"run": run, "figure": EVALUATION_FIGURES[wildcards.figure]}
