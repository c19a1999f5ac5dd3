"""The figures of the MRI paper, drawn from this project's results."""

from functools import partial

from workflow_scripts.reporting.paper_figures import (
    agreements,
    classes,
    example_pictures,
    learning,
    performance,
    roc,
    strips,
)
from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure

STUDIES = ("mri_resnet",)
RUN = "resnet"
NETWORKS = {"resnet": "ResNet", "vgg": "VGG", "cnn": "CNN"}
CONTROLS = {
    "control_border": "border of the crop",
    "control_intensity": "intensity statistics",
    "control_acquisition": "how the scanner was set",
}
READERS = {"resnet": "ResNet", "expert_1": "expert 1", "expert_2": "expert 2"}
_AREA = (
    "Sensitivity over 1 − specificity for every threshold, with the area below (AUC) and its 95 % interval: the mean "
    "of the three types, each against the others, and of the folds. The paper does not say of which type its curve is."
)

PAPER_FIGURES = (
    PaperFigure(
        "fig02_roc",
        "Fig. 2",
        "ROC curve of the ResNet",
        _AREA,
        STUDIES,
        partial(roc.curves, runs={RUN: NETWORKS[RUN]}),
    ),
    PaperFigure(
        "fig03_roc",
        "Fig. 3",
        "ROC curves of ResNet, VGG and CNN, and of what needs no lesion",
        f"{_AREA} Below them three negative controls, which see no lesion: a network that is not above them has found "
        "nothing of the disease.",
        STUDIES,
        partial(roc.curves, runs={**NETWORKS, **CONTROLS}),
    ),
    PaperFigure(
        "table01_metrics",
        "Table 1",
        "Precision, sensitivity, F1-score and accuracy of the three networks",
        "Dots: mean over the trainings with its 95 % interval, averages over the three types; open diamonds: what the "
        "paper prints, without saying how it averages.",
        STUDIES,
        partial(performance.compared_runs, runs=NETWORKS),
    ),
    PaperFigure(
        "table02_confusions",
        "Table 2",
        "Who was taken for what, validation and test",
        "Rows are the true types, columns the predicted ones; numbers are patients, the colour is the fraction of the "
        "row. ASC is the rare type that the paper is about.",
        STUDIES,
        partial(example_pictures.both_confusions, run=RUN),
    ),
    PaperFigure(
        "table02b_sensitivities",
        "Tables 2 to 4",
        "How often each type is recognised, by the network and by the experts",
        "One row a type. Dots: obtained, with 95 % interval; open diamonds: what follows from the paper's matrices. "
        "The paper says that the network outperforms expert 1; by its matrices it does so on ASC alone.",
        STUDIES,
        partial(classes.sensitivities_of_runs, runs=READERS),
    ),
    PaperFigure(
        "table03_agreement",
        "Tables 2 to 4",
        "How far the network and the two experts agree",
        "Cohen's kappa of every two, whoever of them is right, with 95 % intervals. The paper compares the three by "
        "their errors only.",
        STUDIES,
        partial(agreements.kappas, runs=READERS),
    ),
    PaperFigure(
        "fig04_loss",
        "Section 3.1",
        "Loss over the epochs, fold by fold",
        "Thin lines are the trainings of the folds, thick ones their mean; the diamond is the epoch of the smallest "
        "validation loss. The paper shows no course of its training.",
        STUDIES,
        partial(learning.losses, run=RUN),
    ),
    PaperFigure(
        "fig05_gradcam",
        "Section 4",
        "Where the network looked, a lesion of each type",
        "Above the crop as the network sees it, below it the weight of each pixel for the type that it predicted; the "
        "first explained test image of each type, not a chosen one.",
        STUDIES,
        partial(strips.gradcam_rows, run=RUN),
    ),
)
