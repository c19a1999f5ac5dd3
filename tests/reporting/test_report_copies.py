"""A report lists proven copies, those that matter most first, says how sure they are and what was not looked at."""

from dataclasses import replace

import pandas as pd
import pytest
from handmade import Study
from pages import text_of, without_groups, write

from tests.vouched import vouch
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, PROOF_COLUMNS
from workflow_scripts.contracts.splits import LEAKS
from workflow_scripts.data.readers.reader_interface import modality_of
from workflow_scripts.data.readers.slide_reader import SlideReader
from workflow_scripts.reporting.pages.copies_section import copies_section
from workflow_scripts.reporting.pages.summary_screen import not_looked_for
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.files import read_json

SEARCH = {
    **{"pictures": 1234, "unread": 0, "too_few_keypoints": 0, "unmatched": 0, "compared": 5678, "uncompared": 0},
    **{"impossible": 901, "threshold": 4.0, "correlation": 0.75, "by_chance": 0.03, "proven": 3},
}


def with_copies(study: Study, **search: object) -> Study:
    """Three proven pairs: one within a class, one that the first protocol tears apart, one of two labels."""
    folder = study.folder / "dataset"
    manifest = study.manifest()
    same = manifest[manifest["label"] == manifest["label"].iloc[0]]["id"].tolist()
    other = manifest[manifest["label"] != manifest["label"].iloc[0]]["id"].iloc[0]
    label, two = manifest["label"].iloc[0], manifest["label"].iloc[-1]
    rows = [
        (same[0], same[1], "turned", 0.05, label, label, 90, 0.99, 1.0, 1.0, 45.0, 1.0, 1.0, 0, 1e-6, "turned 45°"),
        (same[2], same[3], "cropped", 0.1, label, label, 20, 0.9, 0.5, 1.0, 0.0, 1.0, 1.0, 0, 1e-6, "a part"),
        (same[4], other, "flipped", 0.2, label, two, 9, 0.8, 1.0, 1.0, 0.0, 1.0, 1.0, 1, 0.01, "mirrored"),
    ]
    pairs = pd.DataFrame(rows, columns=[*EQUAL_PAIRS.columns, *PROOF_COLUMNS])
    EQUAL_PAIRS.write(folder / "equal_pairs.csv", pairs)
    torn = pd.DataFrame(
        [(0, "cropped", same[3], "test", label, same[2], "train", label, 0.1)], columns=list(LEAKS.columns)
    )
    protocol = next(iter(study.settings["protocols"]))
    LEAKS.write(study.folder / "splits" / f"{protocol}.leaks.csv", torn)
    vouch(study.folder / "splits" / f"{protocol}.json", f"{protocol}.csv", f"{protocol}.leaks.csv")
    record = read_json(folder / "record.json")
    kinds = {"turned": 1, "cropped": 1, "flipped": 1}
    vouch(folder / "record.json", **record | {"near_copies": SEARCH | search, "equal_pairs": kinds})
    return study


def test_one_pair_is_said_in_the_singular(tmp_path):
    study = with_copies(Study(tmp_path, paper="").write(), proven=1)
    assert "5 678 pairs were registered on each other; 1 is proven to be copies" in text_of(write(study, None))


def test_pairs_of_two_labels_come_first_then_those_torn_apart(tmp_path):
    html = write(with_copies(Study(tmp_path, paper="").write()), None)
    table = html[html.index("Proven copies") : html.index("Proven copies") + 6000]
    assert table.index("mirrored") < table.index("a part") < table.index("turned 45°")
    page = text_of(html)
    assert "Of 1 234 pictures, 5 678 pairs were registered on each other; 3 are proven" in page
    assert "differ, 0.03 such pairs are expected by chance" in page


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ({}, "brightened or stained; not the same scene taken again"),
        ({"too_few_keypoints": 7}, "(left out: 7 pictures of too little texture for a proof)"),
        (
            {"unread": 5, "unmatched": 70, "uncompared": 6},
            "(left out: 5 pictures when the time was over, 70 keypoints when the time was over, 6 pairs when",
        ),
    ],
)
def test_what_was_not_looked_at_is_said(tmp_path, search, words):
    study = without_groups(with_copies(Study(tmp_path, paper="").write(), **search))
    assert words in text_of(write(study, None))


def test_of_slides_the_report_says_that_they_were_compared_and_not_their_tiles(tmp_path):
    study = with_copies(Study(tmp_path, paper="").write())
    results = read_results(study.folder, study.received, None)
    dataset = replace(results.dataset, modality=modality_of(SlideReader()))
    of_slides, unsearched = (
        replace(results, dataset=replace(dataset, near_copies=search)) for search in (dataset.near_copies, None)
    )
    assert copies_section(of_slides)["compared_things"] == "slides"
    assert copies_section(results)["compared_things"] == "pictures"
    assert "slides that were scanned twice, turned, mirrored or of other colours; not tiles" in not_looked_for(
        of_slides
    )
    assert not_looked_for(unsearched).startswith("Looked for were slides of equal bytes; not slides that were scanned")


def test_without_a_search_nothing_is_said_of_one(small):
    page = text_of(small.page)
    assert "Proven copies" not in page and "registered on each other" not in page
