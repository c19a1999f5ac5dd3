"""dataset/: what ingest found: manifest, quarantine, equal images."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from workflow_scripts.contracts.record import read_record
from workflow_scripts.contracts.tables import Table
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy

# What every manifest has. id: readable, stable, unique; path: of the file, or of the folder of a series, relative to
# the folder of its source; label: class; group: what must never be torn apart (empty: unknown); unit: id of what is
# judged; source: adapter; sha256 of the file's bytes, or of the sample's rows where one file holds many samples.
CORE = {"id": "str", "path": "str", "label": "str", "group": "str", "unit": "str", "source": "str", "sha256": "str"}
MANIFEST = Table("manifest", CORE, open=True, key=("id",))
# How a copy is turned, see data.selecting: a column of modalities whose samples can be.
CHANGE = "change"


@dataclass(frozen=True)
class Modality:
    """What samples of a modality add to the manifest's core; the dataset's record holds it.

    `columns`: name → type of what every sample has, such as width and height; they stand before sha256. `optional`:
    columns that follow where some samples are parts of their files (which part) or copies (how each is turned); their
    cells may be empty.
    """

    name: str
    columns: Mapping[str, str]
    optional: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> Table:
        """The contract of a manifest of this modality."""
        before = {name: kind for name, kind in CORE.items() if name != "sha256"}
        columns = {**before, **self.columns, "sha256": CORE["sha256"]}
        return Table(MANIFEST.name, columns, open=True, key=MANIFEST.key, optional=self.optional)

    def own_columns(self) -> frozenset[str]:
        """Columns that the project fills: no column of a user's table may take their place."""
        return frozenset((*CORE, *self.columns, *self.optional))

    def as_record(self) -> dict[str, str | dict[str, str]]:
        """What the dataset's record holds under `modality`."""
        return asdict(self)


def read_modality(dataset: Path) -> Modality:
    """The modality of the dataset in a folder, as its record says; UserError where the record says none."""
    path = dataset / "record.json"
    modality = read_record(path).get("modality")
    if modality is None:
        raise UserError(f"{path} does not say of which modality its samples are; {remedy(path)}")
    return Modality(**modality)


def read_manifest(dataset: Path) -> pd.DataFrame:
    """The manifest of the dataset in a folder, each column of the type that its modality gives it.

    Raises UserError when the manifest or the record beside it is missing or broken.
    """
    return read_modality(dataset).table().read(dataset / "manifest.csv")


def neighbours_alike(dataset: Path) -> bool:
    """Whether samples of one group that follow each other look alike without being copies, as slices do."""
    return bool(read_record(dataset / "record.json").get("neighbours_alike", False))


REASONS = (
    "empty_file",
    "not_an_image",
    "truncated",
    "too_large",
    "too_small",
    "unsupported_mode",
    "unreadable",
    "no_label",
    "outside_image",
    "missing_file",
    "duplicate_id",
    "special_file",
    "folder_link",
    "other_ending",
    "not_a_number",
    "incomplete",
    "not_dicom",
    "constant_image",
    "duplicate_slice",
    "no_slice",
    "not_a_slide",
    "equal_slide",
    "no_microns",
    "too_coarse",
    "fluorescence",
    "blank",
    "only_pen",
    "no_tile",
    "no_patient",
    "no_time",
    "impossible_date",
    "out_of_order",
    "duplicate_visit",
    "no_outcome",
)
QUARANTINE = Table("quarantine", {"path": "str", "reason": "str", "detail": "str"}, values={"reason": REASONS})

# How two samples show the same picture. flipped: one is the other's mirror image, turned or not; turned: without a
# mirror, by any angle. equal_rows: of samples that are no pictures. Those of NEAR_KINDS are judged by the distance of
# thumbnails (data.equal_pairs) unless keypoints prove them; those after them are proven by keypoints alone
# (data.copies): cropped: one picture is a part of the other; overlapping: each shows a part of the other; stained: in
# other colours; the last three differ in light, in size, or by compression alone.
EQUAL_ROWS = "equal_rows"
PAIR_KINDS = (
    *("equal_bytes", "equal_pixels", EQUAL_ROWS, "near_equal", "flipped", "turned"),
    *("cropped", "overlapping", "stained", "brightened", "resized", "saved_again"),
)
NEAR_KINDS = PAIR_KINDS[3:6]
# What is known of a pair whose keypoints prove it, empty elsewhere: matching keypoints, correlation of the registered
# pixels, share of each picture that lies on the other; then what makes the first the second: turn in degrees,
# clockwise, after a mirror (0 or 1), factor of size, stretch; pairs as clear that are expected by chance; all in words.
PROOF_COLUMNS = {
    **{"agreeing": "int", "correlation": "float", "overlap_a": "float", "overlap_b": "float"},
    **{"turn": "float", "scale": "float", "stretch": "float", "mirrored": "int", "by_chance": "float"},
    "changes": "str",
}
# Pairs of samples that show the same picture, or whose rows of numbers are equal; kind: PAIR_KINDS; distance in [0, 1].
EQUAL_PAIRS = Table(
    "equal pairs",
    {"id_a": "str", "id_b": "str", "kind": "str", "distance": "float", "label_a": "str", "label_b": "str"},
    key=("id_a", "id_b"),
    values={"kind": PAIR_KINDS},
    optional=PROOF_COLUMNS,
)
