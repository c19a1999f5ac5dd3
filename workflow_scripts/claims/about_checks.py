"""What is known of each check: what it rests on, which readings it tries, how much it says, how errors come about."""

from workflow_scripts.claims import (
    auc_bounds,
    class_values,
    costs,
    described,
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
from workflow_scripts.claims.outcome import EXACT, STRONG, WEAK
from workflow_scripts.claims.tables import class_means, class_rows, f_score_bounds, printed_intervals

_ABOUT = ("metric", "subset", "run", "class_name")
# Name of a check → what must be said by the paper for it to call a contradiction: fields of claims and settings,
# and names of contracts.paper_premises.UNSAID. Checks that never do so, and those of layers, have none.
PREMISES: dict[str, tuple[str, ...]] = {
    granularity.NAME: (*_ABOUT, "n", "one_training", "split_unit"),
    f1_scores.NAME: (*_ABOUT, "one_training", "average"),
    two_classes.NAME: (*_ABOUT, "n", "one_training", "split_unit"),
    auc_bounds.NAME: (*_ABOUT, "one_training"),
    interval_ends.NAME: (*_ABOUT, "one_training"),
    implied_sizes.NAME: (*_ABOUT, "n", "one_training", "split_unit"),
    one_matrix.NAME: (*_ABOUT, "one_training", "split_unit"),
    class_values.MEANS: (*_ABOUT, "one_training"),
    class_values.ACCURACY: (*_ABOUT, "one_training", "split_unit"),
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
        "means of two to ten trainings, where the paper does not say that it is one",
        "the mean over batches of the stated size",
        "the balanced accuracy, and of more than two classes the mean of (TP + TN) / n",
        "of a class that is not named, each class and their mean",
    ),
    f1_scores.NAME: (*f_score_bounds.EVERY_AVERAGE, *f_score_bounds.OF_CLASS_VALUES),
    two_classes.NAME: (
        "every table of right and wrong answers",
        _WRITING,
        *_AVERAGES,
        "each number in an average of its own",
        "F1 of the printed precision and sensitivity",
        "the balanced accuracy",
        "means and medians of several trainings or folds, where the paper does not say that it is one training",
    ),
    auc_bounds.NAME: ("every curve through the point", "means over classes and trainings", _WRITING),
    interval_ends.NAME: printed_intervals.TRIED,
    implied_sizes.NAME: ("any two classes", "means over the classes where no class is named", _WRITING),
    one_matrix.NAME: (
        "every matrix of these class sizes",
        *_AVERAGES,
        "each number in an average of its own",
        "the accuracy balanced, or the mean of (TP + TN) / n",
        _WRITING,
    ),
    class_values.MEANS: class_means.TRIED,
    class_values.ACCURACY: class_rows.TRIED,
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
    shares.PUBLIC: ("without the copies that the paper counts",),
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
# Name of a check → how much it says that a number is consistent by it, where the outcome does not say so itself.
STRENGTHS: dict[str, str] = {
    granularity.NAME: STRONG,
    writing.NAME: WEAK,
    two_classes.NAME: STRONG,
    auc_bounds.NAME: WEAK,
    implied_sizes.NAME: WEAK,
    one_matrix.NAME: WEAK,
    matrices.METRICS: EXACT,
    matrices.SUMS: EXACT,
    matrices.PARTIAL: WEAK,
    totals.SUMS: EXACT,
    totals.COPIES: EXACT,
    totals.CLASSES: EXACT,
    totals.PATIENTS: WEAK,
    totals.RATIO: EXACT,
    shares.SPLIT: STRONG,
    shares.PUBLIC: WEAK,
    # That a number stands there a second time says nothing of it.
    repeats.NAME: WEAK,
    rankings.DIFFERENCES: STRONG,
    rankings.RANKS: STRONG,
    rankings.WORDS: STRONG,
    leads.NAME: STRONG,
    described.LAYERS: EXACT,
    described.SETTINGS: WEAK,
    references.NAME: EXACT,
    costs.NAME: STRONG,
}
MISPRINT = "A misprint, a number of other samples or one left from a draft would look the same."
UNSTATED = "Papers seldom state it; so read, the numbers are right."
_SENTENCE = "The sentence may be left from a draft, or about other numbers than it seems to be."
# Name of a check → how a contradiction of its kind may come about without a fault of the work; else MISPRINT.
INNOCENT: dict[str, str] = {
    granularity.NAME: "Some samples may have been left out of the count, or it may be a misprint.",
    rankings.DIFFERENCES: _SENTENCE,
    rankings.RANKS: "A word such as “second” may be lacking, or the sentence may be left from a draft.",
    rankings.WORDS: _SENTENCE,
    rankings.CONFLICTS: "One word of the sentence may be a slip of the pen.",
}
