"""Values of the single classes against the mean and the accuracy that are printed beside them: `tables.class_rows`."""

from collections.abc import Iterator, Sequence

from workflow_scripts.claims import as_tables
from workflow_scripts.claims.outcome import Outcome
from workflow_scripts.claims.sizes import Sizes, groups, measured
from workflow_scripts.claims.tables.class_means import Classes, mean_of
from workflow_scripts.claims.tables.class_rows import accuracy_of
from workflow_scripts.claims.tables.printed_entries import Entry
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.metric_names import CLASS_METRICS

MEANS = "means of the class values"
ACCURACY = "accuracy from the classes"
_MACROS = tuple(f"macro_{name}" for name in CLASS_METRICS if name != "auc")
# Metric → class → its number.
_Values = dict[str, dict[str, Claim]]


def check_means(published: Published) -> Iterator[Outcome]:
    """A mean over classes is the mean of the values that are printed for all of them.

    Plain, weighted by class size, of the classes that are not 0; F1 also of the means of precision and sensitivity.
    Reference: J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv:1911.03347 (2019), for the ways.
    """
    sizes = Sizes(published)
    for claim, values in _beside(published, sizes, _MACROS):
        cell = as_tables.cell(claim)
        if of_classes := values.get(cell.metric):
            claims = [claim, *of_classes.values()]
            finding = mean_of(_classes(claims, values, sizes), cell, "macro", complete=True)
            yield from as_tables.outcomes(MEANS, [finding], claims)


def check_accuracy(published: Published) -> Iterator[Outcome]:
    """The accuracy is the mean of the printed class sensitivities, weighted by class size.

    Or, by another name, their plain mean, or the mean of one-against-all accuracies (TP + TN) / n. Reference:
    M. Sokolova, G. Lapalme, Information Processing & Management 45(4):427-437 (2009).
    """
    sizes = Sizes(published)
    for claim, values in _beside(published, sizes, ("accuracy",)):
        if recalls := values.get("sensitivity"):
            claims = [claim, *recalls.values()]
            finding = accuracy_of(_classes(claims, values, sizes), as_tables.cell(claim))
            yield from as_tables.outcomes(ACCURACY, [finding], claims)


def _beside(published: Published, sizes: Sizes, metrics: Sequence[str]) -> Iterator[tuple[Claim, _Values]]:
    """Every number of these metrics, with metric → class → claim of the same run and subset, where all are printed."""
    for (study, run, _subset, _), group in groups(measured(published), "study", "run", "subset", "source"):
        classes = sizes.classes(study, run)
        by_metric: _Values = {}
        for claim in group:
            if claim.class_name in classes:
                by_metric.setdefault(claim.metric, {}).setdefault(str(claim.class_name), claim)
        whole = {metric: values for metric, values in by_metric.items() if classes and len(values) == len(classes)}
        for claim in group:
            if claim.metric in metrics and claim.class_name is None and whole:
                yield claim, whole


def _classes(claims: Sequence[Claim], values: _Values, sizes: Sizes) -> Classes:
    """All classes with their values; without sizes where these are unknown or left open.

    claims: what is judged, first the number beside the classes.
    """
    whole, names = claims[0], [str(claim.class_name) for claim in claims[1:]]
    entries = [
        Entry(name, {}, {metric: as_tables.cell(of_classes[name]) for metric, of_classes in values.items()})
        for name in names
    ]
    ways = sizes.by_class(whole.study, whole.subset, whole.run)
    are_known = len(ways) == 1 and set(names) == set(ways[0]) and sum(ways[0].values()) > 0
    of_classes = tuple(ways[0][name] for name in names) if are_known else ()
    return Classes(as_tables.table(claims, "per class", len(names)), str(whole.run or ""), tuple(entries), of_classes)
