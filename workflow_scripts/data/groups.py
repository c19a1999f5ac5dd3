"""Which images belong together, as a user's table says it: read, compared, and doubted where names are nearly equal."""

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workflow_scripts.contracts.missing_words import MISSING
from workflow_scripts.contracts.spreadsheet import Sheet, read_sheet, tidy
from workflow_scripts.data.images import SUFFIXES
from workflow_scripts.data.raw_folders import normal
from workflow_scripts.runtime.entry import log

SETTING = "ingest.groups"
# Words for "not known", compared without case. As a cell of a further column the last ones may be values of their own.
UNKNOWN = MISSING | {"none", "nil", "-", "--", "–", "—", "?", "??", ".", "unknown", "missing"}
# A name that so many of the images share, beside several other names, is hardly one patient.
SUSPECT_SHARE, SUSPECT_GROUPS = 1 / 3, 5
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_POINT_ZERO = re.compile(r"(?<=\d)[.,]0+$")


@dataclass(frozen=True)
class Grouping:
    """What the table of groups says of an image; `attributes`: its further columns."""

    group: str = ""
    unit: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def read_groups(root: Path, name: str, paths: list[str]) -> dict[str, Grouping]:
    """Path (NFC) → its grouping from a user's table below `root`; `paths` are those of the images.

    UserError for lacking columns, paths of no image, a path given twice.
    """
    sheet = read_sheet(root / name, SETTING, ("path", "group"), ("unit",))
    given = known_paths(sheet, SETTING, root, paths)
    without = len(paths) - len(given)
    if without:
        message = "%s names no group for %d of %d images; for them no group is known"
        log.warning(message, sheet.path, without, len(paths))
    units = sheet.columns.get("unit", [""] * len(given))
    groups, units = without_unknown(sheet.columns["group"], sheet.path), without_unknown(units, sheet.path)
    attributes = further_cells(sheet, ("path", "group", "unit"))
    rows = zip(given, groups, units, attributes, strict=True)
    return {path: Grouping(group, unit, more) for path, group, unit, more in rows}


def known_paths(sheet: Sheet, where: str, root: Path, paths: Iterable[str]) -> list[str]:
    """The cells of the column `path` of a user's table, each as that of an image below `root` is written (NFC).

    UserError, beginning with `where`, for a path of no image and for one that is given twice.
    """
    of_images = {normal(path) for path in paths}
    without_space = {tidy(path): path for path in of_images}
    rows: dict[str, int] = {}
    foreign: dict[int, str] = {}
    repeated: dict[int, str] = {}
    for row, cell in zip(sheet.rows, sheet.columns["path"], strict=True):
        # A backslash separates folders where the table comes from Windows, and may stand in a name elsewhere.
        path = cell if cell in of_images else cell.replace("\\", "/").removeprefix("./")
        if path not in of_images and path not in without_space:
            # Near names are sought among all images, which takes long: for the first alone.
            foreign[row] = "" if foreign else f"no image {path!r} in {root}{_hint(path, root, of_images)}"
            continue
        path = path if path in of_images else without_space[path]
        if path in rows:
            repeated[row] = f"{path!r} is given twice; keep one row"
        rows[path] = row
    sheet.refuse_rows(where, foreign)
    sheet.refuse_rows(where, repeated)
    return list(rows)


def _hint(path: str, root: Path, candidates: Iterable[str]) -> str:
    if path and Path(path).suffix.lower() not in SUFFIXES and (root / path).is_file():
        return f"; its ending is none of {', '.join(SUFFIXES)}"
    near = difflib.get_close_matches(path, sorted(candidates), 1)
    return f"; did you mean {near[0]!r}?" if near else "; paths are relative to that folder"


def further_cells(sheet: Sheet, own: Container[str]) -> list[dict[str, str]]:
    """Column → cell of each row, of the columns that are not the table's own; words for "not known" become empty."""
    further = {column: cells for column, cells in sheet.columns.items() if column not in own}
    return [
        {column: "" if cells[line].casefold() in MISSING else cells[line] for column, cells in further.items()}
        for line in range(len(sheet.rows))
    ]


def without_unknown(names: list[str], path: Path) -> list[str]:
    """The names, empty where they say that nothing is known; which words do is logged."""
    words = Counter(name for name in names if name.casefold() in UNKNOWN)
    if words:
        counted = ", ".join(f"{word!r} {times} times" for word, times in sorted(words.items()))
        log.warning("%s: %s; read as unknown", path, counted)
    return ["" if name in words else name for name in names]


def alike(names: Iterable[str]) -> list[list[str]]:
    """Sets of names that differ in case, inner white space, `1` and `1.0`, leading zeros, or `_` and `-` alone."""
    by_key = defaultdict(set)
    for name in names:
        key = re.sub(r"\s+", "", name.casefold()).replace("_", "-")
        by_key[_ZEROS.sub("", _POINT_ZERO.sub("", key))].add(name)
    return sorted(sorted(spelt) for spelt in by_key.values() if len(spelt) > 1)


def warn_of_alike(addresses: Mapping[str, str], setting: str) -> None:
    """Warn of patients whose names are nearly equal. `addresses`: name → where it stands, as only this may be told."""
    pairs = [[addresses[name] for name in names] for names in alike(addresses)]
    if pairs:
        log.warning(
            "%s: names of %d patients are nearly equal (but for case, white space, zeros in front, `_` and `-`), first "
            "%s; they count as different patients: if they are one, write them alike",
            *(setting, len(pairs), " and ".join(sorted(min(pairs)))),
        )


def doubts(groups: list[str]) -> list[list[str]]:
    """Warn of groups whose names are nearly equal or that hold too much for one patient; the names that are alike.

    `groups`: that of each sample, empty where unknown.
    """
    counts = Counter(group for group in groups if group)
    pairs = alike(counts)
    if pairs:
        first = " and ".join(map(repr, pairs[0]))
        log.warning(
            "groups: %d names are nearly equal, first %s; they count as different groups: if they are one patient, "
            "write them alike, or its images will be torn apart",
            len(pairs),
            first,
        )
    group, most = counts.most_common(1)[0] if counts else ("", 0)
    if most > SUSPECT_SHARE * len(groups) and len(counts) >= SUSPECT_GROUPS:
        log.warning(
            "groups: %r holds %d of %d images; if the name means that the patient is unknown, leave the cell empty",
            *(group, most, len(groups)),
        )
    return pairs
