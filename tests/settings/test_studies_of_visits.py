"""What the workflow plans for a study of visits: no step that is of pictures alone."""

from pathlib import Path

import pytest

from workflow_scripts.settings import phases
from workflow_scripts.settings.plan.rule_patterns import RulePatterns
from workflow_scripts.settings.plan.targets import all_targets
from workflow_scripts.settings.plan.workflow_plan import Plan
from workflow_scripts.settings.study import Study

ROOT = Path(__file__).resolve().parents[2]
STUDY, PICTURES = "zeb2_ihc", "cvm_cervix"


@pytest.fixture
def plan(monkeypatch) -> Plan:
    """The shipped settings, where the samples of one study are visits."""
    made = Plan(ROOT, {}, ROOT)
    chosen, of_adapters = made.study(STUDY), Study.modality.fget
    monkeypatch.setattr(Study, "modality", property(lambda own: "table" if own is chosen else of_adapters(own)))
    return made


def test_no_examples_are_made_of_visits(plan):
    names = {Path(path).name for path in plan.data.examples(PICTURES)}
    assert plan.data.examples(STUDY) == []
    assert names == {"originals.npz", "montage.png", "montage.webp", "record.json"}
    for study, number in ((STUDY, 0), (PICTURES, 1)):
        assert sum("/examples/" in path for path in all_targets(plan, study)) == number
    pattern = RulePatterns(plan).path_variables()["examples"]
    assert PICTURES in pattern and STUDY not in pattern
    assert "examples" not in phases.phase_inputs(plan, STUDY, "data")["steps"]
    assert "examples" in phases.phase_inputs(plan, PICTURES, "data")["steps"]


def test_visits_are_packed_by_the_blocks_own_defaults_and_have_no_regions_to_look_at(plan):
    packing = plan.steps.preprocess(STUDY).preprocess
    assert packing.visits is not None and packing.visits.indicators
    assert plan.steps.preprocess(PICTURES).preprocess.visits is None
    assert plan.steps.explain(STUDY, next(iter(plan.study(STUDY).protocols))).explain.runs
    assert plan.steps.ground_truth(STUDY).explain == ()
