"""Your own images: a folder for each class, of any name, with any folders below it.

Where the source holds nothing but one folder, the classes are looked for inside that. Groups (patient, slide, field)
are known only from a table with the columns path and group and, if wanted, unit; paths are relative to the source. Its
further columns (age, stage, …) become columns of the manifest where `evaluate.subgroups` names them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written
from workflow_scripts.data.folder_layout import check_classes, check_masks, lone_masks, masks_of_images
from workflow_scripts.data.groups import Grouping, read_groups
from workflow_scripts.data.images import SUFFIXES
from workflow_scripts.data.raw_folders import (
    count_endings,
    ending_words,
    is_image,
    normal,
    other_images,
    without_extension,
)
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.walking import passed_over, walk

LABELS = None
SYNTHETIC_LABELS = ("high_grade", "low_grade", "normal")


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Every image below a class folder; see data.adapters.interface.

    UserError, too, where the folders look like something else than classes and no setting names the classes, and where
    images look like masks of others.
    """
    items = list(walk(root))
    paths = [item.path for item in items if is_image(item)]
    if not paths:
        there = ending_words(count_endings([item.path for item in items]))
        raise UserError(
            f"no image file in {root}{f', only {there}' if there else ''}; put a folder for each class there, with "
            f"images that end in {', '.join(SUFFIXES)}"
        )
    groups = read_groups(root, ingest.groups, paths) if ingest.groups else {}
    paths = _without_masks(paths, ingest.masks, root)
    if not any("/" in path for path in paths):
        raise UserError(
            f"{root}: its {len(paths)} images lie in no class folder; put those of each class into a folder of its own "
            "(how, where a table says the classes: docs/how-to/use_your_own_images.md)"
        )
    depth = _wrapping_folders(paths)
    if ingest.classes is None and ingest.labels is None:
        check_classes(paths, depth, root)
    _warn_of_unread_classes([item.path for item in items if not is_image(item)], paths, depth)
    _warn_of_empty_folders(root, [item.path for item in items], paths[0].split("/")[:depth])
    for path in paths:
        parts = path.split("/")
        if len(parts) < depth + 2:
            yield Refused(path, "no_label", "lies in no class folder")
            continue
        grouping = groups.get(normal(path), Grouping())
        yield Sample(
            path,
            without_extension(path),
            normal(parts[depth]),
            grouping.group,
            grouping.unit,
            attributes=grouping.attributes,
        )


def _warn_of_unread_classes(paths_not_read: list[str], paths: list[str], depth: int) -> None:
    """Warn of images in formats that are not read: in folders that hold nothing else, and beside images of classes."""
    read = {path.split("/")[depth] for path in paths if path.count("/") > depth}
    unread: dict[str, list[str]] = {}
    for path in paths_not_read:
        if path.count("/") > depth:
            unread.setdefault(path.split("/")[depth], []).append(path)
    for name in sorted(unread.keys() - read):
        if other_images(unread[name]):
            words = ending_words(count_endings(unread[name]))
            log.warning("folder %r is no class, no image in it is read: %s", name, words)
    if unread_images := [path for name in unread.keys() & read for path in other_images(unread[name])]:
        log.warning(
            "%d files in folders of classes are no samples: %s",
            len(unread_images),
            ending_words(count_endings(unread_images)),
        )


def _warn_of_empty_folders(root: Path, paths: list[str], wrapping: list[str]) -> None:
    """Warn of folders beside those of the classes, inside the `wrapping` ones, that hold no file at all."""
    depth = len(wrapping)
    filled = {path.split("/")[depth] for path in paths if path.count("/") >= depth}
    for folder in sorted(root.joinpath(*wrapping).iterdir()):
        is_own = folder.is_dir() and not folder.is_symlink() and not passed_over(folder.name)
        if is_own and folder.name not in filled:
            log.warning("folder %r is no class, no file is in it", folder.name)


def _without_masks(paths: list[str], wanted: str, root: Path) -> list[str]:
    """The paths that are samples, as the setting `ingest.masks` wants it."""
    if wanted == "images":
        return paths
    masks = masks_of_images(paths)
    lone = lone_masks(paths, masks)
    if wanted == "ask":
        check_masks(masks, lone, root)
    if not masks:
        if lone:
            log.warning(
                "%d of %d images are called like masks, first %r, and no image lies beside them; they are samples",
                *(len(lone), len(paths), lone[0]),
            )
        return paths
    out = {*masks, *lone}
    log.info("%d masks are left out, %d of them without an image", len(masks) + len(lone), len(lone))
    return [path for path in paths if normal(path) not in out]


def _wrapping_folders(paths: list[str]) -> int:
    """How many folders all images lie in before the class folders begin."""
    depth = 0
    parts = [path.split("/") for path in paths]
    while len({tuple(part[: depth + 1]) for part in parts}) == 1 and min(map(len, parts)) > depth + 2:
        depth += 1
    return depth


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each picture as PNG, and groups.csv at the end."""
    yield from write_folders(root, pictures, "groups.csv", ".png", compress_level=3)


def write_folders(
    root: Path, pictures: Iterable[SyntheticPicture], table: str, suffix: str, **options: Any
) -> Iterator[Written]:
    """Write each picture into the folder of its class, and at the end a table of paths, groups and attributes.

    `options` are Pillow's for the format of `suffix`.
    """
    rows = []
    for picture in pictures:
        group = f"{picture.label}-{picture.field:03d}"
        stem = f"{picture.label}/{picture.field:03d}_{picture.number:02d}"
        (root / stem).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.pixels).save(root / f"{stem}{suffix}", **options)
        rows.append({"path": f"{stem}{suffix}", "group": group, **picture.attributes})
        yield Written(picture, f"{stem}{suffix}", [stem], group)
    pd.DataFrame(rows).to_csv(root / table, index=False, lineterminator="\n")
