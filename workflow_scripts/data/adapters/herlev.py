"""Herlev Pap-smear benchmark: `New database pictures/<class>/<picture>-<picture>-<cell>.BMP`.

Jantzen, Norup, Dounias, Bjerregaard: Pap-smear benchmark data for pattern classification, NiSIS 2005; 917 cells of
seven classes. `<name>-d.bmp` beside a cell is its segmentation and no cell. The first two numbers of a name are the
source picture: cells that share them are one group.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written, class_folder_files
from workflow_scripts.data.raw_folders import without_extension

LABELS = (
    "carcinoma_in_situ",
    "light_dysplastic",
    "moderate_dysplastic",
    "normal_columnar",
    "normal_intermediate",
    "normal_superficiel",
    "severe_dysplastic",
)
KNOWS_GROUPS = True
BELOW = "New database pictures"
_NAME = re.compile(r"(\d+-\d+)-\d+")
# Segmentations are palette images: 2 nucleus, 3 cytoplasm, 4 background.
_PALETTE = [0, 0, 0, 128, 128, 128, 0, 0, 255, 0, 0, 128, 255, 0, 0]


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Cells of the seven class folders; see data.adapters.interface."""
    for path, label in class_folder_files(root, BELOW, {name: name for name in LABELS}):
        stem = without_extension(path)
        if stem.lower().endswith("-d"):
            continue
        if isinstance(label, Refused):
            yield label
            continue
        name = _NAME.fullmatch(stem.rpartition("/")[2])
        yield Sample(path, stem, label, group=name[1] if name else "")


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each picture as BMP with its segmentation beside it."""
    for picture in pictures:
        first = 149000000 + 10000 * picture.class_index + 10 * picture.field
        group = f"{first}-{first + 7}"
        stem = f"{BELOW}/{picture.label}/{group}-{picture.number:03d}"
        (root / stem).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.pixels).save(root / f"{stem}.BMP")
        mask = Image.fromarray(np.array([4, 3, 2], dtype=np.uint8)[picture.mask])
        mask.putpalette(_PALETTE)
        mask.save(root / f"{stem}-d.bmp")
        yield Written(picture, f"{stem}.BMP", [stem], group)
