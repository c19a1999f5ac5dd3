"""A run that learns from stored maps must see pictures as the network saw them that made the maps."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.settings.malformed import MINE, refusals
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.embed_settings import Embedding
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.kinds.network import Network
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.settings.checks.map_runs import MapRun
from workflow_scripts.settings.load import settings as load
from workflow_scripts.settings.plan.workflow_plan import Plan

ROOT = Path(__file__).resolve().parents[2]

EMBEDDING = Embedding("vgg16", {"cfg": 1}, "published", stage=4, symmetries="eight", normalise="half")
TRAIN = {"frozen_stages": 4, "normalise": "half", "augment": {"quarter_turns": True, "vertical_flip": 0.5}}


POOLED = {"pool": "mean", "symmetries": "none"}
STILL = {"augment": {"horizontal_flip": 0.0}}


def mistakes(embedding=None, network=None, train=None, has_masks=False, resample="none"):
    run = Network("network", **{"model": "vgg16", "options": {"cfg": 1}, "weights": "published"} | (network or {}))
    block = parse(Train, TRAIN | (train or {}))
    maps = replace(EMBEDDING, **embedding or {})
    return list(MapRun("block4", maps, run, block, has_masks, {"published": resample}).mistakes())


def test_a_run_that_fits_its_maps_is_no_mistake():
    assert mistakes() == []
    assert mistakes(train={"copies": "fourfold", "redefine": True, "mask": True}) == []
    assert mistakes(embedding={"symmetries": "none"}, train=STILL) == []
    assert mistakes(network={"options": {"cfg": 1, "drop_rate": 0.5, "mlp_ratio": 0.1}}) == []
    assert mistakes(has_masks=True, train={"mask": False}) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"network": {"model": "vgg13"}}, "model is 'vgg13', embeddings.block4.model 'vgg16'; give both the same"),
        ({"network": {"options": {}}}, "options is {}, embeddings.block4.options {'cfg': 1}; give both"),
        ({"network": {"weights": None}}, "weights is None, embeddings.block4.weights 'published'; give both the same"),
        ({"embedding": {"stage": 3}}, "train.frozen_stages is 4, embeddings.block4.stage 3; write how many stages"),
        ({"embedding": {"stage": None}}, "train.frozen_stages is 4, embeddings.block4.stage null; write how many"),
        ({"train": {"frozen_stages": 0}}, "train.frozen_stages is 0, embeddings.block4.stage 4; write how many stages"),
        (
            {"embedding": POOLED, "train": STILL},
            "embeddings.block4 has no maps, pool is mean; a network needs pool: none",
        ),
        ({"train": {"normalise": "dataset"}}, "train.normalise is 'dataset', embeddings.block4.normalise 'half'; give"),
        ({"train": {"precision": "bfloat16"}}, "train.precision is 'bfloat16', embeddings.block4.precision 'float32'"),
        ({"train": {"augment": {"rotate": 10}}}, "train.augment.rotate is set, and stored maps are of flips and"),
        ({"train": {"augment": {"noise": 0.1}}}, "train.augment.noise is set, and stored maps are of flips and"),
        ({"embedding": {"symmetries": "none"}}, "train.augment.horizontal_flip is set, embeddings.block4.symmetries"),
        ({"has_masks": True}, "train.mask is true, and stored maps are of whole pictures; write mask: false"),
        ({"train": {"stain": "macenko"}}, "train.stain is macenko, and stored maps are of pictures as they are; write"),
        ({"resample": "smote"}, "protocols.published.resample is smote, and maps are not interpolated; write none"),
    ],
)
def test_what_does_not_fit_is_a_line_that_says_what_to_write(change, says):
    (line,) = mistakes(**change)
    assert line.startswith(says) and "; " in line


STORED = {
    "plain": {"kind": "baseline", "features": ["stored"], "embedding": "vgg"},
    "pooled": {"kind": "attention", "embedding": "vgg"},
}


def study(**changes):
    """A study of pictures with an embedding and runs that read it."""
    embeddings = {"vgg": {"model": "narrow_vgg", "pool": "mean"}}
    return {"studies": {"cvm_cervix": {"embeddings": embeddings, "study_only_runs": STORED, **changes}}}


def test_runs_on_stored_features_read_the_embedding_and_not_the_pictures(tmp_path):
    plan = Plan(ROOT, study(), tmp_path)
    for name in STORED:
        assert plan.steps.kind("cvm_cervix", name).embedding == "vgg"
        assert plan.steps.make_run("cvm_cervix", "published", name, 0, 0).spec.embedding == "vgg"
    assert "pooled" in plan.made_by["make_run_with_attention"] and "plain" in plan.made_by["make_run"]


def test_stored_features_of_no_embedding_are_refused():
    with pytest.raises(UserError, match="run 'pooled': embedding names 'vgg', which is no embedding of this study"):
        load(ROOT, study(embeddings={"resnet": {"model": "resnet18", "pool": "mean"}}))


@pytest.mark.parametrize(
    ("embeddings", "run", "says"),
    [
        ("{}", "", "embedding names 'maps', which is no embedding of this study; the study has none"),
        (
            "{maps: {model: vgg16, stage: 3, symmetries: eight}}",
            "train: {frozen_stages: 4, normalise: imagenet, augment: {rotate: 0}}",
            "train.frozen_stages is 4, embeddings.maps.stage 3; write how many stages the maps stand for at both",
        ),
        (
            "{maps: {model: vgg16, stage: 3}}",
            "train: {redefine: true}",
            "train: redefine is true and frozen_stages 0; say how many stages keep their weights",
        ),
    ],
)
def test_a_study_is_refused_for_it_before_any_job(embeddings, run, says, tmp_path):
    block = f"kind: network, model: vgg16, embedding: maps{', ' if run else ''}{run}"
    lines = refusals(f"{MINE}    embeddings: {embeddings}\n    runs: {{x: {{{block}}}}}\n", tmp_path)
    assert lines == [f"my.yaml, line 2: studies.mine: run 'x': {says}"]


def test_an_embedding_of_the_study_that_one_starts_from_is_removed_by_null(tmp_path):
    inherited = {"extends": "histology_vgg", "runs": {"control_colour": {"kind": "baseline", "features": ["colour"]}}}
    shipped = Plan(ROOT, {}, tmp_path).study("histology_vgg")
    removed = dict.fromkeys(name for name, run in shipped.kinds().items() if run.embedding)
    removed |= dict.fromkeys(name for name, run in shipped.kinds().items() if run.sources())
    changes = {"embeddings": dict.fromkeys(shipped.embeddings), "runs": removed, "explain": {"runs": []}}
    mine = {**inherited, **changes, "evaluate": {"reference": "control_colour"}}
    assert Plan(ROOT, {"studies": {"mine": mine}}, tmp_path).study("mine").embeddings == {}
    with pytest.raises(UserError, match="embeddings.vgg: null removes nothing"):
        load(ROOT, {"studies": {"histology_vgg": {"embeddings": {"vgg": None}}}})
