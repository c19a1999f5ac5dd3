"""A grid of runs: the best on validation samples is taken, and nothing of the test subset decides."""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricated import Study
from sklearn.metrics import log_loss

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import read_view, write_record
from workflow_scripts.contracts.run_record import RunRecord
from workflow_scripts.contracts.run_tables import UNITS, probabilities
from workflow_scripts.evaluation.selected_run import validation_log_loss
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.kinds.selected import Selected
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.steps import make_run

ROOT = Path(__file__).resolve().parents[2]
GRID = ("weak", "strong", "middle")


@pytest.fixture
def study(tmp_path):
    made = Study(tmp_path / "results", ["a", "b", "c"])
    for name, skill in zip(GRID, (0.5, 3.0, 1.5), strict=True):
        made.add(name, skill)
    return made


def run(study, candidates=GRID):
    runs = study.root / "runs" / "grouped"
    spec = {"kind": "selected", "candidates": list(candidates)}
    settings = {"study": "made", "protocol": "grouped", "run": "tuned", "fold": 0, "seed": 0, "spec": spec}
    given = [(name, runs / name / "fold0-seed0") for name in candidates]
    out = runs / "tuned" / "fold0-seed0"
    make_run.main(argparse.Namespace(settings=settings, code="c0de", source_run=given, out=out))
    return out


def poison(study, name, subset, change):
    """Change the rows of a subset in a candidate's table."""
    path = study.root / "runs" / "grouped" / name / "fold0-seed0" / "units.csv"
    table = UNITS.read(path)
    rows = table["subset"] == subset
    table.loc[rows] = change(table[rows])
    UNITS.write(path, table)
    study.vouch()


def opposite(rows):
    """The same rows, sure of a class that is wrong."""
    classes = [column for column in rows if column.startswith("p_")]
    wrong = {f"p_{name}": other for name, other in zip("abc", np.roll(classes, 1), strict=True)}
    sure = pd.DataFrame(0.0, index=rows.index, columns=classes)
    for index, label in rows["label"].items():
        sure.loc[index, wrong[f"p_{label}"]] = 1.0
    return rows.assign(**sure)


def test_the_candidate_with_the_lowest_validation_log_loss_is_the_run(study):
    out = run(study)
    assert UNITS.read(out / "units.csv").equals(study.read("strong"))
    choice = read_view(RunRecord, out / "record.json").selected
    assert choice.chosen == "strong" and list(choice.validation_log_loss) == sorted(GRID)
    for name in GRID:
        rows = study.read(name).query("subset == 'validation'")
        expected = log_loss(rows["label"], probabilities(rows), labels=["a", "b", "c"])
        assert choice.validation_log_loss[name] == pytest.approx(expected)
    record = json.loads((out / "record.json").read_text())
    assert set(record["inputs"]) == {f"runs/grouped/{name}/fold0-seed0/units.csv" for name in GRID}


def test_test_samples_play_no_role_and_validation_samples_all(study):
    poison(study, "strong", "test", opposite)
    assert read_view(RunRecord, run(study) / "record.json").selected.chosen == "strong"
    for name in GRID:
        poison(study, name, "test", lambda rows: rows.assign(label=np.roll(rows["label"], 1)))
    assert read_view(RunRecord, run(study) / "record.json").selected.chosen == "strong"
    poison(study, "strong", "validation", opposite)
    assert read_view(RunRecord, run(study) / "record.json").selected.chosen == "middle"


def test_of_equal_candidates_the_first_that_is_declared_is_taken(study):
    (study.root / "runs" / "grouped" / "weak").rename(study.root / "runs" / "grouped" / "kept")
    study.add("twin", 3.0)
    for name in ("twin", "weak"):
        path = study.root / "runs" / "grouped" / name / "fold0-seed0"
        path.mkdir(parents=True, exist_ok=True)
        UNITS.write(path / "units.csv", study.read("strong"))
        write_record(path / "record.json", {"settings": study.run_settings(name, 0, 0)})
    study.vouch()
    for order in (("twin", "weak", "strong"), ("weak", "strong", "twin")):
        assert read_view(RunRecord, run(study, order) / "record.json").selected.chosen == order[0]


def test_without_validation_samples_or_with_other_units_nothing_is_selected(study):
    with pytest.raises(UserError, match="candidate x has no validation units to select on"):
        validation_log_loss(study.read("weak").query("subset == 'test'"), "x")
    poison(study, "weak", "test", lambda rows: rows.assign(label="a"))
    with pytest.raises(UserError, match="member strong .*has label"):
        run(study)


def test_what_was_taken_explains_the_run_and_its_record_says_which_that_is(study):
    out = run(study)
    tuned = parse(RunKind, {"kind": "selected", "candidates": list(GRID)})
    assert tuned.explained_by_record and tuned.explained_networks("tuned") == GRID
    assert tuned.shares(out / "record.json") == (0.0, 1.0, 0.0)
    p = np.random.default_rng(0).random((3, 4, 2))
    assert (tuned.combined(p, (0.0, 1.0, 0.0)) == p[1]).all()
    words = tuned.words("tuned", read_view(RunRecord, out / "record.json"))
    assert words == (
        "of weak, strong and middle the one with the lowest validation log loss; in the first fold and seed strong"
    )
    with pytest.raises(UserError, match=r"names none of x and y as the one taken; `snakemake .*record.json --force"):
        Selected("selected", ("x", "y")).shares(out / "record.json")


def tuned(**changes):
    run = {"kind": "selected", "candidates": ["xception", "deit"]}
    return {"studies": {"cvm_cervix": {"runs": {"tuned": {**run, **changes.pop("run", {})}}, **changes}}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run": {"candidates": ["xception", "soft_vote"]}}, "candidate 'soft_vote', which learns nothing itself"),
        ({"run": {"candidates": ["xception", "nobody"]}}, "candidate 'nobody', which is no run of this study"),
        ({"run": {"candidates": ["xception", "xception"]}}, "'xception' stands there 2 times"),
        (
            {"protocols": {"published": {"fractions": [0.8, 0.0, 0.2]}}},
            "published: fractions leave no validation subset, and tuned chooses by it",
        ),
    ],
)
def test_what_cannot_be_selected_is_refused_at_the_start(changes, words):
    with pytest.raises(UserError, match=words):
        load(ROOT, tuned(**changes))


def test_a_selected_run_is_made_of_its_candidates_and_explained_by_them(tmp_path):
    plan = Plan(ROOT, tuned(explain={"runs": ["tuned"]}), tmp_path)
    files = plan.runs.explained_weights("cvm_cervix", "published")
    assert [path.split("/")[-3] for path in files] == ["xception", "deit"]
    records = plan.runs.explained_records("cvm_cervix", "published")
    assert [path.split("/")[-3] for path in records] == ["tuned"]
