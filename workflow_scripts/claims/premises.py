"""What a check rests on: a number is called a contradiction by what its paper says, never by what was read into it."""

from collections.abc import Mapping
from dataclasses import replace

from workflow_scripts.claims.outcome import CONTRADICTION, NOTE, Outcome
from workflow_scripts.contracts.claims import Claim, Layer, PaperEntry
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS

_MEASURED = (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS)
_MEANS = tuple(name for name in SUBSET_METRICS if name.startswith("macro_"))
# Premise that papers seldom state → the metrics that need it, and under which reading all is well without it.
_UNSAID = {
    "one_training": (
        _MEASURED,
        "The paper does not say that the number is of one training; a mean of several trainings or folds need not be "
        "what any one of them gives.",
    ),
    "average": (_MEANS, "The paper does not say how the classes were averaged, and another average may fit."),
    "split_unit": (
        ("share",),
        "The paper does not say what was divided: shares of patients or slides are no shares of their images.",
    ),
}


def weighed(outcome: Outcome, entries: Mapping[str, PaperEntry], premises: tuple[str, ...]) -> Outcome:
    """The outcome, a contradiction as a note where a premise of its check is assumed or not stated.

    entries: id → what the paper prints; premises: fields of a claim, and names of contracts.paper_premises.UNSAID.
    """
    if outcome.outcome != CONTRADICTION:
        return outcome
    involved = [entries[name] for name in (outcome.claim, *outcome.compared_ids)]
    assumptions = [entry.assumed for entry in involved if not isinstance(entry, Layer)]
    assumed = [assumption[premise] for assumption in assumptions for premise in premises if premise in assumption]
    claims = [entry for entry in involved if isinstance(entry, Claim)]
    unsaid = [
        sentence
        for premise, (metrics, sentence) in _UNSAID.items()
        if premise in premises and any(claim.metric in metrics and premise not in claim.stated for claim in claims)
    ]
    innocent = " ".join(dict.fromkeys([*assumed, *unsaid]))
    return replace(outcome, outcome=NOTE, innocent=innocent) if innocent else outcome
