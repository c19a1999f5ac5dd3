"""Normal peripheral blood cells: `PBC_dataset_normal_DIB/<class>/<PREFIX>_<number>.jpg`.

Acevedo et al., A dataset of microscopic peripheral blood cell images, Data in Brief 30:105474 (2020); 17,092 cells of
eight classes. No patient or smear is published: no group is known. The complete set holds one hidden file, which is
passed over.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written, class_folder_files
from workflow_scripts.data.raw_folders import without_extension

LABELS = ("basophil", "eosinophil", "erythroblast", "ig", "lymphocyte", "monocyte", "neutrophil", "platelet")
BELOW = "PBC_dataset_normal_DIB"
_PREFIX = {"basophil": "BA", "eosinophil": "EO", "erythroblast": "ERB", "ig": "IG", "lymphocyte": "LY"} | {
    "monocyte": "MO",
    "neutrophil": "NEUTROPHIL",
    "platelet": "PLATELET",
}


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Cells of the eight class folders; see data.adapters.interface."""
    for path, label in class_folder_files(root, BELOW, {name: name for name in LABELS}):
        yield label if isinstance(label, Refused) else Sample(path, without_extension(path), label)


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each picture as JPEG; the layout does not tell which field a cell is of."""
    for picture in pictures:
        number = 10000 * (picture.class_index + 1) + 100 * picture.field + picture.number
        stem = f"{BELOW}/{picture.label}/{_PREFIX[picture.label]}_{number}"
        (root / stem).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.pixels).save(root / f"{stem}.jpg", quality=92)
        yield Written(picture, f"{stem}.jpg", [stem], "")
