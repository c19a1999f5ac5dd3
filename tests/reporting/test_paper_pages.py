"""Pages of papers: what a study came to is kept whole, and the page says it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pages import PAPER

from workflow_scripts.commands.keep_results import keep
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.verdict_table import VERDICT
from workflow_scripts.documentation.kept_study import KeptStudy, Origin, as_text, kept_study, read_kept
from workflow_scripts.documentation.paper_pages import PaperPage, paper_pages, premium_words, shown, text
from workflow_scripts.documentation.papers_table import table
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings
from workflow_scripts.reporting.formatting import grouped
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = Origin("snakemake cvm_cervix_report --cores all", "0123456", "2026-11-28", "cvm_cervix")


@pytest.fixture(scope="module")
def kept(small) -> KeptStudy:
    """What is kept of the small study."""
    results = read_results(small.study.folder, parse(ReportSettings, small.study.settings), PAPER)
    return kept_study(results, "A small study", ORIGIN)


@pytest.fixture(scope="module")
def page() -> PaperPage:
    """The paper, with nothing kept."""
    pages = {page.published.paper: page for page in paper_pages(ROOT)}
    assert len(pages) == 5
    return replace(pages["cvm_cervix"], kept=())


def test_what_is_written_is_read_again_as_it_was(kept, tmp_path):
    folder = tmp_path / "docs" / "papers"
    folder.mkdir(parents=True)
    (folder / "small.json").write_text(as_text(kept), encoding="utf-8")
    (folder / "real.json").write_text(as_text(replace(kept, synthetic=False)), encoding="utf-8")
    assert read_kept(tmp_path) == [replace(kept, synthetic=False), kept]
    assert json.loads(as_text(kept))["command"] == ORIGIN.command


def test_the_numbers_kept_are_those_of_metrics_and_verdict(kept, small):
    numbers = json.loads((small.study.folder / "metrics.json").read_text(encoding="utf-8"))
    for run in kept.runs:
        assert run.result.value == pytest.approx(numbers["runs"][run.protocol][run.run][kept.metric], abs=1e-6)
    premiums = {run.run: run.premium.value for run in kept.runs if run.premium}
    assert premiums == pytest.approx(
        {run: leaf["value"] for run, leaf in numbers["leak_premium"]["grouped"].items()}, abs=1e-6
    )
    verdicts = VERDICT.read(small.study.folder / "verdict.csv")["verdict"].value_counts().to_dict()
    assert kept.verdicts == verdicts and kept.claims[0].verdict in verdicts
    assert {protocol.name: protocol.leaking for protocol in kept.protocols} == {"published": 3, "grouped": 0}


def test_the_page_says_what_was_trained_and_what_came_out(kept, page):
    words = text(replace(page, kept=(kept,)))
    assert "Synthetic data" in words and ORIGIN.command in words and ORIGIN.commit in words
    for run in kept.runs:
        row = next(line for line in words.splitlines() if line.startswith(f"| `{run.run}` |"))
        assert shown(kept.metric, run.result) in row
        assert run.premium is None or premium_words(run.premium) in row
    assert f"| {kept.claims[0].published} |" in words


@pytest.mark.parametrize("groups_known", [True, False])
def test_leaks_are_counted_as_far_as_patients_are_known(kept, page, groups_known):
    words = text(replace(page, kept=(replace(kept, groups_known=groups_known),)))
    counted = re.findall(r"reported samples have a leak( that shows without knowing whose they are)?\.", words)
    assert [bool(limited) for limited in counted] == [not groups_known] * len(kept.protocols)


def test_a_page_with_nothing_kept_says_so(page):
    assert "Nothing is kept yet" in text(page)


def test_every_issue_of_the_paper_is_on_its_page(page):
    words = text(page)
    issues = page.part.issues_by_outcome
    assert len(re.findall(r"^- \*\*", words, re.MULTILINE)) == sum(issues.values()) > 0
    assert all(reading in words.replace("\\", "") for card in page.part.of("fits only if") for reading in card.readings)


def test_signs_of_markdown_in_a_paper_are_no_markdown():
    words = "".join(text(page) for page in paper_pages(ROOT))
    assert "<u>" not in words and not re.search(r"\]\((?!\.\./)", words)


def test_the_table_of_the_readme_shows_real_data_before_synthetic(kept, page, monkeypatch):
    real = replace(kept, synthetic=False, of_the_paper=True)
    for studies, expected in (((kept, real), ", real |"), ((kept,), "| synthetic data | synthetic data | – |")):
        monkeypatch.setattr(
            "workflow_scripts.documentation.papers_table.paper_pages",
            lambda root, studies=studies: [replace(page, kept=studies)],
        )
        assert expected in table(ROOT)


def test_several_data_sets_of_one_kind_are_summed_and_each_premium_is_shown(kept, page, monkeypatch):
    first = replace(kept, synthetic=False, of_the_paper=True, samples=30, verdicts={"not run": 4, "higher": 2})
    first = replace(first, adapters=("herlev",))
    second = replace(first, adapters=("sipakmed", "cric"), samples=1200, verdicts={"higher": 1, "lower": 1})
    without = replace(first, samples=5, verdicts={}, runs=[replace(run, premium=None) for run in first.runs])
    further = (replace(kept, synthetic=True, samples=999), replace(first, of_the_paper=False, samples=777))
    premium = premium_words(next(run.premium for run in kept.runs if run.run == kept.main and run.premium))
    monkeypatch.setattr(
        "workflow_scripts.documentation.papers_table.paper_pages",
        lambda root: [replace(page, kept=[*further, first, second, without])],
    )
    row = table(ROOT).splitlines()[-1]
    premiums = f"`herlev`: {premium}; `sipakmed` and `cric`: {premium}"
    assert row.endswith(f"| {grouped(1235)} samples, real, 3 data sets | 3 higher, 1 lower | {premiums} |")


@pytest.mark.parametrize(
    ("study", "page", "words"),
    [
        ("nothing", None, "'nothing' is no study of config.yaml"),
        ("cvm_cervix", "no_paper", "there is no paper 'no_paper'"),
    ],
)
def test_a_study_or_a_paper_that_there_is_not_is_refused(study, page, words):
    with pytest.raises(UserError, match=words):
        keep(ROOT, study, None, page)
