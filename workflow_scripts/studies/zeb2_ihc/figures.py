"""The figures of the ZEB2 paper, drawn from this project's results."""

from functools import partial

from workflow_scripts.reporting.paper_figures import diagrams, learning, panels, performance, roc
from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure

STUDIES = ("zeb2_ihc",)
NETWORKS = {"efficientnet_b7": "EfficientNet-B7", "densenet169": "DenseNet169", "inception_v4": "Inception-v4"}
MODELS = {**NETWORKS, "soft_vote": "Ensemble"}
ALL_MODELS = {**MODELS, "stained_share": "share of brown nuclei, no network"}

PAPER_FIGURES = (
    PaperFigure(
        "fig01_flowchart",
        "Fig. 1",
        "Flow chart of the ensemble",
        "From left to right: images, what is done to them, three networks trained one by one, their vote. All numbers "
        "are of the settings in force; at demo scale small networks of the same families stand for the paper's.",
        STUDIES,
        partial(diagrams.ensemble, vote="soft_vote"),
    ),
    PaperFigure(
        "fig02_preprocessing",
        "Fig. 2",
        "Preprocessing, step by step",
        "The first image of every class: as in its file, resized, its mask of nuclei (white is kept), masked, with the "
        "noise that training adds. Nuclei that the mask leaves out cannot be seen by any network.",
        STUDIES,
        partial(panels.preprocessing, run="efficientnet_b7"),
    ),
    PaperFigure(
        "fig03_augmentation",
        "Fig. 3",
        "Random changes of training images",
        "A line for each change that the training makes, with its strength, and one for all of them together; four "
        "random draws each. Images should stay ones that a microscope could have taken.",
        STUDIES,
        partial(panels.augmentation, run="efficientnet_b7"),
    ),
    PaperFigure(
        "fig04_accuracy",
        "Fig. 4",
        "Accuracy of the networks in the course of their training",
        "Accuracy at each epoch, on the training images and on the validation images. Where the two part, a network "
        "overfits. The paper shows one curve a network and does not say of which images.",
        STUDIES,
        partial(learning.accuracies, runs=NETWORKS),
    ),
    PaperFigure(
        "fig05_roc",
        "Fig. 5",
        "ROC curves of all models",
        "Sensitivity over 1 − specificity for every threshold, with the area below (AUC) and its 95 % interval. "
        "Whether two areas differ is tested by DeLong's test, under Comparisons. A network that is not above the share "
        "of brown nuclei has found nothing that a threshold does not find.",
        STUDIES,
        partial(roc.curves, runs=ALL_MODELS),
    ),
    PaperFigure(
        "table01b_precision_recall",
        "Table 1, and Performance evaluation",
        "Precision and recall, which the paper defines and does not print",
        "Means over both classes with 95 % intervals, on validation and test subset.",
        STUDIES,
        partial(performance.compared_runs, runs=MODELS),
    ),
)
