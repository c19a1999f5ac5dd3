"""What a study obtained for a printed number, with the uncertainty that a verdict needs."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS
from workflow_scripts.evaluation.bootstrap import subset_draws
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.intervals import difference, difference_interval, interval
from workflow_scripts.evaluation.paper_chance import share_error
from workflow_scripts.evaluation.quantities import CONFUSIONS, Measured, Quantity
from workflow_scripts.evaluation.uncertainty import Uncertain, training_error, trainings_of
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.reproduced import (
    EPOCHS,
    NOTHING,
    Value,
    answered_by,
    class_of,
    obtained,
    of_a_part,
    set_against,
)
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.runtime.seeds import seed_for

MEASURED = (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS, CONFUSIONS)


@dataclass(frozen=True)
class Answer:
    """An obtained number: value with its interval, uncertain: None of what is counted exactly; missing: why none.

    scale: how many of the value's unit make one of `uncertain` (the size of the class, of confusions; else 1).
    quantity: with its draws; None of what is counted and of an epoch, which are not drawn again.
    """

    value: Value
    uncertain: Uncertain | None = None
    missing: str = ""
    scale: float = 1.0
    quantity: Quantity | None = None


def measured(results: Results, protocol: Protocol) -> Measured:
    """The runs of a protocol, ready to be measured; all of them on the same draws."""
    settings = results.settings
    rng = np.random.default_rng(seed_for(settings.study, protocol.name, settings.seed, "verdict"))
    runs = {name: run.units for name, run in protocol.runs.items()}
    options = settings.evaluate
    first = next(iter(runs.values()))
    # As metrics.csv has them, so that the same number has the same interval.
    resamplers = {
        subset: subset_draws(part.values(), options.bootstrap, settings.study, protocol.name, subset, settings.seed)
        for subset in ("validation", "test")
        if (part := first.subset(subset)).n
    }
    return Measured(runs, results.classes, options.bootstrap, options.calibration_bins, rng, resamplers)


def answer(results: Results, protocol: Protocol, measures: Measured, claim: Claim) -> Answer:
    """The number under one protocol, as `obtained` has it, with its uncertainty; or why there is none."""
    if claim.metric in EPOCHS:
        return _epoch(results, protocol, claim)
    if claim.metric not in MEASURED:
        return _exact(results, protocol, claim)
    try:
        obtained_quantity = quantity(results, protocol, measures, claim)
    except AbsentError as absent:
        return Answer(NOTHING, missing=str(absent))
    return _of(obtained_quantity, claim)


class AbsentError(Exception):
    """A number that this study does not have, and why."""


def quantity(results: Results, protocol: Protocol, measures: Measured, claim: Claim) -> Quantity:
    """A claim's number, or its difference to another, with its draws; raises AbsentError."""
    if claim.metric not in MEASURED:
        raise AbsentError("an order is judged by what runs predict, and this number is none of that")
    if not claim.against:
        return _single(results, protocol, measures, claim, ())
    if "subset" in claim.against and protocol.reported != "test":
        raise AbsentError("this protocol has no test subset, both sides would be the same images")
    rival = set_against(claim)
    subsets = tuple(sorted({answered_by(protocol, side.subset) for side in (claim, rival)}))
    own = _single(results, protocol, measures, claim, subsets)
    return own - _single(results, protocol, measures, rival, subsets)


def _single(results: Results, protocol: Protocol, measures: Measured, claim: Claim, over: tuple[str, ...]) -> Quantity:
    names = [None if name is None else class_of(results, name) for name in (claim.class_name, claim.predicted)]
    for wanted, name in zip((claim.class_name, claim.predicted), names, strict=True):
        if wanted is not None and name is None:
            raise AbsentError(f"{wanted} is no class of this study")
    if vague := _vague(claim):
        raise AbsentError(vague)
    if of_a_part(results, claim):
        raise AbsentError(f"it is of {claim.source} alone, and a verdict is on all data of the study together")
    assert claim.run is not None  # else it is vague
    subset = answered_by(protocol, claim.subset)
    try:
        return measures.quantity(claim.run, claim.metric, subset, names[0] or "", names[1] or "", over)
    except KeyError:
        raise AbsentError(f"no {subset} samples were predicted under this protocol") from None


