"""Whole slides as scanners leave them: files of any names in any folders, and a table of those that are used.

The table says whose diagnosis is known (`ingest.slides`). A slide is looked at as a whole; the squares of a grid that
are tissue (`ingest.tiles`) are the samples. A slide is the unit that is judged, a patient, where known, the group.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workflow_scripts.contracts.listed_table import TAKEN
from workflow_scripts.contracts.slide_table import UNLISTED
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest, TileRule
from workflow_scripts.data.adapters.interface import ListedSlide, Refused, Sample, SyntheticPicture, Written
from workflow_scripts.data.dicom.pseudonyms import Pseudonyms
from workflow_scripts.data.readers.slide_reader import Tile
from workflow_scripts.data.slides.listed_slides import SlideRow, check_classes, equal_slides, read_slide_rows
from workflow_scripts.data.slides.survey import FROM_TABLE, Scan, Survey, survey
from workflow_scripts.runtime.entry import log
from workflow_scripts.runtime.walking import walk

MODALITY = "slide"
PRIVATE = True
KNOWS_GROUPS = True
NEEDS = "slides"
KEYS = ("slides", "tiles")
LABELS = None
WHOLE_FIELDS = True
SYNTHETIC_LABELS = ("AC", "SCC")
# Files that are slides where no row of the table names them. DICOM files are not among them: most are parts of others.
ENDINGS = (".svs", ".tif", ".tiff", ".ndpi", ".mrxs", ".scn", ".bif", ".vms", ".vmu", ".svslide")
# By so much the user's µm per pixel may differ from the file's before it is worth a line.
_DIFFER = 1.05


def samples(root: Path, ingest: Ingest, pseudonyms: Pseudonyms) -> Iterator[Sample | Refused | ListedSlide]:
    """Every slide, the tiles of those that are taken, and what was refused; see data.adapters.interface.

    One slide is open at a time. UserError, too, where the table is not there or contradicts itself.
    """
    there = [item.path for item in walk(root) if item.kind == "file"]
    rows = read_slide_rows(root, ingest.slides, there)
    check_classes(rows, ingest.labels)
    copies = equal_slides(root, rows)
    rule = ingest.tiles or TileRule()
    used: set[str] = set()
    # In the order of pseudonyms: that of names is one of people.
    named = sorted(((pseudonyms.slide(row.path or row.named), row) for row in rows), key=lambda pair: pair[0])
    for slide, row in named:
        surveyed = _looked_at(root, row, rule, slide, copies)
        files = tuple(file.relative_to(root).as_posix() for file in surveyed.files)
        used.update(files)
        patient = pseudonyms.patient(row.patient) if row.patient else ""
        yield ListedSlide(_cells(slide, patient, surveyed), files, surveyed.overview)
        if not surveyed.taken:
            yield Refused(row.path or row.named, surveyed.reason, surveyed.detail)
        yield from _tiles(row, surveyed, slide, patient or slide, rule)
    unlisted = [path for path in there if path.lower().endswith(ENDINGS) and path not in used]
    for slide, path in sorted((pseudonyms.slide(path), path) for path in unlisted):
        nobody = Survey(UNLISTED, "no row of the table names it", (root / path,))
        yield ListedSlide(_cells(slide, "", nobody), (path,))


def _looked_at(root: Path, row: SlideRow, rule: TileRule, slide: str, copies: dict[int, int]) -> Survey:
    """What became of the slide of a row."""
    if not row.path:
        return Survey("missing_file", f"row {row.row} of the table names no file", ())
    if row.row in copies:
        return Survey("equal_slide", f"rows {copies[row.row]} and {row.row} of the table", (root / row.path,))
    surveyed = survey(root / row.path, row.microns, rule, slide)
    if surveyed.scan:
        _compare_microns(row, surveyed.scan)
    return surveyed


def _compare_microns(row: SlideRow, scan: Scan) -> None:
    """Log that the table gives pixels another size than the file, which counts."""
    if row.microns is None or scan.microns_from == FROM_TABLE:
        return
    if max(scan.microns / row.microns, row.microns / scan.microns) > _DIFFER:
        words = "ingest.slides: row %d says %g µm per pixel, the file %g; the file's counts"
        log.warning(words, row.row, row.microns, scan.microns)


def _cells(slide: str, patient: str, surveyed: Survey) -> dict[str, int | float | str]:
    """The row of contracts.slide_table."""
    names = {"patient": patient, "slide": slide, "reason": surveyed.reason, "detail": surveyed.detail}
    return {**names, **surveyed.counted()}


def _tiles(row: SlideRow, surveyed: Survey, slide: str, group: str, rule: TileRule) -> Iterator[Sample]:
    """The samples of a slide: its tiles by row and column of the grid."""
    if surveyed.reason != TAKEN:
        return
    assert surveyed.tiling and surveyed.scan
    side, microns = surveyed.tiling.side, surveyed.scan.microns
    for tile in surveyed.tiling.tiles:
        yield Sample(
            row.path,
            f"{slide}/{tile.row:04d}-{tile.column:04d}",
            row.label,
            group=group,
            unit=slide,
            part=Tile(tile.left, tile.top, side),
            attributes=row.attributes,
            values={
                "microns": microns,
                "tile_microns": side * microns / rule.pixels,
                "tissue": tile.tissue,
                "column": tile.column,
                "row": tile.row,
            },
        )


def write_synthetic(root: Path, pictures: Iterable[SyntheticPicture]) -> Iterator[Written]:
    """Write slides as scanners do, and the table, as a hospital would hand them over."""
    from workflow_scripts.data.slides import written_slides

    yield from written_slides.write_synthetic(root, pictures)
