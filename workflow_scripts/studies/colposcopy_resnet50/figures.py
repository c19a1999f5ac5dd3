"""The figures of the colposcopy paper, drawn from this project's results."""

from functools import partial

from workflow_scripts.reporting.plates import diagrams, pictures, strips
from workflow_scripts.reporting.plates.plate import Plate

STUDIES = ("colposcopy_resnet50",)
RUN = "resnet50"
# The paper calls them stages of pre-cancer.
TYPES = "The types are those of the transformation zone, not stages of disease."

PLATES = (
    Plate(
        "fig01_examples",
        "Fig. 1",
        "Photographs of every type",
        f"Images as the network sees them, evenly spaced in the order of their names, not picked. {TYPES}",
        STUDIES,
        pictures.examples,
    ),
    Plate(
        "fig02_residual",
        "Fig. 2",
        "A plain and a residual block",
        "The same layers twice, with the channels of a block of the trained network: on the right their input is added "
        f"to what they make of it, so that they learn only the difference. {TYPES}",
        STUDIES,
        partial(diagrams.residual, run=RUN),
    ),
    Plate(
        "fig03_schematic",
        "Fig. 3",
        "The network and its new last layers",
        "Stages from the image to the features, then the layers that replace the classifier of ImageNet; every number "
        f"is read from the weights file. {TYPES}",
        STUDIES,
        partial(diagrams.schematic, run=RUN),
    ),
    Plate(
        "fig05_confusion",
        "Fig. 5",
        "Confusion matrices, validation and test",
        "Rows are the true types, columns the predicted ones; numbers are images, the colour is the share of the row. "
        f"The paper finds type 2 the hardest. {TYPES}",
        STUDIES,
        partial(pictures.both_confusions, run=RUN),
    ),
    Plate(
        "fig06_gradcam",
        "Fig. 6",
        "Where the network looked, an image of each type",
        "Above the photograph, below it the weight of each place for the type that the network predicted, here the "
        f"first explained test image of each type, not a chosen one. {TYPES}",
        STUDIES,
        partial(strips.gradcam_rows, run=RUN, protocol="published"),
    ),
)
