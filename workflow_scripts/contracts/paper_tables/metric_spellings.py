"""How papers spell the names of metrics, and the one name that each has here."""

import re
from collections.abc import Iterable

# Name here → what papers write, in small letters, without points, hyphens and underscores.
_SPELLINGS = {
    "sensitivity": "sensitivity, sens, sen, se, sn, recall, rec, tpr, true positive rate, hit rate, detection rate, "
    "recall score, sensibilidad, sensibilité, sensibilidade, sensibilità, sensitivität, senzitivnost, 灵敏度, 敏感度, "
    "敏感性, 召回率, 感度",
    "specificity": "specificity, spec, spe, sp, tnr, true negative rate, selectivity, especificidad, spécificité, "
    "especificidade, specificità, spezifität, specifičnost, 特异度, 特异性, 特異度",
    "precision": "precision, prec, pre, ppv, positive predictive value, pos pred value, positive pv, "
    # `Precisión` is the accuracy of some authors.
    "precision score, 精确率, 查准率",
    "npv": "npv, negative predictive value, neg pred value, negative pv",
    "accuracy": "accuracy, acc, accuracy rate, accuracy score, classification accuracy, overall accuracy, oa, "
    "correct classification rate, diagnostic accuracy, exactitud, acurácia, genauigkeit, accuratezza, 准确率",
    "balanced_accuracy": "balanced accuracy, bal acc, bacc, bac, balanced acc, ba",
    "f1": "f1, f1 score, fscore, f score, f measure, fmeasure, f1 measure, f1score, f 1, f 1 score",
    "f_beta(0.5)": "f05, f0 5, f05 score, f 0 5",
    "f_beta(2)": "f2, f2 score, f 2",
    "kappa": "kappa, cohens kappa, cohen kappa, κ, cohen's kappa, cohen’s kappa, kappa coefficient",
    "mcc": "mcc, matthews correlation coefficient, matthews, matthews correlation, phi coefficient",
    "auc": "auc, auroc, roc auc, auc roc, aucroc, rocauc, area under the curve, area under curve, az, c statistic, "
    "area under the roc curve, auc score, auroc score, roc auc score, auc roc score, roc score, area under roc",
    "lr_positive": "lr positive, lr+, plr, lrp, lr pos, positive likelihood ratio, positive lr, +lr, lr plus",
    "lr_negative": "lr negative, lr−, lr-, nlr, lrn, lr neg, negative likelihood ratio, negative lr, −lr, -lr, "
    "lr minus",
    "dor": "dor, diagnostic odds ratio",
    "youden": "youden, youden index, youdens index, youden's index, youden’s index, youden's, youden’s, youdens j, "
    "youden's j, youden’s j, yi, informedness",
    "iou": "iou, jaccard, jaccard index, intersection over union",
    "dice": "dice, dsc, dice score, dice coefficient, dice similarity coefficient",
    "tp": "tp, true positives, true positive, no of tp",
    "fp": "fp, false positives, false positive",
    "fn": "fn, false negatives, false negative",
    "tn": "tn, true negatives, true negative",
    "false_positive_rate": "fpr, false positive rate, fall out, false alarm rate, 1 specificity",
    "false_negative_rate": "fnr, false negative rate, miss rate",
    "error_rate": "error rate, misclassification rate, classification error",
    "n": "n, n total, number of cases, number of images, n test, test n, "
    "number of test images, n images, n samples, n cases, n patients, test images, test samples",
    "support": "support",
    "prevalence": "prevalence, prev",
    "g_mean": "g mean, gmean, geometric mean, gm",
}


# What a heading says of its cells and not of its metric: a unit, that an interval or a spread stands there.
_BESIDE = re.compile(
    r"[(\[](?:[^()\[\]]*\b(?:ci|sd|std|se|iqr|range|percent|confidence|n/n)\b[^()\[\]]*|\s*(?:in\s)?%\s*|n|[\s*]*)[)\]]"
    r"|\b9[059]\s?% ?ci\b|%|\bin percent\b|\bmean ± sd\b|± ?sd\b|[*†‡§↑↓]",
    re.IGNORECASE,
)


