"""A protocol with SMOTE before the split in a study's report: every number says that it leaks."""

from types import SimpleNamespace

import pytest
from handmade import Study
from judging import Real, rows
from pages import cells, text_of, write

from tests.vouched import vouch
from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings
from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.contracts.verdict_table import NOT_CHECKED, NOT_RUN
from workflow_scripts.evaluation.protocol import Protocol
from workflow_scripts.reporting.judging.verdict_rows import FLATTERED
from workflow_scripts.reporting.pages.overview import index_page
from workflow_scripts.reporting.pages.study_row import study_row
from workflow_scripts.runtime.files import read_json

MARK = "SMOTE before the split"
RULE = {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}


def resampled(folder, way, kind=Study, **more):
    """A study whose protocol `published` has synthetic training samples, counted in the records of its trained run."""
    protocols = {"grouped": {**RULE, "by": "group"}, "published": {**RULE, "resample": way, "role": "as_published"}}
    study = kind(folder, protocols=protocols, **more).write()
    counts = {"a": {"real": 6, "synthetic": 0, "neighbours": 0}, "b": {"real": 4, "synthetic": 2, "neighbours": 3}}
    parents = {"train": 2, "validation": 0, "test": 1 if way == "smote_before_split" else 0}
    report = {"how": way, "classes": counts, "share_within_group": 0.5, "with_parent_in": parents}
    for record in study.folder.glob("runs/published/cvm/*/record.json"):
        vouch(record, resampled=report)
    return study


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    study = resampled(tmp_path_factory.mktemp("before"), "smote_before_split")
    return SimpleNamespace(study=study, page=write(study))


def test_headings_captions_and_the_headline_carry_the_mark(before):
    page = before.page[before.page.index('id="runs-published"') :]
    heading = text_of(page[: page.index("</h3>")])
    assert f"published ({MARK})" in heading and heading.endswith(f", {MARK}")
    text = text_of(before.page)
    assert f"Confusion matrix, cvm, published ({MARK})." in text
    assert f"Runs compared, published ({MARK})." in text
    assert "published split†" in before.page and f"†: {MARK}, learned from samples that are made of reported" in text
    assert "grouped split†" not in before.page and f"grouped ({MARK})" not in text


def test_what_leaked_counts_the_training_samples_that_are_made_of_reported_ones(before):
    leaked = before.page[before.page.index('id="leaks-head"') :]
    # Two seeds; the runs of a fold and seed share their synthetic samples.
    assert "2 of 4 synthetic training samples are made of them" in cells(leaked, "published")[0]
    assert "synthetic" not in cells(leaked, "grouped")[0]
    card = (before.study.folder / "model_card.md").read_text()
    assert f"2 of 4 synthetic training samples are made of reported samples ({MARK})" in card
    assert f"published ({MARK}): hold-out" in card and f"published, test subset, {MARK}:" in card


def test_the_index_carries_the_mark(before):
    assert read_json(before.study.folder / "metrics.json")["protocols"]["published"]["smote_before_split"] == 1
    row = study_row(before.study.folder, "cvm_cervix", StudyTitle("", ""), before.study.folder)
    assert row.smote_before == {"published"} and set(row.obtained) == {"published"}
    page = text_of(index_page([row], []))
    assert f"published, {MARK}, n = " in page and f"grouped, {MARK}" not in page


def test_every_verdict_on_a_run_carries_the_mark(tmp_path):
    study = resampled(tmp_path, "smote_before_split", kind=Real)
    for name, row in rows(study).items():
        of_a_run = row.obtained.value is not None and not name.startswith(("samples", "ratio"))
        assert row.why.endswith(FLATTERED) == of_a_run, name
        assert row.why.count(MARK) <= 1 and (
            row.verdict not in (NOT_RUN, NOT_CHECKED) or not row.why.endswith(FLATTERED)
        )


def test_smote_within_the_training_subset_is_said_and_not_marked(tmp_path):
    page = write(resampled(tmp_path, "smote"))
    text = text_of(page)
    assert "each sample for itself, SMOTE within each training subset" in text
    assert MARK not in text and "†" not in page and "synthetic training samples are made of" not in text


@pytest.mark.parametrize(("way", "marked"), [("smote_before_split", True), ("smote", False), ("none", False)])
def test_titles_of_figures_carry_the_mark(way, marked):
    settings = EvaluateSettings("s", 0, "p", "test", ("cvm",), (), 1, (0,), {}, None, way)
    title = Protocol(settings, *[None] * 6).title("cvm", 7)
    assert title == "cvm, p, test" + f", {MARK}" * marked + ": 7 units"
