"""Numbers that the README shows are those that the commands beside them give."""

import re
from pathlib import Path

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONSISTENT, NOT_CHECKABLE
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.reporting.pages.consistency_page import write_table
from workflow_scripts.reporting.pages.scoreboard import paper_scores

ROOT = Path(__file__).resolve().parents[1]
# Rows of the table of printed numbers, by the words that they begin with.
ROWS = {
    "cvm_cervix": "CVM-Cervix",
    "zeb2_ihc": "ZEB2",
    "colposcopy_resnet50": "Colposcopy",
    "mri_resnet": "MRI",
    "histology_vgg": "Whole slides and visits",
}


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Paper → its row of the scoreboard, with no study run."""
    folder = tmp_path_factory.mktemp("consistency")
    papers = sorted(path.parent for path in (ROOT / "workflow_scripts" / "studies").glob("*/published.yaml"))
    published = [read_published(paper / "published.yaml") for paper in papers]
    write_table(folder / "consistency.csv", [(paper, check_all(paper)) for paper in published])
    return {score.paper: score for score in paper_scores(papers, folder / "consistency.csv", [], folder)}


def test_every_paper_has_its_row_of_printed_numbers_as_the_check_counts_them(scores):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    head = "| paper | numbers printed | contradictions | fit only if … | notes | consistent | not checkable |"
    table = text[text.index(head) :].split("\n\n")[0]
    shown = {
        cells[0]: cells[1:]
        for cells in re.findall(r"^\| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", table, re.M)
    }
    assert set(scores) == set(ROWS)
    for paper, words in ROWS.items():
        score = scores[paper]
        (cells,) = [cells for name, cells in shown.items() if name.startswith(words)]
        issues = [f"{count} ({score.numbers[kind]})" for kind, count in score.issues.items()]
        expected = (score.printed, *issues, score.numbers[CONSISTENT], score.numbers[NOT_CHECKABLE])
        assert cells == tuple(map(str, expected))


def test_every_relative_link_leads_to_a_file():
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*pages, *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_the_readme_is_read_in_four_minutes():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 110 and len(text.split()) <= 900
