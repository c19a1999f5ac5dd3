"""Which trainings share a process: a setting that no step sees."""

from pathlib import Path

import pytest

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings import phases
from workflow_scripts.settings.packs import packs
from workflow_scripts.settings.workflow import Plan

ROOT = Path(__file__).resolve().parents[2]


def plan(**study) -> Plan:
    return Plan(ROOT, {"studies": {"cvm_herlev": {"seeds": [3, 1], **study}}}, ROOT)


def test_every_training_is_in_one_pack_and_a_further_seed_moves_none_but_of_the_last():
    found = [pack for pack in packs(plan(pack=2)) if pack.protocol == "published"]
    assert [pack.jobs for pack in found] == [[(0, 3), (0, 1)]]
    folds = {"published": {"kind": "kfold", "folds": 3, "validation": 0.1, "by": "sample"}}
    found = [pack.jobs for pack in packs(plan(pack=2, protocols=folds)) if pack.protocol == "published"]
    assert found == [[(0, 3), (1, 3)], [(2, 3), (0, 1)], [(1, 1), (2, 1)]]
    more = [pack.jobs for pack in packs(plan(pack=2, protocols=folds, seeds=[3, 1, 7])) if pack.protocol == "published"]
    assert more == [*found, [(0, 7), (1, 7)], [(2, 7)]]


def test_packing_changes_no_step_of_the_study():
    plain, packed = plan(), plan(pack=2)
    assert not list(packs(plain))
    for phase in phases.PHASES:
        assert phases.stated(plain, "cvm_herlev", phase) == phases.stated(packed, "cvm_herlev", phase)


def test_a_pack_holds_at_least_one_training():
    with pytest.raises(UserError, match="pack"):
        plan(pack=0)
