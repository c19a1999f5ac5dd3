"""The figures of the CVM-Cervix paper, drawn from this project's results."""

from functools import partial

from workflow_scripts.reporting.paper_figures import (
    classes,
    diagrams,
    example_pictures,
    formulas,
    network_diagrams,
    performance,
)
from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure

MAIN, HERLEV, BLOOD, SIPAKMED = "cvm_cervix", "cvm_herlev", "cvm_blood", "cvm_sipakmed"
EVERY = (MAIN, HERLEV, BLOOD, SIPAKMED)
# Section 4.4 calls the first, third, fourth, seventh and eighth class abnormal. In the Bethesda system ASC-US and LSIL
# are abnormal findings too.
ABNORMAL = {
    "abnormal, as the paper has it": ("ASC-H", "SCC", "HSIL", "Dyskeratotic", "Koilocytotic"),
    "abnormal, Bethesda and SIPaKMeD": ("ASC-H", "ASC-US", "SCC", "HSIL", "LSIL", "Dyskeratotic", "Koilocytotic"),
    "all others": ("NILM", "Metaplastic", "Parabasal", "Superficial-Intermediate"),
}

_PERFORMANCE = (
    "Dots: mean over the trainings with its 95 % interval, one colour a protocol; open diamonds: what the paper "
    "prints. Validation and test should lie level: a validation subset that looks better was chosen on."
)
_EXAMPLES = "Images as the networks see them, evenly spaced in the order of their names, not picked."


def _examples(number: int, figure: str, studies: tuple[str, ...]) -> PaperFigure:
    return PaperFigure(
        f"fig{number:02d}_examples", figure, "Examples of every class", _EXAMPLES, studies, example_pictures.examples
    )


def _performance(number: int, figure: str, studies: tuple[str, ...], runs: tuple[str, ...] = ("cvm",)) -> PaperFigure:
    title = "Precision, recall, F1-score and accuracy"
    draw = partial(performance.performance, runs=runs)
    return PaperFigure(f"fig{number:02d}_performance", figure, title, _PERFORMANCE, studies, draw)


PAPER_FIGURES = (
    PaperFigure(
        "fig01_workflow",
        "Fig. 1",
        "Workflow",
        "From left to right and back: what was done to which data, with the numbers of the settings in force.",
        EVERY,
        partial(diagrams.workflow, run="cvm"),
    ),
    PaperFigure(
        "fig02_structure",
        "Fig. 2",
        "Structure of the joint network",
        "Each branch turns the image into features; they are joined and classified by two layers, trained together. "
        "All sizes are those of the network that the settings build.",
        EVERY,
        partial(network_diagrams.structure, run="cvm"),
    ),
    PaperFigure(
        "fig03_depthwise",
        "Fig. 3",
        "Depthwise separable convolution",
        "One layer of the network: a kernel for each channel, then a mixture of the channels; the last box "
        "compares the number of weights with an ordinary convolution.",
        (MAIN,),
        partial(network_diagrams.depthwise, run="cvm"),
    ),
    PaperFigure(
        "table02_metrics",
        "Table 2",
        "What the metrics mean",
        "TP, FP, TN and FN count the samples of one class against all others. The paper prints the accuracy of two "
        "classes; with more, the share of correct samples is meant. Its averages are macro averages.",
        (MAIN,),
        formulas.metrics,
    ),
    _examples(4, "Fig. 4", (MAIN,)),
    _performance(5, "Fig. 5", (MAIN,)),
    # The paper has no results on SIPaKMeD alone.
    _examples(4, "As Fig. 4", (SIPAKMED,)),
    _performance(5, "As Fig. 5", (SIPAKMED,)),
    PaperFigure(
        "fig06_confusions",
        "Fig. 6",
        "Confusion matrices, validation and test",
        "Rows are the true classes, columns the predicted ones; numbers are units, the colour is the share of the row.",
        EVERY,
        partial(example_pictures.both_confusions, run="cvm"),
    ),
    PaperFigure(
        "fig06b_abnormal",
        "Fig. 6 and section 4.4",
        "Recall of each class, and of the abnormal ones together",
        "One row a class; below the line the share of all units of a group that were given their own class. The paper "
        "counts five classes as abnormal and leaves out ASC-US and LSIL, where most errors are.",
        (MAIN, SIPAKMED),
        partial(classes.sensitivities, run="cvm", groups=ABNORMAL),
    ),
    PaperFigure(
        "fig06c_ablation",
        "Section 4.7.1",
        "Each part alone, and both joined",
        "The convolutional network alone, the visual transformer alone, both fused, and their soft vote without joint "
        "training: equal data, epochs and settings. Fusion is worth what it adds to the better part.",
        EVERY,
        partial(
            performance.compared_runs,
            runs={"xception": "CNN alone", "deit": "transformer alone", "cvm": "fused", "soft_vote": "soft vote"},
        ),
    ),
    PaperFigure(
        "fig07_augmented",
        "Fig. 7",
        "Plain and fourfold augmented training set",
        "The same network trained on each image once, and on each image with its half turn and two mirror images. "
        "Open diamonds: what the paper prints.",
        (MAIN, HERLEV),
        partial(
            performance.compared_runs,
            runs={"cvm": "plain", "cvm-fourfold": "fourfold"},
        ),
    ),
    _examples(8, "Fig. 8", (HERLEV,)),
    # The paper augments the training set of Herlev (section 4.7.3).
    _performance(9, "Fig. 9", (HERLEV,), runs=("cvm-fourfold", "cvm")),
    _examples(10, "Fig. 10", (BLOOD,)),
    _performance(11, "Fig. 11", (BLOOD,)),
)
