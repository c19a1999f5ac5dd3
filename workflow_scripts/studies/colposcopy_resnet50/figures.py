"""The figures of the colposcopy paper, drawn from this project's results."""

from functools import partial

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.reporting.paper_figures import example_pictures, learning, network_diagrams, strips
from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure
from workflow_scripts.reporting.results import Results

STUDIES = ("colposcopy_resnet50",)
RUN = "resnet50"
# The paper calls them stages of pre-cancer.
TYPES = "The types are those of the transformation zone, not stages of disease."


def losses(results: Results) -> Drawn:
    """Loss per epoch, with the epoch of the smallest error that the paper names."""
    named = next(entry.value for entry in results.paper.settings if entry.id == "smallest_error")
    return learning.losses(results, RUN, named_epoch=named)


PAPER_FIGURES = (
    PaperFigure(
        "fig01_examples",
        "Fig. 1",
        "Photographs of every type",
        f"Images as the network sees them, evenly spaced in the order of their names, not picked. {TYPES}",
        STUDIES,
        example_pictures.examples,
    ),
    PaperFigure(
        "fig02_residual",
        "Fig. 2",
        "A plain and a residual block",
        "The same layers twice, with the channels of a block of the network: on the right their input is added "
        f"to what they make of it, so that they learn only the difference. {TYPES}",
        STUDIES,
        partial(network_diagrams.residual, run=RUN),
    ),
    PaperFigure(
        "fig03_schematic",
        "Fig. 3",
        "The network and its new last layers",
        "Stages from the image to the features, then the layers that replace the classifier of ImageNet; every number "
        f"is that of the network that the settings build. {TYPES}",
        STUDIES,
        partial(network_diagrams.schematic, run=RUN),
    ),
    PaperFigure(
        "fig04_loss",
        "Fig. 4",
        "Loss over the epochs",
        "Training and validation loss; the diamond is the epoch whose weights are kept, the vertical line the epoch in "
        f"which the paper saw its smallest training error. {TYPES}",
        STUDIES,
        losses,
    ),
    PaperFigure(
        "fig05_confusion",
        "Fig. 5",
        "Confusion matrices, validation and test",
        "Rows are the true types, columns the predicted ones; numbers are images, the colour is the share of the row. "
        f"The paper finds type 2 the hardest. {TYPES}",
        STUDIES,
        partial(example_pictures.both_confusions, run=RUN),
    ),
    PaperFigure(
        "fig06_gradcam",
        "Fig. 6",
        "Where the network looked, an image of each type",
        "Above the photograph, below it the weight of each place for the type that the network predicted, here the "
        f"first explained test image of each type, not a chosen one. {TYPES}",
        STUDIES,
        partial(strips.gradcam_rows, run=RUN),
    ),
)
