"""The metrics: their names in files and claims, and what each is."""

import math
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """What is said of a metric wherever it is shown.

    name: in files and settings; level: of a whole subset, of each class, or of the predictions of all folds together;
    words: its name in captions and tables; low, high: lowest and highest possible value; percent: written in percent;
    lower_is_better; proportion: a share of observations, or a mean of such shares, so that the exact interval of a
    proportion can stand in where all bootstrap draws agree.
    """

    name: str
    level: Literal["overall", "class", "pooled"]
    words: str
    low: float = 0.0
    high: float = 1.0
    percent: bool = False
    lower_is_better: bool = False
    proportion: bool = False


def _share(name: str, level: Literal["overall", "class", "pooled"], words: str, percent: bool = True) -> Metric:
    return Metric(name, level, words, percent=percent, proportion=True)


# What evaluation computes for every run. Over the predictions of all folds thrown together ("pooled") only where there
# are several; of no fold, only of all (fold "all").
METRICS = {
    metric.name: metric
    for metric in (
        _share("accuracy", "overall", "Accuracy"),
        _share("balanced_accuracy", "overall", "Balanced accuracy"),
        _share("macro_precision", "overall", "Macro precision"),
        _share("macro_sensitivity", "overall", "Macro sensitivity"),
        _share("macro_specificity", "overall", "Macro specificity"),
        _share("macro_f1", "overall", "Macro F1-score"),
        _share("macro_auc", "overall", "Macro AUC", percent=False),
        Metric("log_loss", "overall", "Log loss", high=math.inf, lower_is_better=True),
        Metric("kappa", "overall", "Cohen's kappa", low=-1.0),
        Metric("brier", "overall", "Brier score (0 to 2)", high=2.0, lower_is_better=True),
        Metric("ece", "overall", "Calibration error (ECE)", percent=True, lower_is_better=True),
        _share("precision", "class", "Precision"),
        _share("sensitivity", "class", "Sensitivity"),
        _share("specificity", "class", "Specificity"),
        _share("f1", "class", "F1-score"),
        _share("auc", "class", "AUC", percent=False),
        _share("pooled_macro_auc", "pooled", "Macro AUC, folds pooled", percent=False),
    )
}


def _names(level: str) -> tuple[str, ...]:
    return tuple(metric.name for metric in METRICS.values() if metric.level == level)


SUBSET_METRICS, CLASS_METRICS, POOLED_METRICS = _names("overall"), _names("class"), _names("pooled")
# On the units of one source, where a study joins several data sets (level "source" in metrics.csv).
SOURCE_METRICS = ("accuracy", "within_source_accuracy", "crossed_source")
# On the units of one subgroup (level "subgroup", called column=value): of the last of two classes, of more macro.
SUBGROUP_METRICS = ("accuracy", "sensitivity", "specificity")
