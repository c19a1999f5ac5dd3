"""Slides with their tiles in a report: a few of each class, the others lie in a folder."""

from typing import Any

from workflow_scripts.contracts.verified import require
from workflow_scripts.drawing.saving import PNG, WEBP
from workflow_scripts.preprocessing.packer_registry import packed_modality
from workflow_scripts.reporting.pages.page_figure import page_figure
from workflow_scripts.reporting.results import Results
from workflow_scripts.runtime.study_paths import StudyPaths

MOST = 4


def large_slides_section(results: Results) -> dict[str, Any]:
    """Up to MOST slides that were taken, the classes in turn, in the order of their names; how many others there are.

    UserError where a picture is not what its record says.
    """
    if not packed_modality(results.dataset.modality.name).of_slides:
        return {"large_slides": []}
    slides = results.manifest.drop_duplicates("unit").sort_values("unit", kind="stable")
    slides = slides.assign(turn=slides.groupby("label").cumcount())
    shown = slides.sort_values(["turn", "label"], kind="stable").head(MOST)[["unit", "label"]]
    paths = StudyPaths(results.folder)
    files = {slide: paths.slide_pictures / f"{slide}.png" for slide in shown["unit"]}
    read = [path.with_suffix(ending) for path in files.values() for ending in (PNG, WEBP)]
    require(paths.examples_record, *(path.relative_to(paths.examples).as_posix() for path in read))
    return {
        "large_slides": [
            {"figure": page_figure(files[slide], results.folder), "name": slide, "label": label}
            for slide, label in shown.itertuples(index=False)
        ],
        "large_slides_more": len(slides) - len(shown),
    }
