"""Fig. 1: from DICOM studies to a patient's type, drawn from what was done."""

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS
from workflow_scripts.reporting.paper_figures.diagrams import Box, chart
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError, PaperFigure, chosen_protocol
from workflow_scripts.reporting.results import Results

RUN = "resnet"
STEP, LINE = 3.2, -1.8
RESAMPLED = {
    "none": ("No resampling", "every sample", "as often as it is"),
    "smote": ("SMOTE", "inside each training fold", "until classes are equal"),
    "smote_before_split": ("SMOTE", "before the folds are drawn", "test samples leak"),
}


def flowchart(results: Results) -> Drawn:
    """Studies, series, crops, folds, networks and patients, with the numbers of this study and its settings."""
    series = results.series
    taken = series[series["reason"] == TAKEN]
    ingest, slices = results.dataset.settings.ingest, results.settings.preprocess.slices
    train = results.settings.runs[RUN].train if RUN in results.settings.runs else None
    if ingest is None or ingest.series is None or slices is None or train is None:
        raise NotDrawnError(f"needs series of slices, how they are packed, and the trained run {RUN}")
    protocol = chosen_protocol(results)
    rule, size = protocol.rule, results.settings.preprocess.size
    where = "box of the lesion" if ingest.lesions else "whole slices"
    network = results.kind(RUN).networks()["model"].model
    patients = results.manifest["unit"].nunique()
    upper = [
        ("Studies", f"{series['study'].nunique()} studies", f"{len(series)} series"),
        ("Series", f"{ingest.series.weighting} {ingest.series.plane}", f"{len(taken)} taken"),
        ("Slices", where, f"{len(results.manifest)} of {patients} patients"),
        ("Grey values", f"percentiles {slices.window[0]:g} to {slices.window[1]:g}", f"{size}×{size} pixels"),
    ]
    lower = [
        ("Folds", f"{getattr(rule, 'folds', 1)} folds by {rule.by}", protocol.name),
        RESAMPLED[rule.resample],
        ("Network", network, f"{train.epochs} epochs, batch {train.batch_size}"),
        ("Patient", f"{protocol.aggregation.aggregate} of the slices", ", ".join(results.classes)),
    ]
    if slices.local_contrast != "none":
        upper[3] = (*upper[3][:2], f"{slices.local_contrast.upper()}, {size}×{size} pixels")
    boxes = {text[0]: Box(STEP * index, 0, text) for index, text in enumerate(upper)}
    for index, text in enumerate(lower):
        last = index == len(lower) - 1
        boxes[text[0]] = Box(STEP * (len(lower) - 1 - index), LINE, text, COLOURS[2] if last else COLOURS[5])
    return Drawn(chart(boxes, list(zip(boxes, list(boxes)[1:], strict=False))))


PAPER_FIGURES = (
    PaperFigure(
        "fig01_flowchart",
        "Fig. 1",
        "From DICOM studies to a patient's type",
        "Along the arrows: which series are taken, what of them, how grey values are made comparable, how patients are "
        "divided, what learns, and who is judged. All numbers are of this study's data and settings.",
        ("mri_resnet",),
        flowchart,
    ),
)
