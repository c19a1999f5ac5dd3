"""The examples give the numbers of patients that plain scripts gave; skipped where the public tables are not there."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.data.visits.visit_files import findings, flow_of, ingested
from workflow_scripts.settings.layers.merging import merge

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"


def study(example: str, name: str) -> dict[str, Any]:
    """A study's `ingest` as the example says it, what it extends included."""
    studies = yaml.safe_load((EXAMPLES / f"{example}.yaml").read_text(encoding="utf-8"))["studies"]
    own = studies[name]
    base = studies[own["extends"]]["ingest"] if "extends" in own else {}
    return merge(base, own["ingest"])


@pytest.mark.parametrize(
    ("example", "name", "folder", "wanted"),
    [
        (
            "hpvsim",
            "hpvsim_calendar",
            "hpvsim_cohort",
            {"at the landmark": 8360, "event": 83, "lost": 733, "competing: death": 70, "competing: hysterectomy": 58},
        ),
        ("hpvsim", "hpvsim_index", "hpvsim_cohort", {"at the landmark": 844, "event": 100, "lost": 33}),
        ("cav", "cav", "longitudinal", {"at the landmark": 447, "event": 57, "lost": 125}),
        ("pbcseq", "pbcseq", "pbcseq", {"in the tables": 312, "at the landmark": 290, "event": 66, "lost": 7}),
        ("uci_risk_factors", "uci", "uci_risk_factors", {"at the landmark": 858, "event": 55}),
    ],
)
def test_an_example_gives_the_patients_of_a_plain_script(tmp_path, example, name, folder, wanted):
    root = Path(os.environ.get("REAL_DATA", "/nowhere")) / folder
    block = study(example, name)
    if not (root / block["visits"]["file"]).exists():
        pytest.skip(f"{folder} is not here; REAL_DATA names the folder of such data sets")
    (tmp_path / "raw").symlink_to(root)
    out = ingested(tmp_path / "raw", tmp_path / "out", block["visits"], labels=block["labels"])
    flow = flow_of(out)
    assert {what: flow[what] for what in wanted} == wanted
    assert set(findings(out)["finding"]).isdisjoint({"tells_the_outcome"})
