"""Labels of new images, as somebody brings them."""

from collections.abc import Collection
from pathlib import Path

from workflow_scripts.contracts.spreadsheet import read_sheet, tidy
from workflow_scripts.data.groups import known_paths, without_unknown
from workflow_scripts.data.raw_folders import normal
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest

OPTION = "--labels"


def read_labels(path: Path, classes: Collection[str], folder: Path, images: Collection[str]) -> dict[str, str]:
    """Path of an image → its class, from a user's table of path, below `folder`, and label.

    `images`: the paths that there are. An empty label, or a word for unknown that is no class, is none. UserError for
    an unknown class, a path of no image, one that is given twice, and where no row has a label.
    """
    sheet = read_sheet(path, OPTION, ("path", "label"))
    as_given = dict(zip(map(normal, images), images, strict=True))
    # Cells are without white space at their ends, which a folder that a class is named after may have.
    by_cell = {tidy(name): name for name in classes} | {name: name for name in classes}
    labels = {}
    faults: dict[int, str] = {}
    given = known_paths(sheet, OPTION, folder, images)
    foreign = without_unknown([cell for cell in sheet.columns["label"] if cell not in by_cell], path)
    for row, image, label in zip(sheet.rows, given, sheet.columns["label"], strict=True):
        if label in by_cell:
            labels[as_given[image]] = by_cell[label]
        elif label and label in foreign:
            faults[row] = f"{label!r} is no class of this run; {nearest(label, classes)}"
    sheet.refuse_rows(OPTION, faults)
    if not labels:
        raise UserError(f"{OPTION}: no row of {path} has a label; fill in the column label, or leave the option out")
    return labels
