"""See what a study's preprocessing and random changes make of a folder of images, before anything is trained.

In: a folder of images, the settings of a study and, if there are any, annotations of nuclei: images of the same names
in another folder, black where there is no nucleus. Out, in --out: the figures preprocessing and augmentation (the first
images), masks.csv (of every kind of mask: how much of each image it keeps, and its Dice coefficient with the
annotation).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.contracts.step_settings.train_settings import Augment
from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from workflow_scripts.reporting.paper_figures.panels import Example
    from workflow_scripts.settings.study import Study

# A line of the table: path, mask, inside, dice.
_Line = tuple[str, str, float, float | None]
# Of the samples that can be tried.
MODALITY = "image"
KINDS = ("grey", "haematoxylin", "dab", "stained")
# A pixel of an annotation is background when all its channels are below half of the range.
HALF = 127
# inside: share of the image that the mask keeps; dice: with the annotation, empty without one.
MASKS = Table("masks", {"path": "str", "mask": "str", "inside": "float", "dice": "float"}, key=("path", "mask"))


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", required=True, help="study whose settings are tried")
    parser.add_argument("--images", type=Path, required=True, help="folder with image files, in any folders below it")
    parser.add_argument("--annotations", type=Path, help="folder with annotations of nuclei, named as the images")
    parser.add_argument("--scale", choices=["demo", "paper"], default="paper", help="scale of the settings")
    parser.add_argument("--show", type=int, default=4, help="images in the figure (default: 4)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the figures and the table")
    parser.add_argument("--log", type=Path, default=Path("logs/try_preprocessing.log"), help="log file")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    import pandas as pd

    from workflow_scripts.drawing.saving import save_figure
    from workflow_scripts.reporting.paper_figures import panels
    from workflow_scripts.settings.base import declared

    study = _study(args)
    packing, augment = declared(Packing, study.preprocess), declared(Augment, study.train.augment)
    lines: list[_Line] = []
    shown: list[Example] = []
    count = 0
    for name, original, packed in _images(args.images, packing):
        count += 1
        lines += _lines(name, packed, _annotation(args, name, packing))
        if len(shown) < args.show:
            shown.append(_example(name, original, packed, study.preprocess.mask))
    if not count:
        raise UserError(f"--images: no readable image in {args.images}")
    table = pd.DataFrame(lines, columns=list(MASKS.columns))
    if args.annotations and table["dice"].isna().all():
        raise UserError(
            f"--annotations: no file below {args.annotations} is called as an image, such as {lines[0][0]}; give "
            "annotations the names of their images, with the ending"
        )
    MASKS.write(args.out / "masks.csv", table)
    steps = panels.preprocessing_figure(shown, augment.noise, MODALITY)
    save_figure(steps, args.out / "preprocessing.png", synthetic=False)
    save_figure(panels.augmentation_figure(shown[0].masked, augment), args.out / "augmentation.png", synthetic=False)
    for kind, rows in table.groupby("mask", sort=False):
        dice = "" if rows["dice"].isna().all() else f", mean Dice {rows['dice'].mean():.3f} with {rows['dice'].count()}"
        entry.log.info("mask %s: keeps %.0f %% of the image%s", kind, 100 * rows["inside"].mean(), dice)
    entry.log.info("%d images; see %s", count, args.out / "preprocessing.png")


def _study(args: argparse.Namespace) -> "Study":
    from workflow_scripts.settings.load import settings

    studies = settings(Path.cwd(), {"scale": args.scale}).studies
    if args.study not in studies:
        raise UserError(f"--study {args.study}: there is no such study; there are {', '.join(studies)}")
    study = studies[args.study]
    if study.modality != MODALITY:
        raise UserError(
            f"--study {args.study}: its samples are of the modality {study.modality}; tried are image files"
        )
    return study


def _images(folder: Path, packing: "Packing") -> Iterator[tuple[str, "np.ndarray", "np.ndarray"]]:
    """Path, pixels as in the file, pixels as packed, of one image after another."""
    import numpy as np
    from PIL import Image

    from workflow_scripts.data.images import decode_file
    from workflow_scripts.data.raw_folders import image_files
    from workflow_scripts.data.readers.reader_interface import RefusedSampleError
    from workflow_scripts.preprocessing.packing import fitted

    if not folder.is_dir():
        raise UserError(f"--images: {folder} is no folder")
    for name in image_files(folder):
        try:
            pixels = decode_file(folder / name)
        except RefusedSampleError as refusal:
            entry.log.warning("refused: %s: %s", name, refusal)
            continue
        yield name, pixels, np.asarray(fitted(Image.fromarray(pixels), packing))


def _annotation(args: argparse.Namespace, name: str, packing: "Packing") -> "np.ndarray | None":
    """Bool S×S, where the annotation of an image has a nucleus; None where there is none."""
    import numpy as np
    from PIL import Image

    from workflow_scripts.data.images import decode_file
    from workflow_scripts.data.readers.reader_interface import RefusedSampleError
    from workflow_scripts.preprocessing.packing import fitted

    path = args.annotations / name if args.annotations else None
    if path is None or not path.is_file():
        return None
    try:
        brightest = decode_file(path).max(axis=2)
    except RefusedSampleError as refusal:
        raise UserError(f"--annotations: {path} is not read: {refusal}") from None
    if 0 < brightest.max() <= HALF:
        raise UserError(
            f"--annotations: the brightest pixel of {path} is {brightest.max()} of 255, so that all of it would be "
            "background; save nuclei as white, or in a bright colour"
        )
    white = np.where(brightest > HALF, 255, 0).astype(np.uint8)
    return np.asarray(fitted(Image.fromarray(np.repeat(white[..., None], 3, axis=2)), packing))[..., 0] > HALF


def _lines(name: str, pixels: "np.ndarray", annotation: "np.ndarray | None") -> list[_Line]:
    from workflow_scripts.preprocessing.masks import dice, mask

    mask_by_kind = {kind: mask(pixels, kind) for kind in KINDS}
    return [
        (name, kind, float(own.mean()), None if annotation is None else dice(own, annotation))
        for kind, own in mask_by_kind.items()
    ]


def _example(name: str, original: "np.ndarray", packed: "np.ndarray", kind: str) -> "Example":
    from workflow_scripts.preprocessing.masks import mask
    from workflow_scripts.reporting.paper_figures.panels import Example

    return Example(name, original, packed, None if kind == "none" else mask(packed, kind))


if __name__ == "__main__":
    entry.run(main, arguments())
