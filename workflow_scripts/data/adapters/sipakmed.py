"""SIPaKMeD, isolated cells: `im_<Class>/CROPPED/<field>_<cell>.bmp` (.jpg and .png are taken too).

Plissiti et al., SIPAKMED: A new dataset for feature and image based classification of normal and pathological cervical
cells in Pap smear images, ICIP 2018; 4,049 cells of 966 fields. Field numbers start anew in every class, so that class
and field together are the group. Whole fields and contours (.dat) beside CROPPED are no cells.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written
from workflow_scripts.data.raw_folders import image_files, normal, without_extension
from workflow_scripts.runtime.errors import UserError

LABELS = ("Dyskeratotic", "Koilocytotic", "Metaplastic", "Parabasal", "Superficial-Intermediate")
KNOWS_GROUPS = True
_FOLDERS = {f"im_{name}".lower(): name for name in LABELS}
_NAME = re.compile(r"(\d+)_\d+")


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Cells of the five classes; the archives' doubled folders (im_X/im_X/CROPPED) are taken too."""
    any_cell = False
    for path in image_files(root):
        *folders, name = without_extension(path).split("/")
        if not folders or folders[-1].upper() != "CROPPED":
            continue
        any_cell = True
        label = next((_FOLDERS[key] for key in (normal(part).lower() for part in folders) if key in _FOLDERS), None)
        if label is None:
            yield Refused(path, "no_label", "no folder im_<Class> of the five classes above it")
            continue
        matched = _NAME.fullmatch(name)
        yield Sample(path, without_extension(path), label, group=f"{label}/{matched[1]}" if matched else "")
    if not any_cell:
        raise UserError(f"no cell in {root}: SIPaKMeD has im_<Class>/CROPPED/<field>_<cell>.bmp; set `source` to it")


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each picture as BMP."""
    for picture in pictures:
        stem = f"im_{picture.label}/CROPPED/{picture.field:03d}_{picture.number:02d}"
        (root / stem).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.pixels).save(root / f"{stem}.bmp")
        yield Written(picture, f"{stem}.bmp", [stem], f"{picture.label}/{picture.field:03d}")
