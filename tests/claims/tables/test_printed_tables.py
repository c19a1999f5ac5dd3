"""Tables of real papers, where they are: in the folder that REAL_DATA names; else they are skipped."""

import os
import sys
import time
from pathlib import Path

import pytest

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF

FOLDER = Path(os.environ.get("REAL_DATA", "/nowhere")) / "printed_tables"


@pytest.fixture(scope="module")
def read():
    if not FOLDER.is_dir():
        pytest.skip("printed_tables is not here; REAL_DATA names the folder of such data sets")
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    try:
        from printed_tables import read_papers
    finally:
        sys.path.pop(0)
    start = time.perf_counter()
    return read_papers(FOLDER), time.perf_counter() - start


def test_no_paper_is_accused_that_another_arithmetic_lets_be(read):
    papers, seconds = read
    assert [p.id for p in papers if p.outcome == CONTRADICTION and p.expected != CONTRADICTION] == []
    assert seconds < 60


def test_contradictions_are_found_with_the_right_cells(read):
    papers = [paper for paper in read[0] if paper.expected == CONTRADICTION]
    assert len(papers) == 25 and sum(paper.right_cell for paper in papers) >= 23


def test_readings_that_the_papers_do_not_state_are_named(read):
    papers = [paper for paper in read[0] if paper.expected == FITS_ONLY_IF]
    assert len(papers) == 24 and sum(paper.right_reading for paper in papers) >= 20
