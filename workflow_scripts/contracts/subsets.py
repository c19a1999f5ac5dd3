"""Names of subsets, and which one a protocol reports; the settings read it and import no tables."""

from typing import Literal

from workflow_scripts.contracts.step_settings.split_settings import Rule

SUBSETS = ("train", "validation", "test")
# What a protocol reports, in the words of titles and captions.
REPORTED_WORDS = {"test": "test", "validation": "validation images, selected on"}


def reported_subset(rule: Rule) -> Literal["test", "validation"]:
    """The subset whose numbers a protocol with this rule reports.

    "test", but "validation" for a hold-out without a test subset: the epoch was chosen on the very images it reports.
    """
    return "validation" if rule.kind == "holdout" and rule.fractions[2] == 0 else "test"
