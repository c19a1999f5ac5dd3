"""Names of subsets, which one a protocol reports, and in which words; the settings read it and import no tables."""

from typing import Final, Literal

from workflow_scripts.contracts.step_settings.split_settings import Resample, Rule

SUBSETS = ("train", "validation", "test")
# What a protocol reports, in the words of titles and captions.
REPORTED_WORDS = {"test": "test", "validation": "validation images, selected on"}
SMOTE_BEFORE_SPLIT: Final = "smote_before_split"
# The mark of a protocol whose networks learned from synthetic samples that were made of test samples.
SMOTE_MARK = "SMOTE before the split"


def reported_subset(rule: Rule) -> Literal["test", "validation"]:
    """The subset whose numbers a protocol with this rule reports.

    "test", but "validation" for a hold-out without a test subset: the epoch was chosen on the very images it reports.
    """
    return "validation" if rule.kind == "holdout" and rule.fractions[2] == 0 else "test"


def marked(words: str, resample: Resample) -> str:
    """Words for what a protocol reports, with the mark of one that has SMOTE before the split."""
    return f"{words}, {SMOTE_MARK}" if resample == SMOTE_BEFORE_SPLIT else words
