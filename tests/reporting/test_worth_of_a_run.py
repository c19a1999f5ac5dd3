"""What a run that is applied to new images is worth: its accuracy by split, each split once."""

import pytest
from handmade import Study

from tests.vouched import vouch
from workflow_scripts.application.page_content import worth_of
from workflow_scripts.contracts.run_tables import METRICS


def evaluated(folder, values: dict[str, float]) -> Study:
    """A study that was evaluated under both protocols; values: the accuracy under each."""
    study = Study(folder).write()
    for protocol, value in values.items():
        row = {"protocol": protocol, "run": "cvm", "fold": "all", "seed": "all", "subset": "test", "level": "overall"}
        table = METRICS.read(study.folder / "evaluation" / protocol / "cvm" / "metrics.csv")[:0]
        table.loc[0] = {**row, "class": "", "metric": "accuracy", "value": value, "low": 0.5, "high": 0.9, "n": 4}
        METRICS.write(study.folder / "evaluation" / protocol / "metrics.csv", table)
    return study


def one_split(study: Study) -> None:
    """Let the split by sample be the very split by group."""
    splits = study.folder / "splits"
    (splits / "published.csv").write_bytes((splits / "grouped.csv").read_bytes())
    vouch(splits / "published.json", "published.csv")


def test_each_split_has_a_row_and_the_applied_one_is_marked(tmp_path):
    study = evaluated(tmp_path, {"grouped": 0.6, "published": 0.7})
    splits = study.folder / "splits"
    (splits / "published.csv").write_text((splits / "published.csv").read_text() + "\n")
    vouch(splits / "published.json", "published.csv")
    rows = worth_of(study.folder, "cvm", "published")
    assert [(row.protocols, row.value, row.applied) for row in rows] == [
        (("grouped",), 0.6, False),
        (("published",), 0.7, True),
    ]


@pytest.mark.parametrize("applied", ["grouped", "published"])
def test_protocols_that_are_one_split_share_a_row(tmp_path, applied):
    study = evaluated(tmp_path, {"grouped": 0.7, "published": 0.7})
    one_split(study)
    (row,) = worth_of(study.folder, "cvm", applied)
    assert row.protocols == ("grouped", "published") and row.applied and row.n == 4


def test_one_split_with_two_results_stays_two_rows(tmp_path):
    study = evaluated(tmp_path, {"grouped": 0.6, "published": 0.7})
    one_split(study)
    assert [row.value for row in worth_of(study.folder, "cvm", "grouped")] == [0.6, 0.7]


def test_a_study_that_was_not_evaluated_says_nothing(tmp_path):
    assert worth_of(Study(tmp_path).write().folder, "cvm", "grouped") == ()
