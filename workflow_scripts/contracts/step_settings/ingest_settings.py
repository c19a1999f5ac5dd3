"""What the step `ingest` receives, and the block `ingest` of a study's settings."""

from dataclasses import dataclass
from typing import Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, Positive, Share, Size, UserPath, about, distinct, limit, optional
from workflow_scripts.contracts.step_settings.visit_settings import VisitTable


@dataclass(frozen=True)
class SeriesRule:
    """Which series of a study's images is taken: of those that fit, the one with most slices."""

    plane: Annotated[
        Literal["any", "sagittal", "coronal", "transverse"],
        about("Plane of all images of the series, from their orientation: the nearest one, within 37 degrees."),
    ] = "any"
    weighting: Annotated[
        Literal["any", "T2"],
        about("T2: a spin echo, neither gradient nor echo-planar, of `min_echo_time_ms` at least; no name counts."),
    ] = "any"
    min_echo_time_ms: Annotated[float, about("Shortest echo time of a T2-weighted series.", ge=0)] = 60.0
    min_slices: Annotated[Positive, about("Series of fewer slices are taken for localizers.")] = 8


@dataclass(frozen=True)
class TileRule:
    """Which squares of a slide are samples: those of a grid that are tissue."""

    microns: Annotated[
        float,
        about(
            "µm of tissue that a pixel of a tile stands for; 0.5 is what many scanners call 20×. Slides that were "
            "scanned more coarsely are refused.",
            gt=0,
            le=50,
        ),
    ] = 0.5
    pixels: Annotated[Size, about("Side of a tile in pixels of that size; write `preprocess.size` alike.")] = 224
    overlap: Annotated[
        float, about("Part of its side that a tile shares with its neighbour to the left or above.", ge=0, le=0.9)
    ] = 0.0
    min_tissue: Annotated[Share, about("Least part of a tile that is tissue.")] = 0.5
    max_tiles: Annotated[
        Positive | None,
        about("Of a slide with more tiles, that many are taken, chosen by a hash of their places. null: all."),
    ] = None


@dataclass(frozen=True)
class Ingest:
    """What is taken from the raw files, and what is refused."""

    classes: Annotated[
        Annotated[tuple[Filled, ...], limit(check=distinct)] | None,
        about(
            "Class order in every table and figure. null: the labels that are found, sorted; adapter `folder` "
            "then stops where the folders look like parts of a split, patients or masks, and not like classes."
        ),
    ] = None
    labels: Annotated[
        dict[str, Filled | None] | None,
        about(
            "Published label → class of this study; several labels may share a class; null leaves a label out. "
            "null for the whole key: every label is a class."
        ),
    ] = None
    groups: Annotated[
        UserPath | None,
        about(
            "Adapter `folder` only: CSV file, inside the source, with the columns path and group (and, if wanted,"
            " unit). Without it no groups are known. Of its further columns only those that `evaluate.subgroups` "
            "names reach the results."
        ),
    ] = None
    masks: Annotated[
        Literal["ask", "leave_out", "images"],
        about(
            "Adapter `folder` only: what files are that look like masks next to images (`x_mask.png`, `x-d.bmp`, "
            "`x_seg.png`, …). ask: the run stops and says what it saw; leave_out: they are no samples; images: "
            "they are samples like the others."
        ),
    ] = "ask"
    crop: Annotated[
        Size,
        about(
            "Adapter `cric` only: side in pixels of the window around an annotated nucleus (90 in Diniz et al., "
            "J. Imaging 7:111, 2021, which CVM-Cervix cites as its source)."
        ),
    ] = 90
    patients: Annotated[
        UserPath | None,
        about(
            "Adapter `dicom` only: CSV file, inside the source, with the columns patient (as the headers call it) and "
            "label. Of its further columns only those that `evaluate.subgroups` names reach the results."
        ),
    ] = optional()
    lesions: Annotated[
        UserPath | None,
        about(
            "Adapter `dicom` only: CSV file, inside the source, with the columns patient, instance (the instance "
            "number or SOP Instance UID of a slice), left, top, right, bottom (pixels; right and bottom are the first "
            "beyond) and, for files of several frames, frame (from 1). Slices with a lesion are the samples. null: all "
            "slices of the series, whole."
        ),
    ] = optional()
    series: Annotated[
        SeriesRule | None, about("Adapter `dicom` only: which series are taken. null: as its defaults say.")
    ] = optional()
    slides: Annotated[
        UserPath | None,
        about(
            "Adapter `slides` only: CSV file, inside the source, with the columns slide (path of its file, relative to "
            "the source, or its name where no other file has it), label and, if wanted, patient and microns (µm per "
            "pixel, for slides whose files do not say it). Of its further columns only those that "
            "`evaluate.subgroups` names reach the results."
        ),
    ] = optional()
    tiles: Annotated[
        TileRule | None,
        about("Adapter `slides` only: which squares of a slide are samples. null: as its defaults say."),
    ] = optional()
    visits: Annotated[
        VisitTable | None,
        about("Adapter `visits` only: the table of visits, the landmark, and the outcome that is predicted."),
    ] = optional()
    ids: Annotated[
        UserPath | None,
        about(
            "CSV file, inside the (first) source, whose column id names the samples that are used, as in "
            "manifest.csv; one that is named twice is a sample twice, its copies share its group. null: all "
            "samples."
        ),
    ] = None
    counts: Annotated[
        dict[str, Annotated[int, limit(ge=1)]] | None,
        about(
            "Class → number of samples that a paper had. Of more, that many are taken, chosen by a hash of the "
            "ids; of fewer, all, and the report says what is missing."
        ),
    ] = None
    fill: Annotated[
        Literal["none", "copies"],
        about(
            "copies: classes with fewer samples than `counts` are oversampled by flipped and turned copies, samples "
            "of their own that share the group of their original."
        ),
    ] = "none"
    max_refused: Annotated[Share, about("Largest share of refused files before the run stops.")] = 0.05
    max_megapixels: Annotated[
        float, about("Images of more million pixels are refused, before they are decoded.", gt=0)
    ] = 100.0
    near_equal: Annotated[
        Share,
        about(
            "Two images are near-equal when their distance is at most this: both as 16×16 grey pixels of mean 0 "
            "and standard deviation 1, half the root mean square of the difference, in [0, 1]. Copies saved again"
            " or resized lie below 0.05, one cell photographed twice below 0.12, different cells above 0.13. 0: "
            "only equal pixels count."
        ),
    ] = 0.1
    near_copies_minutes: Annotated[
        float,
        about(
            "Minutes that the search for near copies may take: pictures that were turned by any angle, flipped, "
            "cropped, brightened, stained otherwise or saved again, and parts of one picture, all proven by matching "
            "keypoints and pixels (docs/explanation/near_copies.md). What is not looked at by then is "
            "counted; what is known is kept for the next time. 0: none are looked for.",
            ge=0,
        ),
    ] = 15.0


@dataclass(frozen=True)
class IngestSettings:
    """What the step receives.

    synthetic: whether the raw files are synthetic data. listing: adapter or setting → digest of what it reads of the
    user's; None where nothing is. attributes: columns of the user's table that may reach the manifest.
    """

    study: str
    adapters: tuple[str, ...]
    synthetic: bool
    scale: Literal["demo", "paper"] | None
    listing: dict[str, str] | None
    ingest: Ingest
    attributes: tuple[str, ...]
