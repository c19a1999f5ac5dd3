"""What the figures show and how to read them, the terms of a report, and its standing sentences."""

DISCLAIMER = "This is research software. It is not a medical device and must not be used for diagnosis or treatment."


def once(words: str, shown: set[str]) -> str:
    """The words where they are not among those that are shown, which they then are; else nothing."""
    repeated = words in shown
    shown.add(words)
    return "" if repeated else words


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
        "How often the network is right (up) when it is that sure (right), a dot a tenth of the scale, with its 95 % "
        "interval; hollow: too few units for one. On the diagonal its probabilities can be believed; below it, it is "
        "too sure of itself. Bars: units in each tenth.",
    ),
    "curves": (
        "Training curves",
        "Loss and accuracy on training and validation subset, epoch by epoch. A widening gap means that the network "
        "overfits.",
    ),
    "risk": (
        "High and low risk",
        "Top left: how many of those called high-risk are positive (up) when so many of all positives are called "
        "so (right); the dot is the threshold. Top right: on the diagonal as much happened as was predicted; a "
        "slope below 1 means risks that are too extreme, an intercept above 0 risks that are too low. Bottom left: "
        "net benefit, true positives minus false ones weighed by the odds of the threshold; a run is of use where "
        "it lies above both other lines, if its probabilities are calibrated. Bottom right: who was called what at "
        "the threshold.",
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
    "risk_over_time": (
        "Risk of single patients over time",
        "A row a patient: some whom the run calls high or low risk rightly, then some whom it misses or alarms in "
        "vain. Left: what would have been predicted after each visit; dashed: the threshold. Middle and right: how "
        "the prediction at the landmark changes by what a visit, or a column at all visits, told; what is left out "
        "is filled as gaps are in training. Columns that go together stand in for each other, and what drives a "
        "prediction is no cause of the disease.",
    ),
    "embedding": (
        "Samples as the network sees them",
        "t-SNE of the features before the classifier to three dimensions, from three sides; rings are errors. Near "
        "samples look alike to the network, distances between far groups mean nothing.",
    ),
}
