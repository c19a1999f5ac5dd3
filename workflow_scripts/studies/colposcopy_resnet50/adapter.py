"""Intel & MobileODT Cervical Cancer Screening (Kaggle, 2017): colposcopy photographs by type of transformation zone.

As it is published, each archive unpacked beside the others: train/Type_1 … train/Type_3, additional_Type_1_v2/Type_1 …,
test, test_stg2. The level `train` or `additional` may be missing or doubled. The test folders have no labels and are
passed over. No patient is known, although a woman may be in several photographs.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from PIL import Image

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written
from workflow_scripts.data.raw_folders import image_files, normal, without_extension
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.errors import UserError

LABELS = ("Type_1", "Type_2", "Type_3")
_LABELLED = re.compile(r"(?:additional[ _-])?type[ _-]?([123])(?:_v2)?", re.IGNORECASE)
_UNLABELLED = re.compile(r"test(?:_stg[12])?", re.IGNORECASE)
# Every so many synthetic fields go to the additional archives.
ADDITIONAL = 3
QUALITY, QUALITY_AGAIN = 90, 70


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Every photograph of a known type; see data.adapters.interface.

    Ids are `train/Type_1/7` or `additional/Type_1/7`, whatever further levels the folders have.
    """
    labelled = passed_over = 0
    for path in image_files(root):
        *folders, name = normal(path).split("/")
        if any(_UNLABELLED.fullmatch(folder) for folder in folders):
            passed_over += 1
            continue
        types = [(depth, match[1]) for depth, folder in enumerate(folders) if (match := _LABELLED.fullmatch(folder))]
        if not types:
            yield Refused(path, "no_label", f"lies in none of the folders {', '.join(LABELS)}")
            continue
        labelled += 1
        depth, number = types[-1]
        part = "additional" if any(folder.lower().startswith("additional") for folder in folders) else "train"
        label = f"Type_{number}"
        yield Sample(path, without_extension("/".join([part, label, *folders[depth + 1 :], name])), label)
    if passed_over:
        log.info("%d images in test folders have no type; they are not used", passed_over)
    if not labelled:
        raise UserError(
            f"none of the folders {', '.join(LABELS)} with an image is in {root} or its folder train; set `source` to "
            "the folder that holds them"
        )


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each picture as JPEG under a number of its own, and one without a type to the folder test.

    What shows a cervix again was saved again, with coarser steps.
    """
    last = None
    for number, picture in enumerate(pictures):
        additional = picture.field % ADDITIONAL == 0
        folder = f"additional_{picture.label}_v2/{picture.label}" if additional else f"train/{picture.label}"
        _save(root / folder / f"{number}.jpg", picture)
        part = "additional" if additional else "train"
        yield Written(picture, f"{folder}/{number}.jpg", [f"{part}/{picture.label}/{number}"], "")
        last = picture
    if last is not None:
        _save(root / "test" / "0.jpg", last)


def _save(path: Path, picture: SyntheticPicture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    quality = QUALITY_AGAIN if picture.copy == "near_equal" else QUALITY
    Image.fromarray(picture.pixels).save(path, quality=quality)
