"""The workflow where people keep things: spaces and letters in folders, behind a link, without a home folder."""

import csv
import json

from tests.raw import class_folders
from tests.workflow.conftest import Workflow, copy_of_the_project

SETTINGS = """
results: results of mine ü
studies:
  mine:
    extends: cvm_cervix
    paper: ""
    adapters: [folder]
    source: {base}/raw images ü
    ingest: {{classes: null}}
    preprocess: {{size: 32}}
    protocols:
      published: null
      grouped: null
      own: {{kind: file, path: "{base}/my split (1).csv", by: sample}}
    runs: {{cvm: null, xception: null, deit: null, soft_vote: null, control_colour_size: null}}
    evaluate: {{reference: control_border, bootstrap: 100}}
    explain: {{runs: []}}
"""


def test_a_whole_study_with_a_split_of_ones_own_in_unusual_places(tmp_path, monkeypatch):
    """Started with -s from another folder, through a link to a working copy, for a user without HOME."""
    copy_of_the_project(tmp_path / "my clone ü")
    (tmp_path / "a link").symlink_to(tmp_path / "my clone ü", target_is_directory=True)
    elsewhere = tmp_path / "work (2)"
    elsewhere.mkdir()
    class_folders(tmp_path / "raw images ü", "a", "b b", each=12)
    subsets = ["train"] * 8 + ["validation"] * 2 + ["test"] * 2
    with open(tmp_path / "my split (1).csv", "w", encoding="utf-8", newline="") as file:
        rows = [[f"{label}/{number}", 0, subsets[number]] for label in ("a", "b b") for number in range(12)]
        csv.writer(file).writerows([["id", "fold", "subset"], *rows])
    (tmp_path / "my settings.yaml").write_text(SETTINGS.format(base=tmp_path))
    monkeypatch.delenv("HOME", raising=False)
    workflow = Workflow(elsewhere, str(tmp_path / "my settings.yaml"))
    start = ("mine", "-s", str(tmp_path / "a link" / "Snakefile"))
    workflow.run(*start)
    folder = elsewhere / "results of mine ü" / "mine"
    assert (folder / "tracked.json").exists() and (folder / "report.html").exists()
    assert json.loads((folder / "splits" / "own.json").read_text())["counts"]
    assert (folder / "evaluation" / "own" / "control_border" / "fold0-seed0.json").exists()
    assert workflow.planned(*start) == {}
