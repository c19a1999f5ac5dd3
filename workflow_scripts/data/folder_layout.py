"""Folders whose names say that they are no classes, and files that look like masks: asked about, not taken."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from workflow_scripts.data.raw_folders import normal
from workflow_scripts.runtime.errors import UserError

_PARTS = r"(train|trn|training|val|valid|validation|dev|devel|test|tst|testing|eval|evaluation|holdout|hold[ _-]?out)"
_SUBSET = re.compile(rf"{_PARTS}([ _-]?(set|data|dataset|images|imgs|split))?([ _-]?\d+)?|(fold|split|cv)[ _-]?\d+")
_MASK_WORDS = r"(masks?|seg|segs|segmentations?|segmented|gt|ground[ _-]?truths?|annot|annotations?|labels?|contours?)"
_MASK_FOLDER = re.compile(rf"(images?[ _-])?{_MASK_WORDS}([ _-]?(images?|imgs))?")
_MASK_NAME = re.compile(rf"(.+?)([ _.-]+({_MASK_WORDS}|d)([ _.-]?\d+)?)", re.IGNORECASE)
_PATIENT = re.compile(
    r"(patients?|pat|pt|subjects?|subj|sub|case|person|woman|pid|id|mrn|slide|wsi|visit)[ _-]?\d+\w{0,3}"
)
# Folders of so many images or fewer, so many of them, are patients or cases and no classes.
FEW_IMAGES, MANY_FOLDERS = 3, 8
MANY_NUMBERS = 12
# So many names are shown of a list; so many classes are written out, to be copied into the settings.
NAMED, LISTED = 4, 20


def check_classes(paths: list[str], depth: int, root: Path) -> None:
    """Raise UserError where the folders that would be classes look like subsets, patients, masks, or hold the classes.

    `paths` are those of the images below `root`; the folders at `depth` would be the classes.
    """
    below: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        parts = normal(path).split("/")
        if len(parts) >= depth + 2:
            below[parts[depth]].append("/".join(parts[depth + 1 :]))
    seen = _seen(below)
    if seen:
        names = ", ".join(sorted(below)) if len(below) <= LISTED else f"{_named(below, 2)}"
        raise UserError(
            f"{root}: {seen}; set `source` to a folder with a folder for each class, or, if these are the classes, say "
            f"so: `ingest: {{classes: [{names}]}}`"
        )


def _seen(below: dict[str, list[str]]) -> str:
    """What speaks against these folders being classes; empty if nothing does."""
    names = sorted(below)
    subsets = [name for name in names if _SUBSET.fullmatch(name.lower())]
    if subsets:
        return f"the folder(s) {_named(subsets)} look like parts of a split (training, test), not like classes"
    masks = [name for name in names if _MASK_FOLDER.fullmatch(name.lower())]
    if masks:
        return f"the folder(s) {_named(masks)} look like masks, not like a class"
    patients = [name for name in names if _PATIENT.fullmatch(name.lower())]
    numbers = [name for name in names if name.isdecimal()]
    if len(patients) > 1 or len(numbers) >= MANY_NUMBERS:
        return f"the folders {_named(patients if len(patients) > 1 else numbers)} look like patients, not like classes"
    if same := _same_below(below):
        return f"the folders {_named(names)} all hold the folders {_named(same)}: are those the classes?"
    sizes = sorted(map(len, below.values()))
    if len(names) >= MANY_FOLDERS and sizes[len(sizes) // 2] <= FEW_IMAGES:
        held = f"{sizes[0]} to {sizes[-1]}" if sizes[0] < sizes[-1] else str(sizes[0])
        return f"{len(names)} folders ({_named(names)}), images in each: {held}, look like patients, not like classes"
    return ""


def _same_below(below: dict[str, list[str]]) -> list[str]:
    """Names of the folders inside, where those of all folders are the same few; empty where they are not."""
    inside = [{path.split("/")[0] for path in paths if "/" in path} for paths in below.values()]
    loose = any("/" not in path for paths in below.values() for path in paths)
    times = Counter(name for names in inside for name in names if not _MASK_FOLDER.fullmatch(name.lower()))
    if len(inside) < 2 or len(times) < 2 or loose:
        return []
    if all(count == len(inside) for count in times.values()):
        return sorted(times)
    # A patient may lack a class: then the folders inside are still fewer than those outside, and most are shared.
    shared = sum(count > 1 for count in times.values())
    return sorted(times) if len(times) < len(inside) and 2 * shared >= len(times) else []


def masks_of_images(paths: Iterable[str]) -> dict[str, str]:
    """Path of what looks like a mask → path of the image that it lies beside.

    A mask has the image's name and an ending as `_mask`, `-d`, `_seg`, `_GT`, `_label` (BUSI, Herlev, …), in the same
    folder or in one called so, at any depth (`images/a/x.png` and `masks/a/x.png`).
    """
    paths = [normal(path) for path in paths]
    stems = defaultdict(list)
    for path in paths:
        stems[str(PurePosixPath(path).with_suffix("")).casefold()].append(path)
    masks = {}
    for path in paths:
        pure = PurePosixPath(path)
        folder, stem = str(pure.parent), pure.stem
        candidates = []
        if matched := _MASK_NAME.fullmatch(stem):
            candidates.append(f"{folder}/{matched[1]}")
        for depth, part in enumerate(parts := folder.split("/")):
            if _MASK_FOLDER.fullmatch(part.lower()):
                names = {stem, matched[1] if matched else stem}
                around = [[*parts[:depth], *more, *parts[depth + 1 :]] for more in ([], ["images"], ["image"])]
                candidates += ["/".join([*near, name]) for near in around for name in names]
        image = next((stems[key.casefold()][0] for key in candidates if key.casefold() in stems), None)
        if image is not None and image != path:
            masks[path] = image
    return masks


def lone_masks(paths: Iterable[str], masks: dict[str, str]) -> list[str]:
    """Paths (NFC) named like masks without an image that they belong to; `masks`: what masks_beside returns.

    Beside masks: those of the same ending, or in a folder of masks. Without any: those that a word calls so.
    """
    endings = {_mask_ending(path) for path in masks} - {""}
    folders = {folder for path in masks if _is_mask_folder(folder := path.rpartition("/")[0])}
    lone = []
    for path in map(normal, paths):
        ending = _mask_ending(path)
        called = ending in endings or path.rpartition("/")[0] in folders if masks else ending not in ("", "d")
        if called and path not in masks:
            lone.append(path)
    return lone


def _mask_ending(path: str) -> str:
    """What in a file's name says that it is a mask, in small letters; empty if nothing does."""
    matched = _MASK_NAME.fullmatch(PurePosixPath(path).stem)
    return matched[3].casefold() if matched else ""


def _is_mask_folder(folder: str) -> bool:
    return any(_MASK_FOLDER.fullmatch(part.lower()) for part in folder.split("/"))


def check_masks(masks: dict[str, str], lone: list[str], root: Path) -> None:
    """Raise UserError that asks what the files are that look like masks, if some lie beside their images."""
    if not masks:
        return
    (mask, image), number = min(masks.items()), len(masks) + len(lone)
    raise UserError(
        f"{root}: {number} image file(s) look like masks of others, first {mask!r} beside {image!r}; say "
        "`ingest: {masks: leave_out}`, or `{masks: images}` if they are samples like the others"
    )


def _named(names: Iterable[str], most: int = NAMED) -> str:
    names = sorted(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
