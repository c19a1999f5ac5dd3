"""All checks of a paper's numbers, and one list of what they say."""

from dataclasses import replace

from workflow_scripts.claims import (
    averages,
    costs,
    described,
    digits,
    granularity,
    matrices,
    rankings,
    repeats,
    shares,
    totals,
    two_classes,
    writing,
)
from workflow_scripts.claims.outcome import (
    CONTRADICTION,
    FITS_ONLY_IF,
    NOT_CHECKABLE,
    ORDER,
    Check,
    Outcome,
)
from workflow_scripts.claims.premises import weighed
from workflow_scripts.contracts.claims import Claim, Published

# Name of a check, as in its outcomes → the check. All work with the digits that carry information (`digits`).
CHECKS: dict[str, Check] = {
    granularity.NAME: granularity.check,
    writing.NAME: writing.check,
    averages.F1: averages.check_f1,
    averages.RECALL: averages.check_recall,
    two_classes.NAME: two_classes.check,
    matrices.METRICS: matrices.check_metrics,
    matrices.SUMS: matrices.check_sums,
    matrices.PARTIAL: matrices.check_partial,
    totals.SUMS: totals.check_sums,
    totals.COPIES: totals.check_copies,
    totals.CLASSES: totals.check_classes,
    totals.PATIENTS: totals.check_patients,
    totals.RATIO: totals.check_ratio,
    shares.SPLIT: shares.check_split,
    shares.PUBLIC: shares.check_public,
    repeats.NAME: repeats.check,
    repeats.SEQUENCES: repeats.check_sequences,
    rankings.DIFFERENCES: rankings.check_differences,
    rankings.RANKS: rankings.check_ranks,
    rankings.WORDS: rankings.check_words,
    rankings.CONFLICTS: rankings.check_conflicts,
    described.LAYERS: described.check_layers,
    described.SETTINGS: described.check_settings,
    costs.NAME: costs.check,
}
_ABOUT = ("metric", "subset", "run", "class_name")
# Name of a check → what must be said by the paper for it to call a contradiction: fields of claims and settings,
# and names of contracts.paper_premises.UNSAID. Checks that never do so, and those of layers, have none.
PREMISES: dict[str, tuple[str, ...]] = {
    granularity.NAME: (*_ABOUT, "n", "one_training", "split_unit"),
    averages.F1: (*_ABOUT, "average"),
    averages.RECALL: (*_ABOUT, "one_training", "average", "split_unit"),
    two_classes.NAME: (*_ABOUT, "n", "one_training", "split_unit"),
    # It tries every average, whatever the claim calls it.
    matrices.METRICS: ("subset", "run", "class_name", "one_training"),
    matrices.SUMS: ("subset", "run", "class_name"),
    matrices.PARTIAL: ("subset", "run", "class_name", "one_training"),
    totals.SUMS: ("subset", "class_name", "run"),
    totals.COPIES: ("subset", "run"),
    totals.CLASSES: ("class_name",),
    totals.PATIENTS: ("subset",),
    totals.RATIO: ("class_name",),
    shares.SPLIT: ("subset", "class_name", "split_unit"),
    shares.PUBLIC: ("class_name", "subset"),
    repeats.NAME: _ABOUT,
    rankings.DIFFERENCES: ("run", "subset", "against"),
    rankings.RANKS: ("run", "subset"),
    rankings.WORDS: (*_ABOUT, "against"),
    rankings.CONFLICTS: ("run", "subset", "class_name", "against"),
    described.SETTINGS: ("setting",),
}
_WRITING = "rounded half up or half even, cut off, rounded twice"
_AVERAGES = (
    "of each class",
    "plain, weighted and pooled means over the classes",
    "means of class values that were rounded before",
)
# Name of a check → the readings under which it tries to make the numbers fit, where it can call one a contradiction;
# an outcome that lists its own keeps them.
TRIED: dict[str, tuple[str, ...]] = {
    granularity.NAME: (
        "every whole number of samples",
        _WRITING,
        "the mean over batches of the stated size",
        "of more than two classes the mean of (TP + TN) / n",
        "of a class that is not named, each class and their mean",
    ),
    averages.F1: ("F1 of the classes and of the means", "of class values that were rounded before as well"),
    averages.RECALL: ("every way in which the right answers may fall into the classes",),
    two_classes.NAME: (
        "every table of right and wrong answers",
        _WRITING,
        *_AVERAGES,
        "each number in an average of its own",
        "F1 of the printed precision and sensitivity",
    ),
    matrices.METRICS: (*_AVERAGES, _WRITING),
    matrices.SUMS: ("the samples of the subset and of the whole study",),
    matrices.PARTIAL: ("the most errors that the accuracy allows",),
    totals.SUMS: ("sums of classes, subsets and sources", "each subset being its stated share, cut off"),
    totals.COPIES: ("training counts with and without copies",),
    totals.CLASSES: ("classes of the tables and of the confusion matrices",),
    totals.PATIENTS: ("several images of a patient",),
    totals.RATIO: ("rounded and cut off",),
    shares.SPLIT: (
        "of all samples, and of those left after the test subset",
        "rounded, cut off, one sample more or less",
        "told in whole tens or fives of percent",
    ),
    repeats.NAME: (
        "rounded, cut off or rounded twice in each place",
        "another class or average in each place, where the paper names none",
    ),
    rankings.DIFFERENCES: (
        "in points, and relative to the second number",
        "with “about” one unit more or less",
    ),
    rankings.RANKS: ("the digits as printed", "of numbers with fewer digits all that they may stand for"),
    rankings.WORDS: ("every metric that is printed, or follows from a printed matrix, where the sentence names none",),
    rankings.CONFLICTS: ("leaving out each of the sentences",),
    described.LAYERS: (
        "a convolution keeps the map, a pooling layer makes it smaller",
        "the size stands a row late",
    ),
    described.SETTINGS: ("two names for one setting",),
}
NO_CHECK = "none"
# What would be needed to say anything of a number that no check speaks of.
_MISSING = {
    "macro_auc": "the scores of the single samples",
    "auc": "the scores of the single samples",
    "first_epoch_accuracy": "how many samples it rests on",
    "last_epoch_accuracy": "how many samples it rests on",
    "macro_precision": "a confusion matrix, or the other metrics and the class sizes",
    "macro_sensitivity": "a confusion matrix, or the other metrics and the class sizes",
    "macro_specificity": "a confusion matrix, or the other metrics and the class sizes",
    "classes": "the classes counted one by one",
    "share": "the counts of the split",
    "copies": "the counts with and without copies",
    "training_time": "the time of an epoch",
}


