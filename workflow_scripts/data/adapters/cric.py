"""CRIC Cervix: `classifications.json` and `images/`, whole fields with the nuclei marked; or cells already cropped.

Rezende et al., CRIC searchable image database, Scientific Data 8:151 (2021); 400 fields, 11,534 cells, six Bethesda
classes. A cell is the square window of side `ingest.crop` around its nucleus; the field is the group. Fields that were
not downloaded are one `missing_file` line each and do not count as refused. Without classifications.json, folders
named after the classes hold cells as `<field>_<cell>.<extension>`.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from workflow_scripts.contracts.spreadsheet import read_text
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written, class_folder_files
from workflow_scripts.data.images import Box
from workflow_scripts.data.raw_folders import without_extension
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_text

LABELS = ("ASC-H", "ASC-US", "HSIL", "LSIL", "NILM", "SCC")
KNOWS_GROUPS = True
WHOLE_FIELDS = True
ANNOTATIONS = "classifications.json"
READS = (ANNOTATIONS,)
_NORMAL = "Negative for intraepithelial lesion"
_SHORT = {name.lower(): name for name in LABELS} | {_NORMAL.lower(): "NILM", f"{_NORMAL} or malignancy".lower(): "NILM"}
_CROPPED = re.compile(r"(.+)_\d+")


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Cells of all fields that are present, or of the class folders; see data.adapters.interface."""
    if (root / ANNOTATIONS).exists():
        yield from _of_fields(root, ingest.crop)
    else:
        yield from _of_class_folders(root)


def _of_class_folders(root: Path) -> Iterator[Sample | Refused]:
    for path, label in class_folder_files(root, "cropped", _SHORT):
        if isinstance(label, Refused):
            yield label
            continue
        stem = without_extension(path)
        matched = _CROPPED.fullmatch(stem.rpartition("/")[2])
        yield Sample(path, stem, label, group=matched[1] if matched else "")


def _of_fields(root: Path, side: int) -> Iterator[Sample | Refused]:
    present = 0
    for image, cells in _annotations(root / ANNOTATIONS):
        path = next((name for name in (f"images/{image}", image) if (root / name).exists()), None)
        if path is None:
            yield Refused(f"images/{image}", "missing_file", f"the field of {len(cells)} annotated cells is not there")
            continue
        present += 1
        stem = without_extension(image)
        for cell, label, x, y in cells:
            if label.lower() not in _SHORT:
                yield Refused(path, "no_label", f"cell {cell}: {label!r} is no Bethesda class")
                continue
            left, top = x - side // 2, y - side // 2
            box = Box(left, top, left + side, top + side)
            name = f"{without_extension(path)}/{cell}"
            yield Sample(path, name, _SHORT[label.lower()], group=stem, part=box)
    if not present:
        raise UserError(f"none of the fields that {root / ANNOTATIONS} names is in {root / 'images'}; put them there")


def _annotations(path: Path) -> Iterator[tuple[str, list[tuple[str, str, int, int]]]]:
    """(image, [(cell, label, x, y)]) of each field, in the order of the image names."""
    try:
        fields = json.loads(read_text(path, str(path)))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON ({error}); take the file as it is published") from None
    if not isinstance(fields, list):
        raise UserError(f"{path} is no list of fields; take the file as it is published")
    fields_read = []
    for index, entry in enumerate(fields):
        try:
            image = entry["image_name"]
            cells = [
                (str(cell["cell_id"]), cell["bethesda_system"].strip(), int(cell["nucleus_x"]), int(cell["nucleus_y"]))
                for cell in entry["classifications"]
            ]
            if "/" in image or "\\" in image:
                raise ValueError(f"image_name {image!r} is a path")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{path}, field {index + 1}: {error!r}; take the file as it is published") from None
        fields_read.append((image, cells))
    return iter(sorted(fields_read))


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each field as PNG, and classifications.json at the end."""
    (root / "images").mkdir(parents=True, exist_ok=True)
    fields, cell_id = [], 0
    for number, picture in enumerate(pictures, start=1):
        stem = digest_text(f"{picture.label}/{picture.field}/{picture.number}")[:32]
        Image.fromarray(picture.pixels).save(root / "images" / f"{stem}.png", compress_level=3)
        cells, ids = [], []
        for cell in picture.cells:
            cell_id += 1
            text = _NORMAL if cell.label == "NILM" else cell.label
            cells.append({"cell_id": cell_id, "bethesda_system": text, "nucleus_x": cell.x, "nucleus_y": cell.y})
            ids.append(f"images/{stem}/{cell_id}")
        fields.append({"image_id": number, "image_doi": "", "image_name": f"{stem}.png", "classifications": cells})
        yield Written(picture, f"images/{stem}.png", ids, stem)
    (root / ANNOTATIONS).write_text(json.dumps(fields, indent=1), encoding="utf-8")
