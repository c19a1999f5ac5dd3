"""The figures of the histology paper, drawn from this project's results. The paper itself prints none."""

from functools import partial

from workflow_scripts.contracts.aggregation import EACH_SAMPLE, Aggregation
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.reporting.paper_figures import (
    example_pictures,
    heat_maps,
    layer_tables,
    learning,
    performance,
    roc,
    strips,
    unit_scores,
)
from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure
from workflow_scripts.reporting.results import Results

STUDIES = ("histology_vgg",)
RUN, SLIDES = "vgg16", "slides"
NETWORKS = {"vgg16": "VGG-16, last block trained", "vgg16-features": "stored features, logistic regression"}
RIVALS = {**NETWORKS, "vgg16_selected": "best on validation data", "attention": "attention pooling"}
CONTROLS = {
    "control_colour": "colour statistics",
    "control_stain": "stain vectors",
    "control_position": "place in the slide",
}
TOP = 3
LEVELS = {"tiles": EACH_SAMPLE, "slides, mean of their tiles": Aggregation("mean")}
WAYS = {
    "mean": Aggregation("mean"),
    "highest": Aggregation("max"),
    f"mean of the {TOP} highest": Aggregation("top_k", TOP),
}
_SLIDES = "Whole slides are judged, by the mean of their tiles; slides of one patient are in one fold."


def slide_rocs(results: Results) -> Drawn:
    """ROC curves of slides."""
    return roc.curves(results, {**RIVALS, **CONTROLS}, SLIDES)


PAPER_FIGURES = (
    PaperFigure(
        "fig01_examples",
        "Data Preprocessing",
        "Tiles of both classes",
        "Tiles as the network sees them, evenly spaced in the order of their names, not picked.",
        STUDIES,
        example_pictures.examples,
    ),
    PaperFigure(
        "table01_network",
        "Table 1",
        "The layers of the network, printed and built",
        "Left: Table 1. Right: the network that the settings build, from a tile to its two classes; orange where both "
        "differ. Table 1 prints 28 × 28 behind the fourth pooling, which halves like the others, and no output.",
        STUDIES,
        partial(layer_tables.layers, run=RUN),
    ),
    PaperFigure(
        "table03_metrics",
        "Table 3",
        "Precision, recall, F1-score and accuracy",
        "Mean over the trainings with its 95 % interval, under each reading of the positive class, which the paper "
        "does not name, and as the average over both; open diamonds: what it prints.",
        STUDIES,
        partial(performance.positive_classes, run=RUN),
    ),
    PaperFigure(
        "fig02_roc_tiles",
        "Training Procedure, 4)",
        "ROC curves of tiles, split as published",
        "Sensitivity for AC over 1 − specificity for every threshold, with the area below. Tiles of one slide lie on "
        "both sides of this split. The paper names the curve and prints none.",
        STUDIES,
        partial(roc.curves, runs={**NETWORKS, **CONTROLS}),
    ),
    PaperFigure(
        "fig03_roc_slides",
        "Training Procedure, 4)",
        "ROC curves of slides, without leaks",
        f"{_SLIDES} Controls see no shape: where one does as well, colours, stain or place alone tell the classes.",
        STUDIES,
        slide_rocs,
    ),
    PaperFigure(
        "fig04_confusion_tiles",
        "Training Procedure, 4)",
        "Confusion matrices of tiles, split as published",
        "Rows are the true classes, columns the predicted ones; numbers are tiles, the colour is the share of the row.",
        STUDIES,
        partial(example_pictures.both_confusions, run=RUN),
    ),
    PaperFigure(
        "fig05_confusion_slides",
        "Training Procedure, 4)",
        "Confusion matrices of slides, without leaks",
        f"The same of slides. {_SLIDES}",
        STUDIES,
        partial(example_pictures.both_confusions, run=RUN, protocol=SLIDES),
    ),
    PaperFigure(
        "fig06_premiums",
        "Table 3",
        "What a split by tile is worth, at the level of tiles and of slides",
        "Published protocol minus the one without leaks, both judged in the same way: to the right of 0 a number is "
        "higher for tiles of one slide on both sides of the split.",
        STUDIES,
        partial(unit_scores.premiums_of_levels, runs={**RIVALS, **CONTROLS}, levels=LEVELS, protocol=SLIDES),
    ),
    PaperFigure(
        "fig07_ways_to_judge",
        "Training Procedure, 4)",
        "Three ways to make a slide's score of its tiles' scores",
        "Mean of all tiles, the highest tile of each class, and the mean of the three highest. Attention pooling gives "
        f"every tile of a slide one score, so that the three agree. {_SLIDES}",
        STUDIES,
        partial(unit_scores.ways_to_judge, runs=RIVALS, ways=WAYS, protocol=SLIDES),
    ),
    PaperFigure(
        "fig08_loss",
        "Training Procedure, 3)",
        "Loss over the epochs",
        "Training and validation loss; the diamond is the epoch whose weights are kept.",
        STUDIES,
        partial(learning.losses, run=RUN),
    ),
    PaperFigure(
        "fig09_gradcam",
        "Future work",
        "Where the network looked, a tile of each class",
        "Above the tile, below it the weight of each place for the class that the network predicted; the first "
        "explained test tile of each class, not a chosen one.",
        STUDIES,
        partial(strips.gradcam_rows, run=RUN),
    ),
    PaperFigure(
        "fig10_heat_maps",
        "Future work",
        "Slides with what the network makes of each tile",
        "On the left the slide, on the right the probability of AC of each tile that was judged; test slides in the "
        f"order of their names, not picked. {_SLIDES}",
        STUDIES,
        partial(heat_maps.heat_maps, run=RUN, protocol=SLIDES),
    ),
)
