"""Figures of the paper's second half, on visits, and of the hybrid. The paper itself prints none."""

from functools import partial

from workflow_scripts.reporting.paper_figures import learning, roc
from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure
from workflow_scripts.reporting.paper_figures.recurrent_diagram import recurrent

VISITS, HYBRID = "clinical_lstm", "vgg_lstm_hybrid"
NETWORK, BY_PATIENT = "lstm", "by_patient"
RIVALS = {
    "lstm": "LSTM",
    "gru": "GRU",
    "last_visit": "last visit",
    "summaries": "summaries of all visits",
    "persistence": "persistence of the HPV type",
}
BRANCHES = {
    "joint": "slides and visits",
    "visits_alone": "visits alone",
    "images_alone": "slides alone",
    "stacked": "late fusion",
}

PAPER_FIGURES = (
    PaperFigure(
        "fig01_lstm",
        "Training Procedure, D",
        "The layers of the LSTM",
        "From a patient's visits to her risk, as the settings build it: what it gets of each visit, what it remembers, "
        "dropout and the dense output. The paper names these parts and no width.",
        (VISITS,),
        partial(recurrent, run=NETWORK),
    ),
    PaperFigure(
        "fig02_roc",
        "Training Procedure, 4)",
        "ROC curves of the LSTM and of models without sequences",
        "Sensitivity for high risk over 1 − specificity for every threshold, with the area below and its 95 % "
        "interval. The paper names the curve and prints none.",
        (VISITS,),
        partial(roc.curves, runs=RIVALS, protocol=BY_PATIENT),
    ),
    PaperFigure(
        "fig02_roc",
        "Training Procedure, 4)",
        "ROC curves of both branches, joined, and of each alone",
        "The same patients under each; late fusion is a logistic regression on the scores of both.",
        (HYBRID,),
        partial(roc.curves, runs=BRANCHES, protocol=BY_PATIENT),
    ),
    PaperFigure(
        "fig03_loss",
        "Training Procedure, 3)",
        "Loss over the epochs",
        "Training and validation loss; the diamond is the epoch whose weights are kept.",
        (VISITS,),
        partial(learning.losses, run=NETWORK),
    ),
)
