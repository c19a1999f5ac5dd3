"""Every run of every study in one table, and the same for a paper."""

import shutil
from argparse import Namespace

import pandas as pd
import pytest

from tests.vouched import vouch
from workflow_scripts.commands import join_runs
from workflow_scripts.contracts.run_costs import COSTS
from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.reporting.runs_for_paper import write_runs_for_paper
from workflow_scripts.reporting.runs_table import runs_table, write_runs_csv
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import write_json

STUDIES = {"cells": StudyTitle("Cells & co", ""), "scans": StudyTitle("", "")}


DIFFERENCE = {
    "accuracy_difference": 0.1,
    "accuracy_difference_low": 0.02,
    "accuracy_difference_high": 0.18,
    "accuracy_difference_p_holm": 0.012,
}
LOSS = {f"log_loss_difference{end}": value for end, value in {"": -0.2, "_low": -0.3, "_high": -0.1}.items()}
TRAINED = {"model": "resnet18", "precision": "bfloat16", "parameters": 11_177_538, "training_seconds": 200.0}


def leaves(accuracy, **further):
    return {"accuracy": accuracy, "accuracy_low": accuracy - 0.05, "accuracy_high": accuracy + 0.05, "n": 80, **further}


def write_costs(folder, *rows):
    row = {"protocol": "published", "model": "vote", "precision": "", "scale": "demo", "trainings": 2, "devices": "cpu"}
    frame = pd.DataFrame([{**row, "other_seconds": 1.5, **changes} for changes in rows], columns=list(COSTS.columns))
    COSTS.write(folder / "costs.csv", frame)


@pytest.fixture
def results(tmp_path):
    """Two studies; in one the reference is not the best run."""
    numbers = {
        "data": {"synthetic": 0},
        "protocols": {"published": {"leak_free": 0}},
        "runs": {
            "published": {
                "cvm": leaves(0.8),
                "deit_b": leaves(0.9, **DIFFERENCE),
            }
        },
        "headline": {"cvm": {"accuracy": {}}},
        "leak_premium": {"published": {"cvm": {"value": 0.03, "low": -0.01, "high": 0.07}}},
    }
    write_json(tmp_path / "cells" / "metrics.json", numbers)
    write_costs(tmp_path / "cells", {"run": "cvm"}, {"run": "deit_b", **TRAINED, "energy_kwh": 0.0125})
    scan = {"log_loss": 0.4, "log_loss_low": 0.3, "log_loss_high": 0.5, "n": 30}
    runs = {"published": {"a": scan, "b": {**scan, "log_loss": 0.2, **LOSS}}}
    write_json(
        tmp_path / "scans" / "metrics.json",
        {**numbers, "runs": runs, "headline": {"a": {"log_loss": {}}}, "leak_premium": {}},
    )
    write_costs(tmp_path / "scans", {"run": "a", "scale": ""}, {"run": "b", "scale": ""})
    return tmp_path


@pytest.fixture
def for_paper(results):
    write_runs_for_paper(results, runs_table(results, STUDIES), STUDIES)
    return {ending: (results / f"runs.{ending}").read_text() for ending in ("md", "tex", "html")}


def test_the_best_run_of_a_protocol_comes_first_also_where_less_is_better(results):
    frame = runs_table(results, STUDIES)
    assert list(frame["run"]) == ["deit_b", "cvm", "b", "a"]
    assert list(frame.columns[:6]) == ["study", "protocol", "leak_free", "synthetic", "scale", "run"]
    cvm = frame[frame["run"] == "cvm"].iloc[0]
    assert cvm["leak_premium"] == 0.03 and pd.isna(cvm["difference"]) and pd.isna(cvm["log_loss"])


def test_a_row_says_what_the_run_is_what_it_cost_and_from_which_run_it_differs(results):
    write_runs_csv(results / "runs.csv", runs_table(results, STUDIES))
    best, reference, *_ = pd.read_csv(results / "runs.csv", keep_default_na=False).to_dict("records")
    assert {name: best[name] for name in ("model", "parameters", "precision", "scale", "reference")} == {
        "model": "resnet18",
        "parameters": "11177538",
        "precision": "bfloat16",
        "scale": "demo",
        "reference": "cvm",
    }
    assert best["training_seconds"] == "200" and best["energy_kwh"] == "0.0125" and float(best["p_holm"]) == 0.012
    assert reference["reference"] == "" and reference["training_seconds"] == ""


def test_the_tables_for_a_paper_hold_every_run_with_units_in_the_heads(for_paper):
    row = "| published | deit_b | resnet18 | 11\u202f177\u202f538 | 80 | 90.0 (85.0 to 95.0) | +10.0 (+2.0 to +18.0) "
    assert row + "| 0.012 | 3 min 20 s | 12.5 Wh | bfloat16 |" in for_paper["md"]
    assert "| Accuracy, % | Difference, points | p (Holm) |" in for_paper["md"]
    assert "difference of accuracy from cvm" in for_paper["md"]
    assert r"published & deit\_b & resnet18 & 11\,177\,538 & 80 & 90.0 (85.0 to 95.0)" in for_paper["tex"]
    assert r"\caption{Cells \& co. Real data, demo scale;" in for_paper["tex"] and r"\bottomrule" in for_paper["tex"]
    assert for_paper["html"].count("<tr") == 6 and for_paper["html"].count('class="first"') == 2
    assert "| cvm | vote |" in for_paper["md"] and "| reference |" in for_paper["md"]
    assert "<td>90.0 (85.0 to 95.0)</td>" in for_paper["html"]


def test_a_study_without_a_scale_has_none_in_its_caption(for_paper):
    assert r"Real data; 95 \% intervals" in for_paper["tex"]


def test_the_runs_of_several_folders_are_one_table_with_a_column_for_the_folder(results, tmp_path):
    second = tmp_path / "second"
    shutil.copytree(results / "scans", second / "scans")
    write_json(second / "asleep" / "metrics.json", {})
    for folder in (results / "cells", results / "scans", second / "scans"):
        for name in ("report.html", "verdict.csv"):
            (folder / name).touch()
        vouch(folder / "report.json", "report.html", "metrics.json", "costs.csv")
        vouch(folder / "verdict.json", "verdict.csv")
    out = tmp_path / "joined"
    out.mkdir()
    join_runs.main(Namespace(folders=[results, second, results], out=out))
    frame = pd.read_csv(out / "runs.csv")
    assert list(frame["results"]) == [str(results)] * 4 + [str(second)] * 2
    assert f"## {second}/scans" in (out / "runs.md").read_text()
    (second / "scans" / "metrics.json").write_text('{"runs": 1}')
    with pytest.raises(UserError, match="has changed"):
        join_runs.main(Namespace(folders=[second], out=out))


def test_a_difference_of_what_is_no_share_is_no_percentage_points(for_paper):
    scans = for_paper["md"].split("## scans")[1]
    assert "| Log loss | Difference |" in scans and "| −0.200 (−0.300 to −0.100) |" in scans


def test_a_column_in_which_nothing_is_known_is_left_out(for_paper):
    cells, scans = for_paper["md"].split("## scans")
    assert "| Energy |" in cells and "| Energy |" not in scans and "| Training |" not in scans