def check_all(published: Published) -> list[Outcome]:
    """What every check says of a paper: for a claim one outcome a check, the worst one where a check speaks twice.

    What rests on anything that the paper does not say is a note. Every claim, statement and layer has at least one
    outcome. One that is "not checkable" stays only where no check comes to a verdict. In the order of the paper's file.
    """
    shortened = digits.with_known_digits(published)
    by_id = {entry.id: entry for entry in published.entries}
    outcomes_of_checks = [
        _with_tried(weighed(outcome, by_id, PREMISES.get(name, ())))
        for name, check in CHECKS.items()
        for outcome in check(shortened)
    ]
    worst: dict[tuple[str, str], Outcome] = {}
    for outcome in outcomes_of_checks:
        key = outcome.claim, outcome.check
        if key not in worst or ORDER.index(outcome.outcome) < ORDER.index(worst[key].outcome):
            worst[key] = outcome
    by_claim: dict[str, list[Outcome]] = {}
    for outcome in worst.values():
        by_claim.setdefault(outcome.claim, []).append(outcome)
    ordered = []
    for entry in published.entries:
        outcomes = by_claim.get(entry.id, [])
        decided = [outcome for outcome in outcomes if outcome.outcome != NOT_CHECKABLE]
        if not outcomes and isinstance(entry, Claim):
            missing = _MISSING.get(entry.metric, "another number to hold it against")
            outcomes = [Outcome(entry.id, NO_CHECK, NOT_CHECKABLE, f"Missing: {missing}.")]
        ordered += decided or outcomes
    return ordered


def _with_tried(outcome: Outcome) -> Outcome:
    """The outcome with the readings that its check tries, where it needs them and lists none of its own."""
    if outcome.tried or outcome.outcome not in (CONTRADICTION, FITS_ONLY_IF):
        return outcome
    return replace(outcome, tried=TRIED.get(outcome.check, ()))


def overall(outcomes: list[Outcome]) -> dict[str, str]:
    """Claim → its outcome over all checks: the one that comes first in ORDER."""
    outcomes_by_claim: dict[str, str] = {}
    for outcome in outcomes:
        if ORDER.index(outcome.outcome) < ORDER.index(outcomes_by_claim.get(outcome.claim, ORDER[-1])):
            outcomes_by_claim[outcome.claim] = outcome.outcome
        outcomes_by_claim.setdefault(outcome.claim, outcome.outcome)
    return outcomes_by_claim