def _vague(claim: Claim) -> str:
    """Why a claim names no number that a run has; empty where it does."""
    name, by_class = (
        formatting.in_sentence(formatting.metric_name(claim.metric)),
        claim.metric in (*CLASS_METRICS, CONFUSIONS),
    )
    if claim.run is None:
        return "it does not say of which run"
    if claim.class_name is None and by_class:
        return "it does not say of which class"
    if claim.class_name is not None and not by_class:
        return f"{name} of one class is not measured"
    if claim.metric == CONFUSIONS and claim.predicted is None:
        return "it does not say for which class they were taken"
    return ""


def _of(obtained_quantity: Quantity, claim: Claim) -> Answer:
    """The value with its interval, by the rule of metrics.csv."""
    uncertain = obtained_quantity.uncertain
    if np.isnan(uncertain.value):
        return Answer(NOTHING, missing="the metric is undefined, as for a class that was never predicted")
    scale = float(obtained_quantity.n) if claim.metric == CONFUSIONS else 1.0
    points, draws, behind = obtained_quantity.points, obtained_quantity.draws, obtained_quantity.behind
    if obtained_quantity.difference:
        low, high = difference_interval(difference(points, draws, behind), claim.metric, behind.size)
    else:
        low, high = interval(points, draws, claim.metric, behind)
    below, above = (None if np.isnan(end) else float(end) * scale for end in (low, high))
    value = Value(uncertain.value * scale, below, above, obtained_quantity.n)
    return Answer(value, uncertain, scale=scale, quantity=obtained_quantity)


def _epoch(results: Results, protocol: Protocol, claim: Claim) -> Answer:
    """Of the course of a training: its images are taken as independent, and not drawn again."""
    value = obtained(results, protocol, claim)
    if value.value is None:
        return Answer(NOTHING, missing="this run has no such training curve")
    assert claim.run is not None  # it has a curve
    run = protocol.runs[claim.run]
    column = f"{claim.subset}_accuracy"
    histories = Grid.of(run.jobs, run.histories)
    points = histories.measured(lambda history: float(history[column].iloc[EPOCHS[claim.metric]]))
    counted = sum(sum(counts.get(claim.subset or "", {}).values()) for counts in protocol.record.counts.values())
    # Of several folds an image is trained on in most, and is one all the same.
    images = min(counted, len(results.manifest))
    if not images:
        return Answer(NOTHING, missing=f"no {claim.subset} samples were split off under this protocol")
    average = float(points.mean())
    uncertain = Uncertain(average, share_error(average, images), training_error(points), images, trainings_of(points))
    low, high = np.clip(uncertain.interval(), 0.0, 1.0) if uncertain.training is not None else (None, None)
    return Answer(Value(average, low, high, images), uncertain)


def _exact(results: Results, protocol: Protocol, claim: Claim) -> Answer:
    """What is counted: samples, classes, sizes of weights."""
    if claim.class_name and class_of(results, claim.class_name) is None:
        return Answer(NOTHING, missing=f"{claim.class_name} is no class of this study")
    if claim.metric == "class_ratio":
        value = _ratio(results, claim)
    elif claim.source is not None:
        value = _of_source(results, claim)
    else:
        value = obtained(results, protocol, claim)
    if value.value is None:
        return Answer(NOTHING, missing="this study does not count it")
    everything = len(results.manifest)
    # A difference of two numbers of samples is no number of samples.
    counted = everything if claim.against else int(value.value)
    n = {"samples": counted, "classes": everything, "class_ratio": everything}.get(claim.metric)
    return Answer(Value(value.value, value.value, value.value, n))


def _ratio(results: Results, claim: Claim) -> Value:
    counts = results.manifest["label"].value_counts()
    rival = class_of(results, claim.against.get("class_name", ""))
    if claim.class_name is None or rival is None or not counts.get(rival, 0):
        return NOTHING
    return Value(int(counts.get(class_of(results, claim.class_name), 0)) / int(counts[rival]))


def _of_source(results: Results, claim: Claim) -> Value:
    """Samples or classes that come from one of the study's data sets."""
    part = results.manifest[results.manifest["source"] == claim.source]
    if part.empty or claim.subset not in (None, "all"):
        return NOTHING
    return Value(len(part) if claim.metric == "samples" else part["label"].nunique())
