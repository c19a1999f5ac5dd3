"""Labels of new images, as somebody brings them."""

from collections.abc import Collection
from pathlib import Path

from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.errors import UserError

LABELS = Table("labels of new images", {"path": "str", "label": "str"}, open=True, key=("path",))


def read_labels(path: Path, classes: Collection[str], images: Collection[str]) -> dict[str, str]:
    """Path of an image → its class, as in a CSV of path and label; UserError for an unknown class or no such image."""
    table = LABELS.read(path)
    if unknown := sorted(set(table["label"]) - set(classes)):
        raise UserError(f"{path}: {unknown[0]!r} is no class of this run; its classes are {', '.join(classes)}")
    if absent := sorted(set(table["path"]) - set(images)):
        raise UserError(
            f"{path}: no image {absent[0]!r} (and {len(absent) - 1} more); paths are those below the folder of images"
        )
    return dict(zip(table["path"], table["label"], strict=True))
