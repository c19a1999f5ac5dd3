"""All checks of a paper's numbers, and one list of what they say."""

from dataclasses import replace

from workflow_scripts.claims import (
    auc_bounds,
    class_values,
    costs,
    described,
    digits,
    f1_scores,
    granularity,
    implied_sizes,
    interval_ends,
    leads,
    matrices,
    one_matrix,
    rankings,
    references,
    repeats,
    shares,
    totals,
    two_classes,
    writing,
)
from workflow_scripts.claims.about_checks import INNOCENT, MISPRINT, PREMISES, STRENGTHS, TRIED, UNSTATED
from workflow_scripts.claims.outcome import (
    CONSISTENT,
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
    f1_scores.NAME: f1_scores.check,
    two_classes.NAME: two_classes.check,
    implied_sizes.NAME: implied_sizes.check,
    auc_bounds.NAME: auc_bounds.check,
    interval_ends.NAME: interval_ends.check,
    one_matrix.NAME: one_matrix.check,
    class_values.MEANS: class_values.check_means,
    class_values.ACCURACY: class_values.check_accuracy,
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
    leads.NAME: leads.check,
    described.LAYERS: described.check_layers,
    described.SETTINGS: described.check_settings,
    references.NAME: references.check,
    costs.NAME: costs.check,
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
        _completed(weighed(outcome, by_id, PREMISES.get(name, ())))
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


def _completed(outcome: Outcome) -> Outcome:
    """The outcome with what is known of its check, where it says nothing of it itself.

    Of an issue that is no note the readings tried and how it may have come about, of what is consistent how much
    that says.
    """
    if outcome.outcome == CONSISTENT:
        return replace(outcome, strength=outcome.strength or STRENGTHS.get(outcome.check, ""))
    if outcome.outcome not in (CONTRADICTION, FITS_ONLY_IF):
        return outcome
    tried = outcome.tried or TRIED.get(outcome.check, ())
    usual = UNSTATED if outcome.outcome == FITS_ONLY_IF else INNOCENT.get(outcome.check, MISPRINT)
    return replace(outcome, tried=tried, innocent=outcome.innocent or usual)


def overall(outcomes: list[Outcome]) -> dict[str, str]:
    """Claim → its outcome over all checks: the one that comes first in ORDER."""
    outcomes_by_claim: dict[str, str] = {}
    for outcome in outcomes:
        if ORDER.index(outcome.outcome) < ORDER.index(outcomes_by_claim.get(outcome.claim, ORDER[-1])):
            outcomes_by_claim[outcome.claim] = outcome.outcome
        outcomes_by_claim.setdefault(outcome.claim, outcome.outcome)
    return outcomes_by_claim
