"""Labels of new images, as somebody brings them."""

from collections.abc import Collection
from pathlib import Path

from workflow_scripts.contracts.spreadsheet import read_sheet
from workflow_scripts.data.groups import known_paths
from workflow_scripts.data.raw_folders import normal
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import nearest

OPTION = "--labels"


def read_labels(path: Path, classes: Collection[str], folder: Path, images: Collection[str]) -> dict[str, str]:
    """Path of an image → its class, from a user's table of path, below `folder`, and label.

    `images`: the paths that there are. UserError for an unknown class, a path of no image, and one that is given twice.
    """
    sheet = read_sheet(path, OPTION, ("path", "label"))
    as_given = dict(zip(map(normal, images), images, strict=True))
    labels = {}
    given = known_paths(sheet, OPTION, folder, images)
    for row, image, label in zip(sheet.rows, given, sheet.columns["label"], strict=True):
        if label not in classes:
            raise UserError(
                f"{OPTION}: {path}, row {row}: {label!r} is no class of this run; {nearest(label, classes)}"
            )
        labels[as_given[image]] = label
    return labels