def without_unit(heading: str) -> str:
    """A heading as printed, without what it says of its cells: `Sens. (95% CI)` → `Sens.`."""
    return " ".join(_BESIDE.sub(" ", heading).split()).rstrip(",;: ") or heading.strip()


def _plain(heading: str) -> str:
    """A heading without what only its typesetting adds: case, points, hyphens between letters, percent signs."""
    text = heading.strip().lower().replace("₁", "1").replace("‑", "-").replace("–", "-")
    text = _BESIDE.sub(" ", text)
    text = re.sub(r"(?<=\w)[-_](?=\w)", " ", text).replace("_", " ")
    text = re.sub(r"(?<=\w)\.", " ", text).rstrip(",;: ")
    return " ".join(text.split())


_BY_SPELLING = {
    _plain(spelling): name for name, spellings in _SPELLINGS.items() for spelling in (name, *spellings.split(", "))
}
METRIC_NAMES = tuple(_SPELLINGS)
# Counts; all other names are of shares, ratios or areas.
COUNTS = ("tp", "fp", "fn", "tn", "n", "support")
# Words before a metric's name that say how its values of several classes were put together.
AVERAGES = {
    "macro": "macro",
    "mean": "macro",
    "average": "macro",
    "avg": "macro",
    "weighted": "weighted",
    "micro": "micro",
    "overall": "",
    "total": "",
}


def canonical(heading: str) -> str:
    """The name of a column: one of METRIC_NAMES where the heading is a spelling of it, else the heading as it stands.

    `f_beta(0.5)` and the like are made of `F0.5`, `F-beta (0.5)` and `f05`.
    """
    plain = _plain(heading)
    if plain in _BY_SPELLING:
        return _BY_SPELLING[plain]
    # `Sensitivity (recall)`, `False positive rate (FPR)`: two spellings of one.
    twice = re.fullmatch(r"(.+?) ?[(\[](.+)[)\]]", plain)
    names = {_BY_SPELLING.get(spelling.strip()) for spelling in twice.groups()} if twice else set()
    if len(names) == 1 and (name := names.pop()):
        return name
    beta = re.fullmatch(r"f(?: |-)?(?:beta|β)?[ =(]*(\d+(?:[. ]\d+)?)\)?(?: ?-?score)?", plain)
    if beta and beta[1]:
        number = float(beta[1].replace(" ", "."))
        return "f1" if number == 1 else f"f_beta({number:g})"
    return heading.strip()


def is_metric(name: str) -> bool:
    """Whether this is a name that `canonical` gives to a metric."""
    return name in _SPELLINGS or name.startswith("f_beta(")


def is_share(name: str) -> bool:
    """Whether this is the name of a metric that is a share, at most 1 or 100 percent."""
    return is_metric(name) and name not in (*COUNTS, "lr_positive", "lr_negative", "dor")


def averaged(heading: str) -> tuple[str, str]:
    """Metric and average of a heading such as `macro F1`, `F1 (weighted)` or `overall_accuracy`.

    The average is `macro`, `weighted`, `micro`, or empty where the heading names none; the metric is empty where the
    heading names none.
    """
    words = re.findall(r"[^\s_()]+", heading.lower().replace("macro-", "macro ").replace("weighted-", "weighted "))
    averages = [word for word in words if word in AVERAGES]
    rest = " ".join(word for word in words if word not in (*AVERAGES, "avg."))
    name = canonical(rest)
    if not rest or not is_metric(name):
        return "", ""
    return name, AVERAGES[averages[0]] if averages else ""


def column_names(headings: Iterable[str]) -> dict[str, str]:
    """Heading → name of its column; of two headings of one metric the later keeps its own spelling."""
    names: dict[str, str] = {}
    for heading in dict.fromkeys(headings):
        name = canonical(heading)
        names[heading] = heading.strip() if name in names.values() else name
    return names
