"""dataset/: what ingest found (manifest, quarantine, equal images) and arrays/: the packed pixels."""

from workflow_scripts.contracts.tables import Table

# id: readable, stable, unique; path: relative to the folder of its source; label: class; group: what must never be
# torn apart (empty: unknown); unit: id of what is judged; source: adapter; width, height in pixels; sha256 of the
# file's bytes, or of the crop's pixels where one file holds many samples (left, top, right, bottom follow then).
MANIFEST = Table(
    "manifest",
    {
        "id": "str",
        "path": "str",
        "label": "str",
        "group": "str",
        "unit": "str",
        "source": "str",
        "width": "int",
        "height": "int",
        "sha256": "str",
    },
    open=True,
    key=("id",),
)

# Further columns of the manifest where a sample is a window of its file, in pixels (it may reach beyond the edge), and
# where there are copies: how each is turned.
BOX = ("left", "top", "right", "bottom")
CHANGE = "change"

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
)
QUARANTINE = Table("quarantine", {"path": "str", "reason": "str", "detail": "str"}, values={"reason": REASONS})

# How two samples show the same picture. flipped: one is the other's mirror image, turned or not; turned: by 90, 180 or
# 270 degrees. The last three are judged by a distance, see data.equal_pairs.
PAIR_KINDS = ("equal_bytes", "equal_pixels", "near_equal", "flipped", "turned")
NEAR_KINDS = PAIR_KINDS[2:]
# Pairs of samples that show the same picture; kind: PAIR_KINDS; distance in [0, 1].
EQUAL_PAIRS = Table(
    "equal pairs",
    {"id_a": "str", "id_b": "str", "kind": "str", "distance": "float", "label_a": "str", "label_b": "str"},
    key=("id_a", "id_b"),
    values={"kind": ("equal_bytes", "equal_pixels", "near_equal")},
)

# Rows [first, first + count) of the array belong to a sample.
ARRAY_INDEX = Table("array index", {"id": "str", "first": "int", "count": "int"}, key=("id",))
