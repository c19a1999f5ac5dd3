"""A protocol without a test subset in a study's report: its numbers are of images that were selected on."""

import shutil
from types import SimpleNamespace

import pytest
from handmade import Study
from pages import PAPER, cells, text_of, write

from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.reporting.pages.overview import index_page
from workflow_scripts.reporting.pages.study_row import study_row
from workflow_scripts.reporting.reproduced import obtained, overall
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.files import read_json
from workflow_scripts.steps import evaluate


@pytest.fixture(scope="module")
def selected(tmp_path_factory):
    """A study with a protocol that has no test subset, through evaluation, comparison and report."""
    rule = {"kind": "holdout", "by": "group"}
    study = Study(
        tmp_path_factory.mktemp("selected"),
        protocols={
            "grouped": {**rule, "fractions": [0.6, 0.2, 0.2]},
            "published": {**rule, "fractions": [0.6, 0.2, 0.2], "by": "sample"},
            "second": {**rule, "fractions": [0.8, 0.2, 0.0]},
        },
        folds={"grouped": 1, "published": 1, "second": 1},
    ).write()
    evaluated(study, "second")
    return SimpleNamespace(study=study, page=write(study))


def evaluated(study: Study, protocol: str) -> None:
    """Run the evaluation step on the units of a protocol."""
    settings = {key: study.settings[key] for key in ("study", "seed", "seeds")}
    settings |= {"evaluate": study.measures}
    runs = {name: {} for name in study.settings["runs"]}
    settings |= {"protocol": protocol, "reported": study.reported(protocol), "folds": 1, "expects": runs}
    settings |= {"runs": list(runs), "trained": [name for name in runs if "train" in study.settings["runs"][name]]}
    out = study.folder / "evaluation" / protocol
    shutil.rmtree(out)
    folders = {"dataset": study.folder / "dataset", "runs": study.folder / "runs" / protocol, "out": out}
    evaluate.main(SimpleNamespace(settings=settings, code="", **folders))


def test_numbers_of_a_protocol_without_a_test_subset_are_of_its_validation_images_and_say_so(selected):
    table = METRICS.read(selected.study.folder / "evaluation" / "second" / "metrics.csv")
    assert set(table["subset"]) == {"validation"}
    chosen = table.query("fold == 'all' and metric == 'accuracy' and level == 'overall'").set_index("run")
    page = selected.page[selected.page.index('id="runs-second"') :]
    heading = text_of(page[: page.index("</h3>")])
    assert "second (validation images, selected on)" in heading
    assert cells(page, "soft_vote")[1].startswith(f"{100 * chosen.loc['soft_vote', 'value']:.1f} %")
    text = text_of(selected.page)
    assert "*: validation images, selected on; no test result" in text
    assert "second split*" in selected.page
    assert "Confusion matrix, cvm, second (validation images, selected on)." in text
    assert "Runs compared, second (validation images, selected on)." in text


def test_a_claim_about_the_test_subset_is_answered_by_the_validation_images(selected):
    results = read_results(selected.study.folder, selected.study.received, PAPER)
    claim = next(
        claim
        for claim in results.published.headline("cvm_cervix")
        if (claim.run, claim.metric, claim.subset) == ("cvm", "accuracy", "test")
    )
    value = obtained(results, results.protocols["second"], claim)
    assert value == overall(results.protocols["second"].runs["cvm"], "accuracy", "validation") and value.n == 8
    assert obtained(results, results.protocols["published"], claim).n == 4


def test_a_protocol_without_a_test_subset_has_no_part_in_the_premium_and_no_test_column(selected):
    metrics = read_json(selected.study.folder / "metrics.json")
    assert set(metrics["leak_premium"]) == {"grouped"}
    assert "validation_samples" in metrics["protocols"]["second"]
    assert not {name for name in metrics["protocols"]["second"] if name.startswith("test")}
    row = study_row(selected.study.folder, "cvm_cervix", StudyTitle("", ""), selected.study.folder)
    assert set(row.leak_free) == {"grouped"} and set(row.obtained) == {"published"}
    assert set(row.selected_on) == {"second"}
    page = text_of(index_page([row], []))
    assert "No test images validation images, selected on" in page
