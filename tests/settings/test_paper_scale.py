"""At the scale `paper`, the shipped settings are what the paper states, wherever it states it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.protocol_roles import named_protocol
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.settings.layers.hints import blocks_at
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
STUDIES = ROOT / "workflow_scripts" / "studies"
PAPERS = {path.parent.name: read_published(path) for path in sorted(STUDIES.glob("*/published.yaml"))}
STEPS = Steps(settings(ROOT, {"scale": "paper"}))
# A paper may be read before its studies are in config.yaml: then only its numbers are checked against each other.
SHIPPED = {
    paper: [study for study in published.studies if study in STEPS.config.studies]
    for paper, published in PAPERS.items()
}
EVERY = [(paper, study) for paper, studies in SHIPPED.items() for study in studies]
# What papers state and no study can be set to yet: part of the work on them.
TO_DO: set[tuple[str, str]] = set()
# What a paper says twice, and not the same, see its notes.md.
CONTRADICTIONS = {
    # Section 5.2 says relu where sections 3.1 and 3.4 say gelu.
    "cvm_cervix": {"activation_discussion"},
    "histology_vgg": {"classes_comparison", "fractions", "optimizer_procedure", "loss_procedure"},
}


def used(study, path):
    """The value at a dotted path of a study's settings, a run's training completed by the study's."""
    value = STEPS.study(study).model_dump(mode="json")
    for run in value["runs"]:
        if STEPS.kind(study, run).leaves_weights:
            value["runs"][run]["train"] = plain(STEPS.training(study, run))
    for key in named_protocol(path, STEPS.study(study).as_published).split("."):
        value = value[key]
    return value


def fits_the_types(path, value):
    """Whether a study could have a setting of that path and, where it is stated, that value."""
    *above, key = ["studies", "any", *path.split(".")]
    fields = [block.model_fields[key] for block in blocks_at(above, None) if key in block.model_fields]
    return any(value is None or _takes(field, value) for field in fields)


def _takes(field, value):
    annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        TypeAdapter(annotation).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("paper", "study"), EVERY)
def test_what_the_paper_states_is_what_is_set(paper, study):
    stated = [
        entry
        for entry in PAPERS[paper].settings
        if entry.setting and entry.value is not None and (not entry.studies or study in entry.studies)
    ]
    differing = {entry.id for entry in stated if used(study, entry.setting) != entry.expected}
    assert differing == CONTRADICTIONS.get(paper, set()) & {entry.id for entry in stated}
    assert stated or not any(claim.study == study for claim in PAPERS[paper].claims)


@pytest.mark.parametrize(("paper", "study"), EVERY)
def test_what_the_paper_leaves_open_still_names_a_setting(paper, study):
    for entry in PAPERS[paper].settings:
        if entry.setting and (not entry.studies or study in entry.studies):
            used(study, entry.setting)


def test_every_setting_that_any_paper_names_exists_but_those_still_to_do():
    unknown = {
        (paper, entry.setting)
        for paper, published in PAPERS.items()
        for entry in published.settings
        if entry.setting and not fits_the_types(entry.setting, entry.expected)
    }
    assert unknown == TO_DO


@pytest.mark.parametrize("paper", [paper for paper in PAPERS if SHIPPED[paper]])
def test_every_run_that_the_paper_has_numbers_of_is_declared(paper):
    claimed = {
        (claim.study, claim.run) for claim in PAPERS[paper].claims if claim.run and claim.study in SHIPPED[paper]
    }
    declared = {(study, run) for study in SHIPPED[paper] for run in STEPS.study(study).runs}
    assert claimed <= declared


def test_only_the_copies_set_the_fourfold_run_apart():
    for study in ("cvm_cervix", "cvm_herlev"):
        assert STEPS.spec(study, "cvm-fourfold") == STEPS.spec(study, "cvm")
        assert STEPS.training(study, "cvm-fourfold") == replace(STEPS.training(study, "cvm"), copies="fourfold")
    assert "cvm-fourfold" not in STEPS.study("cvm_blood").runs
    assert "cvm-fourfold" not in STEPS.study("cvm_sipakmed").runs
