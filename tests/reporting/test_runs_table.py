"""Every run of every study in one table, and the same for a paper."""

import pandas as pd
import pytest

from workflow_scripts.contracts.step_settings.index_settings import StudyTitle
from workflow_scripts.reporting.runs_table import runs_table, write_runs_table
from workflow_scripts.runtime.files import write_json

STUDIES = {"cells": StudyTitle("Cells & co", ""), "scans": StudyTitle("", "")}


DIFFERENCE = {
    "accuracy_difference": 0.1,
    "accuracy_difference_low": 0.02,
    "accuracy_difference_high": 0.18,
    "accuracy_difference_p_holm": 0.012,
}


def leaves(accuracy, **further):
    return {"accuracy": accuracy, "accuracy_low": accuracy - 0.05, "accuracy_high": accuracy + 0.05, "n": 80, **further}


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
    scan = {"log_loss": 0.4, "log_loss_low": 0.3, "log_loss_high": 0.5, "n": 30}
    runs = {"published": {"a": scan, "b": {**scan, "log_loss": 0.2}}}
    write_json(
        tmp_path / "scans" / "metrics.json",
        {**numbers, "runs": runs, "headline": {"a": {"log_loss": {}}}, "leak_premium": {}},
    )
    return tmp_path


def test_the_best_run_of_a_protocol_comes_first_also_where_less_is_better(results):
    frame = runs_table(results, STUDIES)
    assert list(frame["run"]) == ["deit_b", "cvm", "b", "a"]
    assert list(frame.columns[:7]) == ["study", "protocol", "leak_free", "synthetic", "run", "headline", "n"]
    cvm = frame[frame["run"] == "cvm"].iloc[0]
    assert cvm["leak_premium"] == 0.03 and pd.isna(cvm["difference"]) and pd.isna(cvm["log_loss"])


def test_the_tables_for_a_paper_hold_what_the_csv_file_holds(results):
    write_runs_table(results, runs_table(results, STUDIES))
    csv = pd.read_csv(results / "runs.csv")
    assert len(csv) == 4 and csv["accuracy_high"].max() == pytest.approx(0.95)
    line = "| cells | published | deit_b | 80 | 90.0 % (85.0 to 95.0) |"
    assert (
        line in (results / "runs.md").read_text()
        and "+10.0 (+2.0 to +18.0) | 0.012 |" in (results / "runs.md").read_text()
    )
    latex = (results / "runs.tex").read_text()
    assert r"cells & published & deit\_b & 80 & 90.0 \% (85.0 to 95.0)" in latex and r"\bottomrule" in latex
    html = (results / "runs.html").read_text()
    assert html.count("<tr>") == 5 and "<td>90.0 % (85.0 to 95.0)</td>" in html
