"""Immunohistochemistry images in the folders normal, low_grade and high_grade; patients.csv beside them where known.

Zheng et al., Br J Hosp Med (2024) print no layout, since their images are given on request only; this one is the
adapter `folder` with the three grades. patients.csv (setting `ingest.groups`) has the columns path and group (the
patient) and what else is known: age, stage, treatment, hpv.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.data.adapters import folder
from workflow_scripts.data.adapters.interface import Refused, Sample, SyntheticPicture, Written
from workflow_scripts.data.raw_folders import normal

LABELS = ("high_grade", "low_grade", "normal")
TABLE = "patients.csv"


def samples(root: Path, ingest: Ingest) -> Iterator[Sample | Refused]:
    """Every image below a folder of a grade; see data.adapters.interface. `Low-grade` is read as low_grade."""
    for item in folder.samples(root, ingest):
        if isinstance(item, Refused):
            yield item
            continue
        label = normal(item.label).lower().replace("-", "_").replace(" ", "_")
        if label in LABELS:
            yield Sample(item.path, item.id, label, item.group, item.unit, attributes=item.attributes)
        else:
            yield Refused(item.path, "no_label", f"folder {item.label!r} is none of {', '.join(LABELS)}")


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write each picture as TIFF, and patients.csv at the end."""
    yield from folder.write_folders(root, pictures, TABLE, ".tif", compression="tiff_lzw")
