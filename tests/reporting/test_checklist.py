"""Checklist and model card: filled from the files, open where none knows."""

from pathlib import Path

import pytest
from handmade import EVALUATE, Study
from judging import Real
from pages import write

from tests.vouched import revouch
from workflow_scripts.contracts.dataset import MANIFEST
from workflow_scripts.contracts.metric_names import CLASS_METRICS
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.reporting.pages.checklist import checklist, items, model_card
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.files import read_json


def read(study):
    return read_results(study.folder, study.received, study.paper)


def answers(study):
    return {row.item.id: row.text for row in checklist(read(study))}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Study(
        tmp_path_factory.mktemp("made"), explain={"runs": ["cvm"], "images": 4, "errors": 4, "embedding": True}
    ).write()


def test_what_the_files_know_is_filled_in(made):
    found = answers(made)
    assert found["data_source"].startswith("Made by this project")
    assert found["inclusion"] == "20 samples taken, 0 left out by label or number, 1 file refused."
    assert found["reference_standard"] == "a 10; b 10."
    assert "published: 75 % of the reported samples" in found["leaks"]
    value = made.accuracy(1, 0)
    assert f"published, test subset: {100 * value:.1f} % ({100 * (value - 0.04):.1f} to " in found["performance"]
    assert all(part in found["training"] for part in ("epochs 3", "precision float32", "2 seeds"))
    assert found["explanation"] == "Grad-CAM of cvm." and "1\u202f000 parameters" in found["model"]


def test_what_no_file_knows_stays_open(made, tmp_path):
    found = answers(made)
    assert {"ethics", "annotators", "funding", "protocol"} <= {name for name, text in found.items() if not text}
    assert not found["participants"] and not found["subgroups"]
    known = answers(Study(tmp_path, evaluate={**EVALUATE, "subgroups": ["source"]}).write())
    assert known["subgroups"] == "By source, under Subgroups."
    assert not known["participants"]  # a column that every manifest has says nothing of patients


def test_what_an_adapter_added_is_known_of_the_patients(tmp_path):
    study = Study(tmp_path, evaluate={**EVALUATE, "subgroups": ["age", "source", "stage"]}).write()
    path = study.folder / "dataset" / "manifest.csv"
    manifest = MANIFEST.read(path)
    MANIFEST.write(path, manifest.assign(stage="I", age=40.0, other="x"))
    revouch(study.folder)
    assert answers(study)["participants"] == "10 groups; known of them: age and stage."


def test_every_item_names_a_guideline_and_the_file_that_answers_it(made):
    assert len({item.id for item in items()}) == len(items())
    for item in items():
        assert set(item.guidelines) <= {"TRIPOD+AI", "CLAIM"} and item.guidelines
        assert bool(item.answer) == bool(item.file)
        if item.file:
            assert (made.folder / item.file).exists(), item.file


def test_the_report_shows_open_items_and_the_card_lies_beside_it(made):
    out = made.folder / "report.html"
    write(made, made.paper)
    page = out.read_text(encoding="utf-8")
    part = page[page.index('id="checklist"') :]
    part = part[: part.index("</section>")]
    assert part.count('class="differs">open<') == sum(not text for text in answers(made).values())
    assert "Funding and conflicts of interest" in part and "Model card" in part
    assert Path(made.folder / "model_card.md").read_text(encoding="utf-8") == model_card(read(made))


def test_the_model_card_says_what_it_is_not_and_where_its_limits_are(made, tmp_path):
    card = model_card(read(made))
    assert card.startswith("# Model card: cvm, study cvm_cervix\n")
    assert "It is not a medical device" in card and "says nothing about patients" in card and "2 training seeds" in card
    real = model_card(read(Real(tmp_path).write()))
    assert "says nothing about patients" not in real and "training seeds" not in real


def test_sensitivity_of_each_class_is_on_the_card(made):
    import pandas as pd

    path = made.folder / "evaluation" / "published" / "cvm" / "metrics.csv"
    table = METRICS.read(path)
    head = ("published", "cvm", "all", "all", "test", "class")
    rows = [(*head, name, CLASS_METRICS[1], value, 0.1, 0.9, 2) for name, value in (("a", 0.25), ("b", 0.75))]
    METRICS.write(path, pd.concat([table, pd.DataFrame(rows, columns=table.columns)]))
    try:
        revouch(made.folder)
        assert "Sensitivity by class (published): a 25.0 %; b 75.0 %." in model_card(read(made))
    finally:
        METRICS.write(path, table)
        revouch(made.folder)


def test_runs_made_with_other_versions_are_named_in_the_report_and_the_card(made, tmp_path):
    study = Study(tmp_path).write()
    assert "Not made alike" not in write(study, study.paper)
    path = study.folder / "runs" / "published" / "cvm" / "fold0-seed1" / "record.json"
    held = read_json(path)
    write_record(path, {**held, "versions": {**held["versions"], "torch": "0.1"}, "processor": "an abacus"})
    page = " ".join(write(study, study.paper).split())
    for text in (page, (study.folder / "model_card.md").read_text(encoding="utf-8").replace("\\", "")):
        assert "Not made alike" in text and "0.1 (published cvm fold0-seed1)" in text
        assert "an abacus (published cvm fold0-seed1)" in text
