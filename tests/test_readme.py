"""Numbers that the README shows are those that the commands beside them give."""

import re
from pathlib import Path

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.reporting.pages.consistency_page import write_table
from workflow_scripts.reporting.pages.scoreboard import paper_scores

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Paper → its row of the scoreboard, with no study run."""
    folder = tmp_path_factory.mktemp("consistency")
    papers = sorted(path.parent for path in (ROOT / "workflow_scripts" / "studies").glob("*/published.yaml"))
    published = [read_published(paper / "published.yaml") for paper in papers]
    write_table(folder / "consistency.csv", [(paper, check_all(paper)) for paper in published])
    return {score.paper: score for score in paper_scores(papers, folder / "consistency.csv", [], folder)}


def test_every_paper_has_its_row_with_the_counts_of_the_index(scores):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(.+)\]\(docs/papers/(\w+)\.md\) \| (\d+) \| (\d+) \| (\d+) \|", text, re.MULTILINE)
    expected = [
        (score.title, paper, str(score.printed), *(str(score.issues[kind]) for kind in (CONTRADICTION, FITS_ONLY_IF)))
        for paper, score in scores.items()
    ]
    assert len(rows) == 5 and sorted(rows) == sorted(expected)


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
