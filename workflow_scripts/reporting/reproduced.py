"""What a study obtained for a number that its paper prints."""

from dataclasses import dataclass, replace
from typing import Any

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SOURCE_METRICS, SUBSET_METRICS
from workflow_scripts.contracts.run_tables import ALL, classes_of
from workflow_scripts.evaluation.quantities import taken_for
from workflow_scripts.reporting.formatting import missing
from workflow_scripts.reporting.results import Protocol, Results, Run


@dataclass(frozen=True)
class Value:
    """A number with its interval and the samples or units it rests on; None where undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | None = None


NOTHING = Value(None)
FLOAT32_BYTES = 4
# Where the samples of a run are those of the study: only training images are copied.
NEVER_COPIED = ("validation", "test")
# Metric of the course of a training → row of its history.
EPOCHS = {"first_epoch_accuracy": 0, "last_epoch_accuracy": -1}
MIB = 2**20


def or_none(number: float) -> float | None:
    """A number of a table; None where it is NaN there."""
    return None if missing(float(number)) else float(number)


def overall(run: Run, metric: str, subset: str | None = None, class_name: str = "") -> Value:
    """A run's metric over all its folds and seeds; NOTHING where it was not evaluated.

    subset None: the one that the run's protocol reports.
    """
    rows, subset = run.metrics, subset or run.reported
    rows = rows[(rows["fold"] == ALL) & (rows["seed"] == ALL)]
    rows = rows[(rows["subset"] == subset) & (rows["metric"] == metric) & (rows["class"] == class_name)]
    if rows.empty:
        return NOTHING
    row = rows.iloc[0]
    value, low, high = (or_none(row[name]) for name in ("value", "low", "high"))
    return Value(value, low, high, int(row["n"]))


def obtained(results: Results, protocol: Protocol, claim: Claim) -> Value:
    """The number under one protocol, in this project's units; NOTHING where this study has none.

    Times are left out: they differ from one machine to the next and stand under the costs.
    """
    if claim.study != results.settings.study or "study" in claim.against:
        return NOTHING
    if claim.against:
        return _difference(results, protocol, claim)
    if claim.metric == "samples" and claim.source is None and (claim.run is None or claim.subset in NEVER_COPIED):
        return _samples(results, protocol, claim)
    if claim.metric == "classes":
        return Value(len(results.classes))
    if claim.run not in protocol.runs:
        return NOTHING
    run = protocol.runs[claim.run]
    if claim.metric == "parameter_size":
        return _size(run)
    if of_a_part(results, claim):
        return _of_part(protocol, run, claim)
    if claim.metric in EPOCHS:
        return _epoch_accuracy(run, claim)
    if claim.metric == "confusions":
        return _confusions(run, claim, answered_by(protocol, claim.subset))
    if claim.metric not in (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS):
        return NOTHING
    return overall(run, claim.metric, answered_by(protocol, claim.subset), claim.class_name or "")


def of_a_part(results: Results, claim: Claim) -> bool:
    """Whether a claim is about one data set of several that the study joins."""
    return claim.source is not None and set(results.manifest["source"]) != {claim.source}


def _of_part(protocol: Protocol, run: Run, claim: Claim) -> Value:
    """The number on the units of one data set, where metrics.csv has it."""
    if claim.metric not in SOURCE_METRICS or claim.class_name or not claim.source:
        return NOTHING
    return overall(run, claim.metric, answered_by(protocol, claim.subset), claim.source)


def class_of(results: Results, name: str) -> str | None:
    """The study's class that a paper's name means, written alike but for small and capital letters; else None."""
    return next((label for label in results.classes if label.casefold() == name.casefold()), None)


def answered_by(protocol: Protocol, subset: str | None) -> str:
    """The subset that answers what the paper says about one: of its test subset, the one that the protocol reports."""
    return protocol.reported if subset in (None, "test") else subset


def _samples(results: Results, protocol: Protocol, claim: Claim) -> Value:
    """Number of samples in the first fold; of all subsets where the claim is about all."""
    counts = protocol.record.counts["0"]
    subsets = list(counts) if claim.subset in (None, "all") else [answered_by(protocol, claim.subset)]
    if claim.class_name is None:
        return Value(sum(sum(counts.get(subset, {}).values()) for subset in subsets))
    name = class_of(results, claim.class_name)
    if name is None:
        return NOTHING
    return Value(sum(counts.get(subset, {}).get(name, 0) for subset in subsets))


def _size(run: Run) -> Value:
    """Size of the weights in MiB: of a compressed run its file's, of a trained one its 32-bit parameters'."""
    compression, training = run.records[0].compression, run.ledgers[0].train
    if compression:
        return Value(compression.bytes / MIB)
    if training is None or training.parameters is None:
        return NOTHING
    return Value(training.parameters * FLOAT32_BYTES / MIB)


def _epoch_accuracy(run: Run, claim: Claim) -> Value:
    """Accuracy on the training or validation images in the first or last epoch: mean over folds and seeds."""
    column = f"{claim.subset}_accuracy"
    if not run.histories or column not in run.histories[0]:
        return NOTHING
    accuracies = [float(history[column].iloc[EPOCHS[claim.metric]]) for history in run.histories]
    return Value(sum(accuracies) / len(accuracies))


def _confusions(run: Run, claim: Claim, subset: str) -> Value:
    """Units of a class taken for another one: sum over folds, mean over repeats and seeds."""
    grid, predicted = run.units.subset(subset), claim.predicted
    if predicted is None or any(predicted not in classes_of(units) for units in grid.values()):
        return NOTHING
    masks = [taken_for(units, claim.class_name or "", predicted) for units in grid.values()]
    return Value(
        sum(int(taken.sum()) for _, taken in masks) / grid.times,
        n=sum(int(rows.sum()) for rows, _ in masks) // grid.times,
    )


def set_against(claim: Claim) -> Claim:
    """The number that a difference is taken to: the claim's own with the fields of `against` replaced."""
    fields: dict[str, Any] = {**claim.against, "against": {}}
    return replace(claim, **fields)


def _difference(results: Results, protocol: Protocol, claim: Claim) -> Value:
    """The claim's number minus the one it is set against, with the interval of a paired comparison where there is one.

    Intervals of other differences would need the draws of both numbers, which only evaluation has.
    """
    if "subset" in claim.against and protocol.reported != "test":
        return NOTHING  # both sides would be the validation subset
    first = obtained(results, protocol, replace(claim, against={}))
    second = obtained(results, protocol, set_against(claim))
    if first.value is None or second.value is None:
        return NOTHING
    low, high = None, None
    rival = claim.against.get("run")
    if rival and claim.metric == results.headline and claim.subset == "test":
        low, high = _compared(protocol, claim.run, rival)
    return Value(first.value - second.value, low, high, first.n)


def _compared(protocol: Protocol, run: str | None, rival: str) -> tuple[float | None, float | None]:
    """95 % interval of run minus rival, if one of them is the reference of the comparison."""
    pooled = protocol.comparison[protocol.comparison["seed"] == ALL]
    for first, second, sign in ((run, rival, 1), (rival, run, -1)):
        rows = pooled[(pooled["run"] == first) & (pooled["reference"] == second)]
        if len(rows):
            low, high = sorted(sign * float(rows.iloc[0][name]) for name in ("low", "high"))
            return or_none(low), or_none(high)
    return None, None
