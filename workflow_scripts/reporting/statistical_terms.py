"""The terms of statistics and of splits, which the reports explain."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A term and its meaning; `in_reports`: whether a study's report explains it."""

    term: str
    meaning: str
    in_reports: bool = False


# What the numbers of a report mean.
STATISTICS = (
    Term(
        "Protocol",
        "A rule of how the samples are split. The same networks are trained under each.",
        in_reports=True,
    ),
    Term(
        "Training, validation, test subset",
        "Fitted on; looked at while choosing; looked at once, at the end. The numbers on this page are of the"
        " test subset unless they say otherwise; of a protocol without one they are of the validation images "
        "that the epoch was selected on, and are no test results.",
        in_reports=True,
    ),
    Term(
        "SMOTE",
        "Synthetic training samples of rare classes, each between two samples of one class (`resample` of a protocol). "
        "Within each training subset it leaks nothing. Before the split training samples are made of test samples: "
        "numbers under such a protocol are marked, and are too good.",
        in_reports=True,
    ),
    Term(
        "Fold",
        "One of k splits in which every sample is tested once. A hold-out has one fold.",
        in_reports=True,
    ),
    Term(
        "Seed",
        "Start of the random numbers of a training. Another seed is another training, on the same split.",
        in_reports=True,
    ),
    Term(
        "Group",
        "Samples that must stay together because they come from one patient, slide or field of view. Unknown "
        "groups cannot be kept together.",
        in_reports=True,
    ),
    Term(
        "Leak",
        "A sample in the test subset that shares a group, a unit or the very picture with one used before the"
        " test. It makes results look better than they are on new patients.",
        in_reports=True,
    ),
    Term(
        "Leak premium",
        "The metric under the published split minus the metric under a split that keeps together what is "
        "known to belong together: how much of the published number the leaks are worth.",
        in_reports=True,
    ),
    Term(
        "95 % interval",
        "Made so that it holds the number of all samples of the same kind in 95 of 100 studies. It covers which "
        "samples were tested (whole groups, where known, and copies of one picture, drawn again and again) and, of "
        "several seeds, how trainings differ; of one seed it cannot (docs/reference/intervals.md).",
        in_reports=True,
    ),
    Term(
        "Accuracy",
        "Share of the samples whose class was predicted right.",
        in_reports=True,
    ),
    Term(
        "Macro average",
        "Mean over classes, each class counting the same however many samples it has; what the paper calls average.",
        in_reports=True,
    ),
    Term(
        "Sensitivity (recall)",
        "Share of a class's samples that were found.",
        in_reports=True,
    ),
    Term(
        "Precision",
        "Share of the samples predicted as a class that belong to it.",
        in_reports=True,
    ),
    Term(
        "F1-score",
        "Harmonic mean of precision and sensitivity.",
        in_reports=True,
    ),
    Term(
        "AUC",
        "Area under the ROC curve: 0.5 is chance, 1 perfect ranking.",
        in_reports=True,
    ),
    Term(
        "Folds pooled",
        "The metric of the predictions of all folds thrown together, instead of the mean of the folds' own. "
        "It also compares samples that different networks have scored, whose scales may differ.",
        in_reports=True,
    ),
    Term(
        "Calibration error (ECE)",
        "Mean distance between how sure the network is and how often it is right; 0 is perfect.",
        in_reports=True,
    ),
    Term(
        "Brier score (0 to 2)",
        "Mean squared distance between probabilities and what is true, summed over all classes: 0 is perfect, 2 the "
        "worst. Of two classes many papers count one of them alone, which is half of it.",
        in_reports=True,
    ),
    Term(
        "Undefined",
        "A share of nothing, such as the precision of a class that is never named: a dash here, never 0, and so is a "
        "mean over classes with it. Programs that write 0 instead get lower means; checks of a paper's printed numbers "
        "take it as 0, as these programs do.",
        in_reports=True,
    ),
    Term(
        "Effective groups",
        "(Σw)²/Σw² of groups of the sizes w: so many equal groups would be worth as much. Design effect: by how much "
        "the likeness within groups widens the variance of accuracy.",
        in_reports=True,
    ),
    Term(
        "Calibration slope",
        "How much the log odds of predicted risks must be stretched to fit what happened: 1 is perfect, below 1 the "
        "risks are too extreme. The intercept says by how much they are too low (above 0) or too high.",
    ),
    Term(
        "High risk",
        "Called so are units whose probability of the class `evaluate.risk.positive` reaches a threshold: the highest "
        "at which the validation units reach the required sensitivity, of each fold and seed its own.",
    ),
    Term(
        "Net benefit",
        "True positives minus false positives times the odds of the threshold, a unit; a decision curve shows it over "
        "thresholds, beside calling everyone and nobody high-risk.",
    ),
    Term(
        "Quarantine",
        "Files that could not be used, each with its reason. They are counted, never dropped silently.",
        in_reports=True,
    ),
)
