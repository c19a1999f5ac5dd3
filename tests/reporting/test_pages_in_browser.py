"""Every kind of page in a browser: no serious barrier, light and dark, and nothing wider than a phone."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import seen
from handmade import Study
from pages import PAPER
from worked_examples import examples

from tests.page_links import dead_links, doubled_anchors
from tests.system import require
from tests.vouched import revouch
from workflow_scripts.commands.one_paper import answer_for, read_paper_file
from workflow_scripts.reporting.pages.answer_page import page_of
from workflow_scripts.steps import consistency, index, report


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A results folder with a report, the page of printed numbers, the index, and a checked paper."""
    folder = tmp_path_factory.mktemp("results")
    explain = {"runs": ["cvm"], "images": 4, "errors": 4, "embedding": True}
    study = Study(folder, explain=explain).write()
    revouch(study.folder)
    out = study.folder / "report.html"
    report.main(SimpleNamespace(settings=study.settings, code="", study_folder=study.folder, paper=PAPER, out=out))
    table, page = folder / "consistency.csv", folder / "consistency.html"
    consistency.main(SimpleNamespace(paper=[PAPER], table=table, out=page))
    settings = {"papers": [PAPER.name], "studies": {"cvm_cervix": {"title": "Cells", "paper": "cvm_cervix"}}}
    first = folder / "index.html"
    index.main(SimpleNamespace(settings=settings, results=folder, paper=[PAPER], consistency=table, out=first))
    checked = folder / "checked.html"
    (folder / "tables.txt").write_text(next(examples()).text, encoding="utf-8")
    checked.write_text(page_of(answer_for(read_paper_file(folder / "tables.txt"))), encoding="utf-8")
    return {"report": out, "consistency": page, "index": first, "checked paper": checked}


def test_no_link_of_any_page_is_dead_and_no_anchor_is_double(pages):
    for name, page in pages.items():
        assert (dead_links(page), doubled_anchors(page)) == ([], set()), name


@pytest.mark.slow
@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize("name", ["report", "consistency", "index", "checked paper"])
def test_a_page_has_no_serious_barrier_and_fits_its_screen_light_and_dark(name, width, pages, tmp_path):
    axe = Path(pytest.importorskip("axe_core_python").__file__).with_name("axe.min.js")
    chromium = require(["chromium"], ["chromium"])["chromium"]
    shown = seen(chromium, pages[name], tmp_path, width, axe, dark=width == 390)
    assert shown.serious == [] and shown.wide <= width
