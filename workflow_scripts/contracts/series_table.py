"""dataset/series.csv: every series of images that lay in the source, and why it was taken or not."""

from workflow_scripts.contracts.listed_table import TAKEN, ListedTable
from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.study_paths import SERIES_FILE

# Why a series was not taken, in the order in which it is looked at.
REASONS = (
    TAKEN,
    "no_image",
    "report",
    "segmentation",
    "secondary_capture",
    "screenshot",
    "other_modality",
    "colour",
    "several_patients",
    "computed",
    "no_position",
    "several_planes",
    "several_orientations",
    "several_sizes",
    "other_plane",
    "localizer",
    "unknown_weighting",
    "other_weighting",
    "several_images_in_a_place",
    "too_few_slices",
    "unlisted_patient",
    "fewer_slices",
)
PLANES = ("sagittal", "coronal", "transverse", "oblique")
# images: files or frames; slices: places along the normal; plane: empty where it has none, planes: plane and number of
# images, where there are several; gap_mm: the median distance of neighbours; missing: slices that lack between two
# neighbours; duplicates: images that stand there twice; time_points: most images at one place. Names are pseudonyms;
# numbers that no header says are empty.
SERIES = Table(
    "series",
    {
        "patient": "str",
        "study": "str",
        "series": "str",
        "reason": "str",
        "detail": "str",
        "plane": "str",
        "planes": "str",
        "images": "int",
        "slices": "int",
        "width": "int",
        "height": "int",
        "sequence": "str",
        "echo_time_ms": "float",
        "repetition_time_ms": "float",
        "spacing_mm": "float",
        "thickness_mm": "float",
        "gap_mm": "float",
        "missing": "int",
        "duplicates": "int",
        "time_points": "int",
    },
    key=("series",),
    values={"reason": REASONS, "plane": ("", *PLANES)},
)
LISTED_SERIES = ListedTable(SERIES, SERIES_FILE, "series")
