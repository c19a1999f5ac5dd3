"""Runs that ask for labels in a study's settings: what they depend on, and what is refused before any job."""

from pathlib import Path

import pytest

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.evaluate_settings import ActiveRun
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.plan.step_names import StepNames
from workflow_scripts.settings.plan.step_table import MAKE_RUN
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
LSTM = {"kind": "recurrent", "hidden": 8, "dropout": 0.2}
ASKING = {"kind": "active_learning", "learner": "lstm", "strategy": "uncertainty"}


def study(learner=None, train=None, **runs):
    """A study of visits with a network and runs that ask for labels."""
    ingest = {"file": "visits.csv", "columns": {"age": {"kind": "number"}}, "landmark": {"kind": "last_visit"}}
    ingest["outcome"] = {"event": "ill", "values": ["yes"]}
    mine = {"adapters": ["visits"], "source": "raw", "ingest": {"visits": ingest}, "train": train or {}}
    mine |= {"protocols": {"grouped": {"kind": "holdout"}}, "runs": {"lstm": {**LSTM, **(learner or {})}, **runs}}
    return {"studies": {"mine": mine}}


def planned(tmp_path, *job, **changes):
    return Plan(ROOT, study(**changes), tmp_path).steps.make_run("mine", "grouped", *(job or ("ask", 0, 0)))


def test_a_run_has_the_settings_of_its_learners_training_and_waits_for_none_of_its_files(tmp_path):
    plan = Plan(ROOT, study(ask=ASKING, train={"epochs": 7}), tmp_path)
    job = plan.steps.make_run("mine", "grouped", "ask", 0, 3)
    assert job.member == plan.steps.train("mine", "grouped", "lstm", 0, 3) and job.member.train.epochs == 7
    assert "ask" in plan.made_by["make_run_with_rounds"]
    assert not plan.steps.kind("mine", "ask").sources()
    evaluated = plan.steps.evaluate("mine", "grouped")
    assert evaluated.active == (ActiveRun("ask", "lstm", "uncertainty"),)


def test_a_study_that_asks_for_no_labels_is_evaluated_with_the_settings_it_always_had(tmp_path):
    assert "active" not in plain(Plan(ROOT, study(), tmp_path).steps.evaluate("mine", "grouped"))


def test_its_code_is_that_of_rounds_of_strategies_and_of_the_learners_network(tmp_path):
    modules = MAKE_RUN.modules(
        Plan(ROOT, study(ask=ASKING), tmp_path), StepNames("mine", protocol="grouped", run="ask")
    )
    wanted = {"kinds.active_learning", "training.active.active_run", "models.recurrent", "training.feeders.sequences"}
    assert {f"workflow_scripts.{name}" for name in wanted} <= set(modules)


def test_an_experts_file_is_known_by_what_is_filled_in_and_not_by_its_place(tmp_path):
    path = tmp_path / "labels.csv"
    asking = {**ASKING, "expert": str(path)}
    before = planned(tmp_path, ask=asking)
    path.write_text("id,label\np1,\n")
    waiting = planned(tmp_path, ask=asking)
    path.write_text("id,label\np1,event\n")
    answered = planned(tmp_path, ask=asking)
    assert before == waiting != answered and answered.spec.expert == "labels.csv"
    moved = path.rename(tmp_path / "elsewhere.csv").rename(tmp_path / "labels.csv")
    assert planned(tmp_path, ask={**ASKING, "expert": str(moved)}) == answered
    assert planned(tmp_path, ask=ASKING).expert is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"ask": {**ASKING, "learner": "gru"}},
            "run 'ask': learner names 'gru', which is no trained run of this study",
        ),
        (
            {"ask": {**ASKING, "learner": "ask"}},
            "run 'ask': learner names 'ask', which is no trained run of this study",
        ),
        (
            {"ask": {**ASKING, "strategy": "bald"}, "learner": {"dropout": 0.0}},
            "run 'ask' asks by what dropout changes, and 'lstm' has none; set its dropout",
        ),
        (
            {"ask": ASKING, "other": {**ASKING, "strategy": "random", "batch": 5}},
            "runs 'ask' and 'other': start, batch and rounds differ, and strategies of one learner are compared",
        ),
        ({"ask": {**ASKING, "start": 1}}, "start"),
        ({"ask": {**ASKING, "strategy": "entropy"}}, "strategy"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_job(changes, words):
    with pytest.raises(UserError) as error:
        load(ROOT, study(**changes))
    assert words in str(error.value)
