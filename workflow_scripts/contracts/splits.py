"""splits/: which sample is used for what, and what a protocol leaves on both sides."""

from workflow_scripts.contracts.tables import Table

SUBSETS = ("train", "validation", "test")
# What a protocol reports, in the words of titles and captions.
REPORTED_WORDS = {"test": "test", "validation": "validation images, selected on"}


def reported_subset(rule: dict) -> str:
    """The subset whose numbers a protocol with this rule reports.

    "test", but "validation" for a hold-out without a test subset: the epoch was chosen on the very images it reports.
    """
    return "validation" if rule["kind"] == "holdout" and rule["fractions"][2] == 0 else "test"


SPLIT = Table("split", {"id": "str", "fold": "int", "subset": "str"}, key=("id", "fold"))

# why: group, unit, equal_bytes, equal_pixels, near_equal; distance as in equal pairs, 0 for group and unit.
LEAKS = Table(
    "leaks",
    {
        "fold": "int",
        "why": "str",
        "id_a": "str",
        "subset_a": "str",
        "id_b": "str",
        "subset_b": "str",
        "distance": "float",
    },
)
