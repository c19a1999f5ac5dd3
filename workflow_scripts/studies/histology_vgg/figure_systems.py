"""The paper's two systems and their joining, as this project runs them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from workflow_scripts.drawing.style import COLOURS
from workflow_scripts.reporting.paper_figures.diagrams import Box, chart
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, PaperFigure
from workflow_scripts.reporting.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES, VISITS, HYBRID = "histology_vgg", "clinical_lstm", "vgg_lstm_hybrid"
STEP, LINE = 3.2, -1.8
OWN, OTHER = COLOURS[0], "0.6"
# What the paper calls each step, in its own words where this study has no numbers of it.
PRINTED = {
    "slides": ("Slides", "histopathological", "whole-slide images"),
    "tiles": ("Tiles", "segmented into patches,", "normalised"),
    "vgg": ("VGG-16", "from ImageNet,", "fine-tuned"),
    "tissue": ("Tissue", "SCC or AC", "class label"),
    "visits": ("Visits", "HPV tests, biomarkers,", "medical history"),
    "prepared": ("Prepared", "imputed, scaled", "inside the training fold"),
    "lstm": ("LSTM", "memory cells, dropout,", "dense output"),
    "risk": ("Risk", "high or low", "by a threshold"),
    "active": ("Active learning", "uncertain patients", "are labelled, used again"),
    "hybrid": ("Hybrid", "image features and visits,", "trained together"),
}
PLACES = {
    "slides": (0, 0),
    "tiles": (1, 0),
    "vgg": (2, 0),
    "tissue": (3, 0),
    "visits": (0, 2),
    "prepared": (1, 2),
    "lstm": (2, 2),
    "risk": (3, 2),
    "active": (2, 3),
    "hybrid": (3, 1),
}
ARROWS = (
    ("slides", "tiles"),
    ("tiles", "vgg"),
    ("vgg", "tissue"),
    ("visits", "prepared"),
    ("prepared", "lstm"),
    ("lstm", "risk"),
    ("active", "lstm"),
    ("vgg", "hybrid"),
    ("lstm", "hybrid"),
)


def systems(results: Results) -> "Figure":
    """Slides to tissue above, visits to risk below, both joined between them; this study's steps in blue."""
    own = OWN_STEPS[results.settings.study](results)
    boxes = {
        step: Box(STEP * column, LINE * line, own.get(step, PRINTED[step]), OWN if step in own else OTHER)
        for step, (column, line) in PLACES.items()
    }
    return chart(boxes, list(ARROWS))


def _of_images(results: Results) -> Mapping[str, tuple[str, ...]]:
    """The steps of the study on slides, with its numbers."""
    tiles, slides = len(results.manifest), results.manifest["unit"].nunique()
    ingest = results.dataset.settings.ingest
    if ingest is None or ingest.tiles is None:
        raise NotDrawnError("needs tiles of slides")
    size, run = results.settings.preprocess.size, "vgg16"
    if run not in results.settings.runs:
        raise NotDrawnError(f"needs the run {run}")
    train = results.settings.runs[run].train
    frozen = train.frozen_stages if train else 0
    return {
        "slides": ("Slides", f"{slides} slides", f"{results.manifest['group'].nunique()} patients"),
        "tiles": ("Tiles", f"{tiles} tiles of {size}×{size}", f"{ingest.tiles.microns:.3g} µm a pixel"),
        "vgg": ("VGG-16", str(results.kind(run).network_name), f"{frozen} stages frozen"),
        "tissue": ("Tissue", " or ".join(results.classes), "class label"),
    }
