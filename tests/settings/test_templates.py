"""Templates: what studies start from, and what is never run itself."""

import re
from pathlib import Path

import pytest
import yaml

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.load import settings
from workflow_scripts.settings.plan.same_splits import origin_protocol
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]
MINE = {"extends": "own_images", "source": "somewhere"}
OWN = {"studies": {"mine": MINE}}


def of(**changes):
    """The study `mine`, with changes."""
    return settings(ROOT, {"studies": {"mine": {**MINE, **changes}}}).studies["mine"]


def test_a_template_is_no_study():
    assert "own_images" not in settings(ROOT).studies and "own_images" not in settings(ROOT, OWN).studies
    with pytest.raises(UserError, match="only names 'own_images', which is no study"):
        settings(ROOT, {"only": ["own_images"]})


def test_a_study_of_own_images_needs_no_more_than_a_source_and_is_the_same_at_every_scale():
    demo, paper = (settings(ROOT, {**OWN, "scale": scale}) for scale in ("demo", "paper"))
    assert demo.studies["mine"] == paper.studies["mine"] and demo.scale_of("mine") is None
    assert demo.scale_of("cvm_cervix") == "demo" and demo.studies["mine"].paper == ""


def test_a_study_that_says_what_differs_at_a_scale_has_one():
    config = settings(ROOT, {"studies": {"mine": {**MINE, "scales": {"demo": {"train": {"epochs": 2}}}}}})
    assert config.scale_of("mine") == "demo"


def test_a_study_may_not_be_called_as_a_template():
    with pytest.raises(UserError, match="a template is called 'own_images'.*such as my_own_images"):
        settings(ROOT, {"studies": {"own_images": {"source": "somewhere"}}})


def test_templates_of_ones_own_are_extended_and_their_mistakes_said_with_their_place():
    template = {"extends": "own_images", "train": {"epochs": 3}}
    changes = {"templates": {"ours": template}, "studies": {"mine": {**MINE, "extends": "ours"}}}
    assert settings(ROOT, changes).studies["mine"].train.epochs == 3
    template["runs"] = {"nothing": None}
    with pytest.raises(UserError, match=r"templates\.ours\.runs\.nothing: null removes nothing"):
        settings(ROOT, changes)


def test_own_images_have_a_network_with_published_weights_early_stopping_folds_by_group_and_a_control():
    mine = of()
    (network,) = (run for run in mine.runs.values() if run.kind == "network")
    assert network.weights == "published" and mine.train.patience and mine.train.select == "best"
    assert {rule.by for rule in mine.protocols.values()} == {"sample", "group"}
    assert {rule.kind for rule in mine.protocols.values()} == {"kfold"}
    assert any(kind.sees_no_shape() for kind in mine.kinds().values())


def test_a_split_by_group_may_be_the_one_by_image_where_no_groups_are_named():
    assert origin_protocol(of(), "by_group") == "by_image" and origin_protocol(of(), "by_image") is None


def test_where_groups_are_named_no_training_waits_for_another():
    assert origin_protocol(of(ingest={"groups": "groups.csv"}), "by_group") is None
    assert origin_protocol(settings(ROOT).studies["cvm_cervix"], "grouped") is None


def test_protocols_of_one_rule_are_one_split_unless_they_learn_from_other_samples():
    rule = {"kind": "kfold", "folds": 5, "validation": 0.2, "by": "sample"}
    twice = of(ingest={"groups": "groups.csv"}, protocols={"again": {**rule, "aggregate": "mean"}, "by_image": rule})
    assert [origin_protocol(twice, name) for name in ("again", "by_image")] == [None, "again"]
    smote = of(protocols={"again": {**rule, "resample": "smote"}, "by_image": rule})
    assert origin_protocol(smote, "by_image") is None


def test_a_training_names_those_of_its_folds_and_seeds_under_the_other_protocol(tmp_path):
    plan = Plan(ROOT, {**OWN, "results": "results-x"}, tmp_path)
    keys = plan.runs.fold_seeds("mine", "by_group")[:2]
    folder = "results-x/mine/runs/by_image/network"
    expected = [f"{folder}/fold{fold}-seed0/train.json" for fold in (0, 1)]
    assert plan.runs.origin_trainings("mine", "by_group", "network", keys) == expected
    assert plan.runs.origin_trainings("mine", "by_image", "network", keys) == []


@pytest.mark.parametrize("page", ["use_your_own_images", "use_dicom", "use_slides", "use_visits"])
def test_the_first_settings_of_a_page_on_own_data_are_a_whole_study(page):
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    written = yaml.safe_load(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    (name,) = written["studies"]
    study = settings(ROOT, written).studies[name]
    assert study.enabled and study.runs and any(rule.by == "group" for rule in study.protocols.values())
