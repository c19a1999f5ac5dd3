"""How far an obtained number may be from the published one and still count as the same, by metric."""

from dataclasses import dataclass, fields
from typing import Annotated

from workflow_scripts.contracts.blocks import about

# Field → the metrics that it is for; docs/explanation/verdicts.md gives a reason for every default.
_OF = {
    "accuracy": ("accuracy", "first_epoch_accuracy", "last_epoch_accuracy"),
    "macro": ("balanced_accuracy", "macro_precision", "macro_sensitivity", "macro_specificity", "macro_f1"),
    "one_class": ("precision", "sensitivity", "specificity", "f1", "confusions"),
    "auc": ("macro_auc", "auc", "pooled_macro_auc"),
    "kappa": ("kappa",),
    "log_loss": ("log_loss",),
    "brier": ("brier",),
    "ece": ("ece",),
}
_FIELD = {metric: name for name, metrics in _OF.items() for metric in metrics}


@dataclass(frozen=True)
class Margins:
    """Margins by metric, each in the metric's own unit: shares from 0 to 1."""

    accuracy: Annotated[float, about("Accuracy, also of an epoch.", gt=0, lt=0.5)] = 0.02
    macro: Annotated[
        float,
        about("Balanced accuracy and macro averages of precision, sensitivity, specificity and F1.", gt=0, lt=0.5),
    ] = 0.02
    one_class: Annotated[
        float,
        about(
            "Precision, sensitivity, specificity and F1 of one class, and confusions as a share of theirs.",
            gt=0,
            lt=0.5,
        ),
    ] = 0.05
    auc: Annotated[float, about("Area under the ROC curve.", gt=0, lt=0.5)] = 0.02
    kappa: Annotated[float, about("Cohen's kappa.", gt=0, lt=1)] = 0.04
    log_loss: Annotated[float, about("Log loss, in nats.", gt=0)] = 0.05
    brier: Annotated[float, about("Brier score, from 0 to 2.", gt=0, lt=1)] = 0.02
    ece: Annotated[float, about("Calibration error.", gt=0, lt=0.5)] = 0.02

    def of(self, metric: str) -> float:
        """The margin of a metric of METRICS, of confusions or of an epoch's accuracy; KeyError for any other."""
        return float(getattr(self, _FIELD[metric]))

    @property
    def by_metric(self) -> dict[str, float]:
        """Field → margin, in the order of the settings."""
        return {entry.name: float(getattr(self, entry.name)) for entry in fields(self)}
