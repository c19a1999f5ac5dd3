"""What the figures show and how to read them, the terms of a report, and its standing sentences."""

DISCLAIMER = "This is research software. It is not a medical device and must not be used for diagnosis or treatment."

# Kind of figure → title, how to read it.
FIGURES = {
    "confusion": (
        "Confusion matrix",
        "Rows are the true classes, columns the predicted ones; the colour is the share of the true class. What is off "
        "the diagonal is wrong: read along a row to see what a class is taken for.",
    ),
    "roc": (
        "ROC curves",
        "One curve a class, against all others: sensitivity over 1 − specificity for every threshold. The diagonal is "
        "chance, the upper left corner perfect.",
    ),
    "reliability": (
        "Reliability",
        "How often the network is right (up) when it is that sure (right). On the diagonal its probabilities can be "
        "believed; below it, it is too sure of itself.",
    ),
    "curves": (
        "Training curves",
        "Loss and accuracy on training and validation subset, epoch by epoch. A widening gap means that the network "
        "learns its training pictures by heart.",
    ),
}
# Kind of picture of an explained run → title, how to read it; {subject} is how the study's subject is called.
EXPLAINED = {
    "gradcam": (
        "Grad-CAM",
        "Bright areas raised the score of the class that the network chose. Look whether they lie on {subject}; a "
        "map shows where, not why, and a convincing map is no proof.",
    ),
    "errors": (
        "Most confident errors",
        "Wrong and sure of it: true and predicted class with their probabilities, where each branch looked, and how "
        "strongly its last map responds at all. Look for blurred borders and classes that are neighbours in medicine.",
    ),
    "embedding": (
        "Samples as the network sees them",
        "t-SNE of the features before the classifier to three dimensions, from three sides; rings are errors. Near "
        "samples look alike to the network, distances between far groups mean nothing. embedding.html can be turned.",
    ),
}

GLOSSARY = (
    ("Protocol", "A rule of how the samples are split. The same networks are trained under each."),
    (
        "Training, validation, test subset",
        "Fitted on; looked at while choosing; looked at once, at the end. The numbers on this page are of the test "
        "subset unless they say otherwise; of a protocol without one they are of the validation images that the epoch "
        "was selected on, and are no test results.",
    ),
    ("Fold", "One of k splits in which every sample is tested once. A hold-out has one fold."),
    ("Seed", "Start of the random numbers of a training. Another seed is another training, on the same split."),
    (
        "Group",
        "Samples that must stay together because they come from one patient, slide or field of view. Unknown groups "
        "cannot be kept together.",
    ),
    (
        "Leak",
        "A sample in the test subset that shares a group, a unit or the very picture with one used before the test. It "
        "makes results look better than they are on new patients.",
    ),
    (
        "Leak premium",
        "The metric under the published split minus the metric under a split that keeps together what is known to "
        "belong together: how much of the published number the leaks are worth.",
    ),
    (
        "95 % interval",
        "The range in which the number would lie in 95 of 100 repetitions with other samples of the same kind. It is "
        "estimated by drawing the test samples (whole groups, where known) again and again, with replacement.",
    ),
    ("Accuracy", "Share of the samples whose class was predicted right."),
    (
        "Macro average",
        "Mean over classes, each class counting the same however many samples it has; what the paper calls average.",
    ),
    ("Sensitivity (recall)", "Share of a class's samples that were found."),
    ("Precision", "Share of the samples predicted as a class that belong to it."),
    ("F1-score", "Harmonic mean of precision and sensitivity."),
    ("AUC", "Area under the ROC curve: 0.5 is chance, 1 perfect ranking."),
    (
        "Folds pooled",
        "The metric of the predictions of all folds thrown together, instead of the mean of the folds' own. It also "
        "compares samples that different networks have scored, whose scales may differ.",
    ),
    (
        "Calibration error (ECE)",
        "Mean distance between how sure the network is and how often it is right; 0 is perfect.",
    ),
    ("Quarantine", "Files that could not be used, each with its reason. They are counted, never dropped silently."),
)
