"""All checks of a paper's numbers, and one list of what they say."""

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
from workflow_scripts.claims.outcome import INCONSISTENT, NOT_CHECKABLE, ORDER, Check, Outcome
from workflow_scripts.contracts.claims import Claim, Published

# `digits` is not among them: it says with how many digits the others work, and sees what is stated by hand.
CHECKS: tuple[Check, ...] = (
    granularity.check,
    writing.check,
    averages.check_f1,
    averages.check_recall,
    two_classes.check,
    matrices.check_metrics,
    matrices.check_sums,
    matrices.check_partial,
    totals.check_sums,
    totals.check_copies,
    totals.check_classes,
    totals.check_patients,
    totals.check_ratio,
    shares.check_split,
    shares.check_public,
    repeats.check,
    repeats.check_sequences,
    rankings.check_differences,
    rankings.check_ranks,
    rankings.check_words,
    rankings.check_conflicts,
    described.check_layers,
    described.check_settings,
    costs.check,
)
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

    Every claim, statement and layer has at least one outcome. One that is "not checkable" stays only where no check
    comes to a verdict, unless the check could have decided and names what is missing between the numbers themselves.
    In the order of the paper's file.
    """
    known = digits.with_known_digits(published)
    found = [*digits.check(published), *(outcome for check in CHECKS for outcome in check(known))]
    worst: dict[tuple[str, str], Outcome] = {}
    for outcome in found:
        key = outcome.claim, outcome.check
        if key not in worst or ORDER.index(outcome.outcome) < ORDER.index(worst[key].outcome):
            worst[key] = outcome
    by_claim: dict[str, list[Outcome]] = {}
    for outcome in worst.values():
        by_claim.setdefault(outcome.claim, []).append(outcome)
    entries = [*published.claims, *published.statements, *published.layers, *published.settings]
    ordered = []
    for entry in entries:
        outcomes = by_claim.get(entry.id, [])
        decided = [outcome for outcome in outcomes if outcome.outcome != NOT_CHECKABLE]
        if not outcomes and isinstance(entry, Claim):
            missing = _MISSING.get(entry.metric, "another number to hold it against")
            outcomes = [Outcome(entry.id, NO_CHECK, NOT_CHECKABLE, f"Missing: {missing}.")]
        ordered += decided or outcomes
    return ordered


def overall(outcomes: list[Outcome]) -> dict[str, str]:
    """Claim → its outcome over all checks: inconsistent if one says so, not checkable only if none decides."""
    found: dict[str, str] = {}
    for outcome in outcomes:
        if ORDER.index(outcome.outcome) < ORDER.index(found.get(outcome.claim, ORDER[-1])):
            found[outcome.claim] = outcome.outcome
        found.setdefault(outcome.claim, outcome.outcome)
    return found


def inconsistent(published: Published) -> set[str]:
    """Ids of what does not fit."""
    return {outcome.claim for outcome in check_all(published) if outcome.outcome == INCONSISTENT}
