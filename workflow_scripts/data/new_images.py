"""Which files of a folder are images to be judged, and what is said of the others."""

import logging
from pathlib import Path

from workflow_scripts.contracts.spreadsheet import formulas
from workflow_scripts.data.images import SUFFIXES
from workflow_scripts.data.raw_folders import (
    check_no_results,
    count_endings,
    ending_words,
    is_image,
    is_systems_own,
)
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.walking import walk

log = logging.getLogger("workflow_scripts")


def image_files(folder: Path) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Image files of the folder, and path, reason, detail of each file that is none; UserError without any image."""
    if not folder.is_dir():
        raise UserError(f"--images: {folder} is no folder")
    items = list(walk(folder))
    check_no_results(items, f"--images: {folder}")
    taken = f"read are {', '.join(SUFFIXES)}"
    why = {"folder_link": ("folder_link", "the folder is read under its own name, or holds this one")}
    passed_over = [
        (item.path, *why.get(item.kind, ("other_ending", taken)))
        for item in items
        if not is_image(item) and not is_systems_own(item.path)
    ]
    paths = [item.path for item in items if is_image(item)]
    if not paths:
        there = ending_words(_endings(passed_over))
        raise UserError(f"--images: no image file in {folder}{f', only {there}' if there else ''}; {taken}")
    return paths, passed_over


def _endings(passed_over: list[tuple[str, str, str]]) -> dict[str, int]:
    return count_endings([path for path, reason, _ in passed_over if reason == "other_ending"])


def warn_of_formulas(paths: list[str]) -> None:
    """One line on names that a spreadsheet would run instead of show."""
    if begun := formulas(paths):
        log.warning("%d paths are formulas to a spreadsheet, first %r; rename these files", len(begun), begun[0])


def warn_of_passed_over(passed_over: list[tuple[str, str, str]]) -> None:
    """One line on the files that get no prediction because they are no images that are read."""
    if passed_over:
        links = sum(reason == "folder_link" for _, reason, _ in passed_over)
        parts = [
            *filter(None, [ending_words(_endings(passed_over))]),
            *([f"links to folders {links}"] if links else []),
        ]
        log.warning(
            "%d files passed over, without a prediction: %s; quarantine.csv names them",
            len(passed_over),
            "; ".join(parts),
        )
