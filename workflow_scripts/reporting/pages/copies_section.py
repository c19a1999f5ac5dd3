"""What a study's report shows of copies that keypoints prove: which, what was done to them, and how sure that is."""

from typing import Any

import pandas as pd

from workflow_scripts.contracts.copy_findings import ALLOWED
from workflow_scripts.contracts.public_sets import public_sets
from workflow_scripts.contracts.slide_table import SLIDE_MODALITY
from workflow_scripts.contracts.splits import LEAKS
from workflow_scripts.reporting.pages.page_figure import picture_uri
from workflow_scripts.reporting.results import Results
from workflow_scripts.runtime.study_paths import StudyPaths

# Pairs that a page shows; equal_pairs.csv has all.
SHOWN = 50


def copies_section(results: Results) -> dict[str, Any]:
    """The search, and its pairs: two labels first, then those that a protocol tears apart, then the clearest."""
    search = results.dataset.near_copies
    pairs, paths = results.equal_pairs, StudyPaths(results.folder)
    repeats_of = {public.names[0]: public.repeats for public in public_sets() if public.repeats}
    repeats = [(name, repeats_of[name]) for name in results.dataset.public_sets if name in repeats_of]
    section: dict[str, Any] = {"search": search, "public_repeats": repeats, "chance_allowed": ALLOWED}
    section["compared_things"] = "slides" if results.dataset.modality.name == SLIDE_MODALITY else "pictures"
    section |= {"copies": [], "copies_more": False, "copies_picture": None}
    if search is None or "agreeing" not in pairs:
        return section
    proven = pairs[pairs["agreeing"].notna()]
    leaks = [LEAKS.read(paths.leaks(protocol)) for protocol in results.protocols]
    torn = {ends for table in leaks for ends in _ends(table)}
    order = pd.DataFrame(
        {
            "two_labels": proven["label_a"] != proven["label_b"],
            "torn": [ends in torn for ends in _ends(proven)],
            "by_chance": -proven["by_chance"],
            "agreeing": proven["agreeing"],
        }
    ).sort_values(["two_labels", "torn", "by_chance", "agreeing"], ascending=False, kind="stable")
    shown = proven.loc[order.index[:SHOWN]].assign(torn=order["torn"])
    picture = picture_uri(paths.near_copies) if paths.near_copies.exists() else None
    listed = {"copies": shown.to_dict("records"), "copies_more": len(proven) > SHOWN, "copies_picture": picture}
    return section | listed


def _ends(pairs: pd.DataFrame) -> list[frozenset[str]]:
    return [frozenset(ends) for ends in zip(pairs["id_a"], pairs["id_b"], strict=True)]
