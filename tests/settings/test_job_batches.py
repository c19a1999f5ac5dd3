"""Which trainings share a job: a setting that no step sees."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.run_address import FoldSeed
from workflow_scripts.settings import phases
from workflow_scripts.settings.plan.job_batches import job_batches
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]


def plan(**study) -> Plan:
    """A study of its own; of the shipped ones two have batches themselves."""
    off = {name: {"trainings_per_job": 1} for name in ("mri_resnet", "histology_vgg", "clinical_lstm")}
    return Plan(ROOT, {"studies": {"cvm_herlev": {"seeds": [3, 1], **study}, **off}}, ROOT)


def batches(**study) -> list[list[tuple[int, int]]]:
    """Fold and seed of the trainings of each batch under the published protocol."""
    made = [batch for batch in job_batches(plan(**study)) if batch.protocol == "published"]
    return [[(key.fold, key.seed) for key in batch.keys] for batch in made]


def test_every_training_is_in_one_batch_and_a_further_seed_moves_none_but_of_the_last():
    assert batches(trainings_per_job=2) == [[(0, 3), (0, 1)]]
    folds = {"published": {"kind": "kfold", "folds": 3, "validation": 0.1, "by": "sample"}}
    before = batches(trainings_per_job=2, protocols=folds)
    assert before == [[(0, 3), (1, 3)], [(2, 3), (0, 1)], [(1, 1), (2, 1)]]
    more = batches(trainings_per_job=2, protocols=folds, seeds=[3, 1, 7])
    assert more == [*before, [(0, 7), (1, 7)], [(2, 7)]]


def test_every_fold_of_every_repeat_is_trained_and_the_evaluation_knows_the_repeats():
    repeated = plan(protocols={"published": {"kind": "kfold", "folds": 2, "by": "sample", "repeats": 3}}, seeds=[3])
    keys = repeated.runs.fold_seeds("cvm_herlev", "published")
    assert keys == [FoldSeed(fold, 3) for fold in range(6)]
    settings = repeated.steps.evaluate("cvm_herlev", "published")
    assert (settings.folds, settings.repeats) == (6, 3)
    assert len(next(iter(settings.expects.values()))) == 6


def test_a_batch_has_a_rule_and_a_message_of_its_own_and_a_file_of_each_training():
    batch = next(iter(job_batches(plan(trainings_per_job=2))))
    assert batch.keys == (FoldSeed(0, 3), FoldSeed(0, 1))
    assert batch.rule == f"train_batch_cvm_herlev_{batch.protocol}_0" and str(batch) == "fold 0 seed 3, fold 0 seed 1"
    assert batch.files("runs/p/x", "train.json") == [
        "runs/p/x/fold0-seed3/train.json",
        "runs/p/x/fold0-seed1/train.json",
    ]


def test_a_batch_changes_no_step_of_the_study():
    single, batched = plan(), plan(trainings_per_job=2)
    assert not list(job_batches(single))
    for phase in phases.PHASES:
        assert phases.phase_inputs(single, "cvm_herlev", phase) == phases.phase_inputs(batched, "cvm_herlev", phase)


def test_a_batch_holds_at_least_one_training():
    with pytest.raises(UserError, match="trainings_per_job"):
        plan(trainings_per_job=0)
