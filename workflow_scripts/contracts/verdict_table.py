"""verdict.csv: what a study obtained for every number that its paper prints, and what follows from it."""

from workflow_scripts.contracts.tables import Table

# What the column verdict may hold; docs/explanation/verdicts.md has the rule.
REPRODUCED = "reproduced within margin"
HOLDS = "holds"
HIGHER = "higher"
LOWER = "lower"
FAILS = "fails"
CANNOT_TELL = "cannot tell"
NOT_COMPARABLE = "not comparable"
NOT_RUN = "not run"
NOT_CHECKED = "not checked here"
SYNTHETIC = "synthetic data"
# Those that say something about the paper come first.
VERDICTS = (
    REPRODUCED, HOLDS, HIGHER, LOWER, FAILS, CANNOT_TELL, NOT_COMPARABLE, NOT_RUN, NOT_CHECKED, SYNTHETIC,
)  # fmt: skip
DECIDED = (REPRODUCED, HOLDS, HIGHER, LOWER, FAILS)
JUDGED = (*DECIDED, CANNOT_TELL)
# Those that speak against the paper.
AGAINST = (HIGHER, LOWER, FAILS)
# Column → what it holds, in this project's units: shares in [0, 1], MiB, counts. No cell is empty: a number that there
# is not is written "n/a", which pandas reads as missing.
COLUMNS = {
    "claim": ("str", "Id of a claim, statement or layer in published.yaml."),
    "paper_place": ("str", "Where the paper prints it."),
    "published": ("str", "As printed."),
    "obtained": ("float", "The number under the protocol as published, mean over folds and seeds."),
    "low": ("float", "Lower end of its 95 % interval, over samples and trainings here."),
    "high": ("float", "Upper end of the same."),
    "n": ("float", "Units behind it; of counts: samples."),
    "leak_free": ("float", "The same number under the protocol without leaks."),
    "leak_free_low": ("float", "Lower end of its 95 % interval."),
    "leak_free_high": ("float", "Upper end of the same."),
    "difference_low": ("float", "Lower end of the 95 % interval of obtained minus published: the paper's own chance "
                       "and rounding are in it. Of confusions as a share of their class."),
    "difference_high": ("float", "Upper end of the same."),
    "margin": ("float", "Margin of the metric."),
    "own_sampling": ("float", "Standard error of the obtained number over samples."),
    "own_training": ("float", "The same over trainings."),
    "paper_sampling": ("float", "Standard error of the published number over the paper's samples; 0 where the very "
                       "same images are judged."),
    "paper_training": ("float", "The same over its trainings."),
    "p": ("float", "p of no difference, two-sided; of an order, of none but the printed one, over all rivals."),
    "p_adjusted": ("float", "The same, adjusted for all numbers of the paper that are judged; of words against it."),
    "alone": ("str", "The word that the number would get for itself; n/a where nothing is judged."),
    "verdict": ("str", "The word that it gets: one against the paper only where p_adjusted is at most 0.05."),
    "why": ("str", "One or two sentences."),
}  # fmt: skip
VERDICT = Table("verdict", {name: kind for name, (kind, _) in COLUMNS.items()}, key=("claim",), absent="n/a")
