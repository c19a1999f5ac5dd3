"""The paper's two systems and their joining, as this project runs them."""

from collections.abc import Callable, Mapping

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS
from workflow_scripts.reporting.paper_figures.diagrams import Box, chart
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, PaperFigure
from workflow_scripts.reporting.results import Results

IMAGES, VISITS, HYBRID = "histology_vgg", "clinical_lstm", "vgg_lstm_hybrid"
# The run of the study on visits that the paper's network is.
NETWORK = "lstm"
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


def systems(results: Results) -> Drawn:
    """Slides to tissue above, visits to risk below, both joined between them; this study's steps in blue."""
    own = OWN_STEPS[results.settings.study](results)
    boxes = {
        step: Box(STEP * column, LINE * line, own.get(step, PRINTED[step]), OWN if step in own else OTHER)
        for step, (column, line) in PLACES.items()
    }
    return Drawn(chart(boxes, list(ARROWS)))


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


def _of_visits(results: Results) -> Mapping[str, tuple[str, ...]]:
    """The steps of a study on visits, with its numbers."""
    manifest, settings, ingest = results.manifest, results.settings, results.dataset.settings.ingest
    if ingest is None or ingest.visits is None or settings.preprocess.visits is None:
        raise NotDrawnError("needs a table of visits")
    horizon = f", within {ingest.visits.horizon:g} years" if ingest.visits.horizon else ""
    imputed = settings.preprocess.visits.imputation.replace("_", " ")
    steps = {
        "visits": ("Visits", f"{manifest['visits'].sum()} visits", f"{len(manifest)} patients"),
        "prepared": ("Prepared", f"{imputed}, scaled", "inside the training fold"),
        "risk": ("Risk", " or ".join(results.classes), f"from the landmark{horizon}"),
    }
    layers = results.kind(NETWORK).layers_over_steps(len(results.classes)) if NETWORK in settings.runs else ()
    if layers:
        steps["lstm"] = ("LSTM", layers[0][1], layers[-2][-1])
    strategies = [run for name in settings.runs if (run := results.kind(name).asks(name)) is not None]
    if strategies:
        steps["active"] = ("Active learning", f"{len(strategies)} strategies", "labels asked for in rounds")
    return steps


def _joined(results: Results) -> Mapping[str, tuple[str, ...]]:
    """The steps of the study that joins both, with its numbers."""
    linked = next(filter(None, (results.kind(run).linked_embedding() for run in results.settings.runs)), None)
    if linked is None:
        raise NotDrawnError("needs a run that looks at what another study has stored")
    return {
        **_of_visits(results),
        "lstm": ("LSTM", "over all visits", "of the same patients"),
        "vgg": ("VGG-16", f"stored features {linked.embedding}", f"of {linked.study}"),
        "hybrid": ("Hybrid", f"{len(results.manifest)} patients with both", "trained together"),
    }


OWN_STEPS: dict[str, Callable[[Results], Mapping[str, tuple[str, ...]]]] = {
    IMAGES: _of_images,
    VISITS: _of_visits,
    HYBRID: _joined,
}

PAPER_FIGURES = (
    PaperFigure(
        "fig00_systems",
        "Methodology",
        "The two systems and their joining",
        "Above, from slides to a class of tissue; below, from visits to a risk; between them both, trained together. "
        "Blue: what this study runs, with its numbers; grey: the rest, in the paper's words. The paper draws none.",
        tuple(OWN_STEPS),
        systems,
    ),
)
