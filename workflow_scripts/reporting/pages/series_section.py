"""What a report says of the series that its slices were taken of."""

from typing import Any

import pandas as pd

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.series_table import REASONS
from workflow_scripts.reporting.results import Results

# Why a series was not taken → words for people.
SERIES_REASONS = {
    TAKEN: "taken",
    "no_image": "holds no image",
    "report": "a report",
    "segmentation": "a segmentation",
    "secondary_capture": "a secondary capture",
    "screenshot": "a screenshot",
    "other_modality": "of another modality",
    "colour": "in colour",
    "several_patients": "names several patients",
    "computed": "computed from other images, such as a map",
    "no_position": "says no position or orientation",
    "several_planes": "of several planes, such as a localizer",
    "several_orientations": "of several orientations",
    "several_sizes": "of several sizes",
    "other_plane": "of another plane",
    "localizer": "called a localizer",
    "unknown_weighting": "says neither sequence nor echo time",
    "other_weighting": "of another weighting",
    "several_images_in_a_place": "several images at one place, such as times",
    "too_few_slices": "too few slices",
    "unlisted_patient": "of a patient whom no table lists",
    "fewer_slices": "fewer slices than another of its study that fits",
}


def series_section(results: Results) -> dict[str, Any]:
    """Series by reason, what is missing in those that were taken, and what of a slice is a sample."""
    series = results.series
    if series.empty:
        return {"series_rows": []}
    taken = series[series["reason"] == TAKEN]
    ingest = results.dataset.settings.ingest
    return {
        "series_rows": [_row(reason, rows) for reason in REASONS if len(rows := series[series["reason"] == reason])],
        "series_total": len(series),
        "series_studies": series["study"].nunique(),
        "series_with_gaps": int((taken["missing"] > 0).sum()),
        "slices_missing": int(taken["missing"].sum()),
        "slices_double": int(taken["duplicates"].sum()),
        "whole_slices": ingest is not None and ingest.lesions is None,
    }


def _row(reason: str, rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "reason": SERIES_REASONS[reason],
        "count": len(rows),
        "images": int(rows["images"].sum()),
        "example": rows["detail"].iloc[0] if reason != TAKEN else "",
    }
