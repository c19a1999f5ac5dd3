"""What the settings state for a step is what the step receives."""

import json
from pathlib import Path

import pytest

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.step_settings.split_settings import HoldoutRule, SplitFileRule
from workflow_scripts.runtime.files import canonical_json
from workflow_scripts.settings.index_steps import consistency_settings, index_settings
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]


def stated(steps: Steps, study: str) -> list:
    """The block of every step of a study that reads settings of the study alone, or of a protocol."""
    chosen = steps.study(study)
    blocks = [steps.synthesise(study, adapter) for adapter in chosen.adapters]
    blocks += [steps.ingest(study, listing) for listing in (None, {"folder": "digest"})]
    blocks += [
        step(study) for step in (steps.preprocess, steps.segment, steps.examples, steps.ground_truth, steps.track)
    ]
    blocks += [step(study) for step in (steps.paper_figures, steps.verdict, steps.report)]
    for protocol in chosen.protocols:
        blocks += [step(study, protocol) for step in (steps.split, steps.evaluate, steps.explain)]
    return [*blocks, index_settings(steps.config, [study], ["a_paper"]), consistency_settings(["a_paper"])]


@pytest.mark.parametrize("scale", ["demo", "paper"])
def test_every_step_receives_what_the_settings_state(scale):
    steps = Steps(settings(ROOT, {"scale": scale}))
    for study in steps.config.studies:
        for block in stated(steps, study):
            assert parse(type(block), json.loads(canonical_json(plain(block)))) == block


def test_a_step_does_not_receive_what_it_does_not_depend_on():
    """So that a change of it re-runs nothing."""
    changes = {"preprocess": {"pixel_size": 0.25}, "evaluate": {"margins": {"accuracy": 0.07}}, "subject": "tissue"}
    before, after = (Steps(settings(ROOT, user)) for user in ({}, {"studies": {"cvm_cervix": changes}}))
    study, protocol = "cvm_cervix", "published"
    for step in (Steps.preprocess, Steps.ground_truth):
        assert step(before, study) == step(after, study)
    assert before.split(study, protocol) == after.split(study, protocol)
    assert before.evaluate(study, protocol) == after.evaluate(study, protocol)
    assert before.explain(study, protocol) != after.explain(study, protocol)
    assert not {"margins", "subject"} & {
        *plain(after.paper_figures(study)),
        *plain(after.paper_figures(study))["evaluate"],
    }
    assert after.verdict(study).evaluate.margins.accuracy == 0.07 and "subject" not in plain(after.verdict(study))
    assert after.report(study).subject == "tissue"


def test_a_split_file_is_known_by_its_name_and_its_digest_only_where_there_is_one(tmp_path):
    protocols = {"own": {"kind": "file", "path": str(tmp_path / "split.csv")}}
    steps = Steps(settings(ROOT, {"studies": {"cvm_herlev": {"protocols": protocols}}}))
    own = steps.split("cvm_herlev", "own", "digest")
    assert own.rule == SplitFileRule("file", "split.csv") and own.split_file == "digest"
    published = steps.split("cvm_herlev", "published")
    assert isinstance(published.rule, HoldoutRule) and "split_file" not in plain(published)
