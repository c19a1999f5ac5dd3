"""What the report leaves beside its page, and what it refuses to read."""

import copy
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from handmade import Study
from pages import PAPER, cells, text_of, write

from tests.vouched import vouch
from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.run_costs import COSTS
from workflow_scripts.reporting.pages.optional_sections import times_section
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import read_json


@pytest.fixture
def copied(small, tmp_path):
    """The small study in a folder of its own, to be damaged."""
    study = copy.copy(small.study)
    study.folder = Path(shutil.copytree(study.folder, tmp_path / study.folder.name))
    return study


def test_metrics_hold_numbers_only_and_equal_the_table(small):
    metrics = read_json(small.study.folder / "metrics.json")

    def leaves(tree):
        return [leaf for item in tree.values() for leaf in (leaves(item) if isinstance(item, dict) else [item])]

    assert all(isinstance(leaf, int | float) and not isinstance(leaf, bool) for leaf in leaves(metrics))
    assert metrics["runs"]["published"]["cvm"]["accuracy"] == pytest.approx(small.study.accuracy(1, 0))
    assert metrics["headline"]["cvm"]["accuracy"]["paper"] == pytest.approx(0.9172)
    assert metrics["protocols"]["published"]["test_samples_with_a_leak"] == 3
    assert json.dumps(metrics, allow_nan=False)


def test_the_headline_is_a_file_a_protocol_and_only_the_published_split_has_the_paper_beside_it(small):
    folder = small.study.folder / "headline"
    published, grouped = (read_json(folder / f"{name}.json") for name in ("published", "grouped"))
    assert sorted(path.name for path in folder.iterdir()) == ["grouped.json", "published.json"]
    assert (published["run"], published["metric"], published["paper"]) == ("cvm", "accuracy", pytest.approx(0.9172))
    assert published["value"] == pytest.approx(small.study.accuracy(1, 0)) and "paper" not in grouped
    assert re.fullmatch(r"0\.\d+ to (0\.\d+|1)", grouped["value_interval"])


def test_the_costs_say_of_every_run_what_it_is_and_how_long_it_took(small):
    costs = COSTS.read(small.study.folder / "costs.csv").set_index(["protocol", "run"])
    trained, vote = costs.loc[("published", "cvm")], costs.loc[("published", "soft_vote")]
    ledgers = [read_json(path) for path in small.study.folder.glob("runs/published/cvm/*/ledger.json")]
    assert trained["training_seconds"] == pytest.approx(sum(ledger["train"]["wall_seconds"] for ledger in ledgers))
    assert trained["parameters"] == ledgers[0]["train"]["parameters"] and trained["precision"] == "float32"
    assert trained["trainings"] == len(ledgers) and trained["scale"] == "demo"
    assert np.isnan(vote["training_seconds"]) and vote["other_seconds"] > 0 and vote["model"] == "soft vote of cvm"


def test_times_in_the_report_have_the_unit_that_fits(small):
    training = cells(small.page, "training")
    assert re.fullmatch(r"[\d.]+ s|\d+ min \d\d s|\d+ h \d\d min", training[1])
    assert "CPU hours" not in small.page


def test_curves_are_means_over_seeds_and_exist_for_trained_runs_only(small):
    folder = small.study.folder / "curves"
    assert sorted(path.name for path in folder.iterdir()) == ["grouped__cvm.csv", "published__cvm.csv"]
    lines = (folder / "published__cvm.csv").read_text().splitlines()
    assert lines[0].startswith("epoch,learning_rate,train_loss")
    assert lines[1].split(",")[2] == "1.5"
    assert len(lines) == 4


@pytest.mark.parametrize(
    "name",
    [
        "examples/montage.png",
        "evaluation/published/comparison.png",
        "evaluation/published/cvm/roc.png",
        "evaluation/published/cvm/roc.webp",
        "evaluation/published/cvm/curves.png",
        "explanation/grouped/cvm/gradcam.png",
        "evaluation/grouped/cvm/metrics.csv",
        "evaluation/grouped/comparison.csv",
        "runs/grouped/cvm/fold0-seed1/ledger.json",
        "runs/grouped/cvm/fold0-seed1/history.csv",
        "splits/grouped.json",
        "dataset/record.json",
    ],
)
def test_what_should_be_there_and_is_not_is_named(copied, name):
    path = copied.folder / name
    path.unlink()
    with pytest.raises(UserError, match=re.escape(str(path))) as error:
        write(copied)
    assert "\n" not in str(error.value)


def test_a_broken_figure_is_named(copied):
    (copied.folder / "evaluation/published/cvm/confusion.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"confusion.png is no PNG file"):
        write(copied)


def test_results_of_another_kind_of_data_are_refused(tmp_path):
    study = Study(tmp_path).write()
    study.settings["source"] = "real"
    with pytest.raises(UserError, match="holds synthetic data, the settings say real"):
        write(study)


def test_a_report_of_visits_needs_no_pictures_and_shows_none(copied):
    shutil.rmtree(copied.folder / "examples")
    copied.settings = {**copied.settings, "explain": {**copied.settings["explain"], "runs": []}}
    columns = ArrayDescription("sequence", "float32", (12,), 1).as_record()
    order = ["gaps are filled in each training fold"]
    vouch(copied.folder / "arrays" / "record.json", "index.csv", array=columns, order=order)
    text = text_of(write(copied))
    assert "12 numbers a step" in text and "on 20 patients of 2 classes" in text and "Fewer patients" in text
    assert "Pictures as the networks receive them" not in text and "48 × 48" not in text
    # What the checklist says of them is not what it says of pictures.
    assert text.count("gaps are filled in each training fold") >= 2
    for words in ("nothing is filled in", "interpolation bilinear", "synthetic pictures", "smaller pictures"):
        assert words not in text, words
    assert "examples/record.json" not in read_json(copied.folder / "report.json")["inputs"]


def test_of_explained_runs_of_visits_the_risk_of_patients_is_shown_and_of_pictures_where_networks_looked(tmp_path):
    explain = {"runs": ["cvm"], "images": 4, "errors": 4, "embedding": False}
    study = Study(tmp_path, explain=explain).write()
    picture = write(study)
    assert "Grad-CAM of cvm under grouped" in picture and "Risk of single patients" not in picture
    columns = ArrayDescription("sequence", "float32", (12,), 1).as_record()
    vouch(study.folder / "arrays" / "record.json", "index.csv", array=columns)
    visits = write(study)
    assert "Risk of single patients over time of cvm under grouped" in visits and "Grad-CAM of cvm" not in visits


def test_a_training_that_was_taken_over_is_no_training_of_no_time(copied):
    ledger = copied.folder / "runs" / "published" / "cvm" / "fold0-seed1" / "ledger.json"
    cost = read_json(ledger)
    cost["train"]["training_seconds"] = 0.0
    write_record(ledger, cost)
    rows = times_section(read_results(copied.folder, copied.received, PAPER))["time_rows"]
    (hours,) = [row["found"]["published"] for row in rows if row["claim"].id == "training_time"]
    assert hours == pytest.approx(60 / 3600)
