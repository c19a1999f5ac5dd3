"""Your own images: a folder for each class, of any name, with any folders below it.

Where the source holds nothing but one folder, the classes are looked for inside that. Groups (patient, slide, field)
are known only from a CSV file with the columns path and group and, if wanted, unit; paths are relative to the source.
Its further columns (age, stage, …) become columns of the manifest.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from PIL import Image

from workflow_scripts.contracts.entry import log
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.data.adapters.base import MadePicture, Refused, Sample, Written
from workflow_scripts.data.sources import image_files, normal, without_extension

LABELS = None
# Columns of the manifest, see contracts.dataset and ingest.
TAKEN = {"id", "label", "source", "width", "height", "sha256", "left", "top", "right", "bottom", "change"}
MADE_LABELS = ("high_grade", "low_grade", "normal")


@dataclass(frozen=True)
class Grouping:
    """What the CSV file of groups says of an image; `attributes`: its further columns."""

    group: str = ""
    unit: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def samples(root: Path, ingest: SimpleNamespace) -> Iterator[Sample | Refused]:
    """Every image below a class folder; see data.adapters.base."""
    paths = list(image_files(root))
    if not paths:
        raise UserError(f"no image file in {root}; put a folder with images for each class there")
    groups = read_groups(root, ingest.groups, paths) if ingest.groups else {}
    depth = _wrapping_folders(paths)
    for path in paths:
        parts = path.split("/")
        if len(parts) < depth + 2:
            yield Refused(path, "no_label", "lies in no class folder")
            continue
        known = groups.get(normal(path), Grouping())
        yield Sample(
            path,
            without_extension(path),
            normal(parts[depth]),
            known.group,
            known.unit,
            attributes=known.attributes,
        )


def _wrapping_folders(paths: list[str]) -> int:
    """How many folders all images lie in before the class folders begin."""
    depth = 0
    parts = [path.split("/") for path in paths]
    while len({tuple(part[: depth + 1]) for part in parts}) == 1 and min(map(len, parts)) > depth + 2:
        depth += 1
    return depth


def read_groups(root: Path, name: str, paths: list[str]) -> dict[str, Grouping]:
    """Path → its grouping from a CSV file; UserError for lacking columns, paths of no file, a path given twice."""
    file = root / name
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            f"ingest.groups: {file} is missing; it is looked for inside the source, null: no groups are known"
        ) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise UserError(f"ingest.groups: {file} is not a readable CSV file ({error})") from None
    for column in ("path", "group"):
        if column not in table.columns:
            raise UserError(f"ingest.groups: {file} lacks the column {column!r}; it has {', '.join(table.columns)}")
    known = {normal(path) for path in paths}
    given = [normal(path.replace("\\", "/").removeprefix("./")) for path in table["path"]]
    for row, path in enumerate(given):
        if path not in known:
            near = difflib.get_close_matches(path, sorted(known), 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; paths are relative to the source"
            raise UserError(f"ingest.groups: {file}, row {row + 2}: no image {path!r} in the source{hint}")
    repeated = pd.Series(given).duplicated()
    if repeated.any():
        row = int(repeated.to_numpy().argmax())
        raise UserError(f"ingest.groups: {file}, row {row + 2}: {given[row]!r} is given twice; keep one row")
    without = len(known) - len(given)
    if without:
        log.warning("%s names no group for %d of %d images; for them no group is known", file, without, len(known))
    further = [column for column in table.columns if column not in ("path", "group", "unit")]
    if taken := sorted(set(further) & TAKEN):
        raise UserError(f"ingest.groups: {file} has a column {taken[0]!r}, which the manifest fills itself; rename it")
    units = table["unit"] if "unit" in table.columns else [""] * len(table)
    columns = zip(table["group"], units, table[further].to_dict("records"), strict=True)
    return {path: Grouping(*known) for path, known in zip(given, columns, strict=True)}


def write_made(root: Path, pictures: Iterable[MadePicture]) -> Iterator[Written]:
    """Write each picture as PNG, and groups.csv at the end."""
    yield from write_folders(root, pictures, "groups.csv", ".png", compress_level=3)


def write_folders(
    root: Path, pictures: Iterable[MadePicture], table: str, suffix: str, **options: object
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
