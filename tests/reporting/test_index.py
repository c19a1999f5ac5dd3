"""The index: a row a study, grouped by paper, with the numbers that its report left."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from handmade import Study

from tests.vouched import revouch
from workflow_scripts.claims.checks import check_all, overall
from workflow_scripts.claims.issues import issues, numbers_by_outcome
from workflow_scripts.claims.outcome import CONSISTENT, FITS_ONLY_IF, ISSUES, NOT_CHECKABLE, NOTE
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json, write_json
from workflow_scripts.steps import consistency, index, report

PAPER = Path(report.__file__).parents[1] / "studies" / "cvm_cervix"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder with a made study of a paper and a real one without."""
    folder = tmp_path_factory.mktemp("results")
    for name, paper, source in (("cvm_cervix", PAPER, "synthetic"), ("own_cells", None, "real")):
        study = Study(folder / name, source=source, study=name, paper=paper.name if paper else "").write()
        study.folder.rename(folder / "moved")
        (folder / name).rmdir()
        (folder / "moved").rename(folder / name)
        out = folder / name / "report.html"
        report.main(SimpleNamespace(study_folder=folder / name, settings=study.settings, code="", paper=paper, out=out))
    return folder


def write(results, *names):
    settings = {
        "papers": [PAPER.name],
        "studies": {
            "cvm_cervix": {"title": "Combined <data>", "paper": "cvm_cervix"},
            "own_cells": {"title": "", "paper": ""},
        },
    }
    settings["studies"] = {name: settings["studies"][name] for name in names or settings["studies"]}
    out, papers = results / "index.html", [PAPER, PAPER.parent / "colposcopy_resnet50"]
    table = results / "consistency.csv"
    if not table.exists():
        consistency.main(SimpleNamespace(paper=papers, table=table, out=results / "consistency.html"))
    for name in settings["studies"]:
        revouch(results / name)
    index.main(SimpleNamespace(settings=settings, results=results, paper=papers, consistency=table, out=out))
    return out.read_text(encoding="utf-8")


def row(page, name):
    page = page[page.index("</section>") :]
    line = next(line for line in re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL) if f"<code>{name}</code>" in line)
    return [
        " ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd].*?</t[hd]>", line, re.DOTALL)
    ]


def test_each_study_has_a_row_with_published_obtained_and_premium(results):
    page = write(results)
    metrics = read_json(results / "cvm_cervix" / "metrics.json")
    title, data, number, published, leaking, free, premium = row(page, "cvm_cervix")
    assert title == "Combined &lt;data&gt; cvm_cervix"
    assert data == "synthetic , demo 20 samples, 2 classes"
    assert number == "Accuracy cvm"
    assert published == "91.72 %"
    for cell, protocol in ((leaking, "published"), (free, "grouped")):
        value = metrics["headline"]["cvm"]["accuracy"]["protocols"][protocol]["value"]
        assert cell.startswith(f"{100 * value:.1f} % ")
        assert f"{protocol}, n = 4" in cell
    difference = 100 * metrics["leak_premium"]["grouped"]["cvm"]["value"]
    assert premium.startswith(f"{difference:+.1f}".replace("-", "−"))


def test_studies_without_a_paper_come_last_and_show_no_published_number(results):
    page = write(results)
    assert page.index('id="studies-cvm_cervix"') < page.index('id="studies-without-paper"')
    assert ">CVM-Cervix</a></h2>" in page and ">Studies without a paper</a></h2>" in page
    title, data, _, published, *_ = row(page, "own_cells")
    assert title == "own_cells own_cells"
    assert data.startswith("real , demo")
    assert published == "–"


def test_links_lead_to_the_reports_and_the_tables_and_nowhere_else(results):
    page = write(results)
    links = re.findall(r'(?:href|src)="([^"#]+)"', page)
    tables = {"runs.csv", "runs.md", "runs.tex", "runs.html"}
    assert set(links) == {"consistency.html", "cvm_cervix/report.html", "own_cells/report.html", *tables}
    assert all((results / link).is_file() for link in links)
    anchors = re.findall(r'id="([^"]+)"', (results / "consistency.html").read_text(encoding="utf-8"))
    assert set(re.findall(r'href="consistency.html#([^"]+)"', page)) <= set(anchors)


def score(page, paper):
    """Cells of a paper's row on the scoreboard."""
    line = next(line for line in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f"consistency.html#{paper}" in line)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", line, re.DOTALL)]


def test_the_scoreboard_counts_distinct_issues_beside_the_numbers_that_they_are_about(results):
    page = write(results)
    published = read_published(PAPER / "published.yaml")
    outcomes = check_all(published)
    found, distinct = overall(outcomes), [issue.outcome for issue in issues(published, outcomes)]
    numbers = numbers_by_outcome(published, found)
    printed, *cells, fits, unknown, _ = score(page, "cvm_cervix")
    assert int(printed) == numbers.total() < len(published.claims)
    assert cells == [f"{distinct.count(kind)} ({numbers[kind]})" for kind in ISSUES]
    assert [int(fits), int(unknown)] == [numbers[name] for name in (CONSISTENT, NOT_CHECKABLE)]
    assert numbers[NOTE] > distinct.count(NOTE) > 0 < distinct.count(FITS_ONLY_IF)


def test_the_scoreboard_shows_verdicts_and_premium_and_what_was_not_run(results):
    page = write(results)
    obtained = score(page, "cvm_cervix")[-1]
    verdicts = VERDICT.read(results / "cvm_cervix" / "verdict.csv")["verdict"].value_counts()
    assert all(f"{count} {word}" in obtained for word, count in verdicts.items())
    assert "leak premium of cvm:" in obtained and "2 training seeds: fewer than 3" in obtained
    assert "not run: Herlev, normal against abnormal; Peripheral blood cells, 8 classes" in obtained
    assert score(page, "colposcopy_resnet50")[-1].startswith("not run: Transformation zones")


def test_verdict_words_on_the_scoreboard_say_what_is_in_them(results):
    path = results / "cvm_cervix" / "verdict.csv"
    kept, table = path.read_bytes(), VERDICT.read(path)
    try:
        VERDICT.write(path, table.assign(verdict=["lower", *table["verdict"][1:]]))
        page = write(results)
        assert "1 lower" in score(page, "cvm_cervix")[-1] and "the paper's own chance" in page
    finally:
        path.write_bytes(kept)


def test_synthetic_data_are_announced_only_where_there_are_any(results):
    assert "they say nothing about a paper" in write(results)
    assert "they say nothing about a paper" not in write(results, "own_cells")


def test_a_missing_report_or_metrics_file_is_named(results):
    for name in ("report.html", "metrics.json", "verdict.csv"):
        path = results / "own_cells" / name
        kept = path.read_bytes()
        path.unlink()
        try:
            with pytest.raises(UserError, match=f"own_cells/{name} is missing"):
                write(results)
        finally:
            path.write_bytes(kept)


def test_an_undefined_premium_is_a_dash(results):
    path = results / "cvm_cervix" / "metrics.json"
    kept = read_json(path)
    write_json(path, {**kept, "leak_premium": {"grouped": {"cvm": {}}}})
    try:
        assert row(write(results), "cvm_cervix")[-1] == "– against grouped"
    finally:
        write_json(path, kept)
