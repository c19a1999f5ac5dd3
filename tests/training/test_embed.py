"""What a network makes of pictures is stored once: the same bytes after a kill, for every run that reads it."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests import made
from tests.training.running import run
from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.embed_settings import Embedding, EmbedSettings
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.stages import front
from workflow_scripts.models.symmetries import eight_symmetries
from workflow_scripts.models.weights import load_start
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import embed
from workflow_scripts.training import embedder

OPTIONS = {"width": 0.1}
MAPS = Embedding("narrow_vgg", OPTIONS, stage=2, normalise="half", stored="float32")


def made_by(inputs, out, embedding=MAPS, weights=None):
    """Run the step; the stored numbers."""
    settings = plain(EmbedSettings("made", "maps", embedding, 7, 1))
    work = {"work": inputs.root / ".work", "device": "cpu", "code": "code", "log": None}
    embed.main(SimpleNamespace(settings=settings, arrays=inputs.root / "arrays", weights=weights, out=out, **work))
    return open_arrays(out)


def network_of(weights=None):
    torch.manual_seed(7)
    network = registry.create("narrow_vgg", 0, square(32), OPTIONS)
    if weights:
        load_start(network, weights, "narrow_vgg")
    return network.eval()


def expected(pictures, network, stage=None):
    layers = network.features if stage is None else front(network, stage)
    pixels = (torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5
    with torch.no_grad():
        return layers(pixels).permute(0, 2, 3, 1).numpy()


@pytest.fixture
def inputs(tmp_path):
    return made.make_inputs(tmp_path, per_class=15)


def test_each_picture_has_a_map_of_each_of_its_flips_and_turns(inputs):
    stored = made_by(inputs, inputs.root / "embeddings" / "maps", dataclasses.replace(MAPS, symmetries="eight"))
    pictures = open_arrays(inputs.root / "arrays")
    assert stored.map_source.symmetries == 8 and stored.description.row_shape == (8, 8, 13)
    for name in ("cell_000", "cell_044"):
        changed = expected(eight_symmetries(pictures.picture(name)), network_of(), stage=2)
        np.testing.assert_allclose(stored.data[stored.rows_of(name)], changed, rtol=1e-4, atol=1e-5)


def test_the_last_map_its_means_and_half_the_digits(inputs, tmp_path):
    last = dataclasses.replace(MAPS, stage=None)
    maps = made_by(inputs, inputs.root / "embeddings" / "last", last)
    means = made_by(inputs, inputs.root / "embeddings" / "means", dataclasses.replace(last, pool="mean"))
    halved = made_by(inputs, inputs.root / "embeddings" / "half", dataclasses.replace(last, stored="float16"))
    np.testing.assert_allclose(means.data, maps.data.mean(axis=(1, 2)), rtol=1e-5)
    assert (means.description.kind, halved.data.dtype) == ("features", "float16")
    np.testing.assert_array_equal(halved.data, maps.data.astype("float16"))


def test_a_transformer_is_stored_by_the_mean_of_its_tokens(inputs):
    vit = Embedding("test_vit", pool="mean", normalise="half")
    inputs_160 = made.make_inputs(inputs.root / "large", per_class=5, size=160)
    stored = made_by(inputs_160, inputs_160.root / "embeddings" / "vit", vit)
    assert stored.description.kind == "features" and stored.data.std(axis=0).min() > 0
    with pytest.raises(UserError, match="makes tokens and no maps; set pool: mean"):
        made_by(inputs_160, inputs_160.root / "embeddings" / "maps", dataclasses.replace(vit, pool="none"))


def test_weights_of_a_file_are_those_of_the_network_and_in_the_record(inputs, tmp_path):
    torch.manual_seed(3)
    save_file(registry.create("narrow_vgg", 4, square(32), OPTIONS).state_dict(), tmp_path / "own.safetensors")
    own = dataclasses.replace(MAPS, weights="own.safetensors")
    stored = made_by(inputs, inputs.root / "embeddings" / "own", own, tmp_path / "own.safetensors")
    pictures = open_arrays(inputs.root / "arrays")
    network = network_of(tmp_path / "own.safetensors")
    np.testing.assert_allclose(
        stored.data[stored.rows_of("cell_003")],
        expected([pictures.picture("cell_003")], network, 2),
        rtol=1e-4,
        atol=1e-5,
    )
    assert len(stored.map_source.network.weights) == 64
    with pytest.raises(UserError, match="name weights, and --weights is missing"):
        made_by(inputs, inputs.root / "embeddings" / "own", own)


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_what_was_stopped_goes_on_and_ends_in_the_same_bytes(inputs, monkeypatch, blocks):
    monkeypatch.setattr(embedder, "BLOCK", 10)
    whole = inputs.root / "embeddings" / "whole"
    made_by(inputs, whole)
    rows, called = embedder.Embedder.rows, []

    def stops(self, block):
        called.append(block)
        # The first call asks what a row is.
        if len(called) == blocks + 2:
            raise KeyboardInterrupt
        return rows(self, block)

    out = inputs.root / "embeddings" / "stopped"
    with monkeypatch.context() as patched:
        patched.setattr(embedder.Embedder, "rows", stops)
        with pytest.raises(KeyboardInterrupt):
            made_by(inputs, out)
        assert not (out / "record.json").exists()
        called[:] = [None] * 50
        made_by(inputs, out)
    # Of five blocks those are left that were not done.
    assert len(called) == 50 + 1 + 5 - blocks
    assert (out / "data.npy").read_bytes() == (whole / "data.npy").read_bytes()


def test_neither_labels_nor_splits_are_read(inputs):
    first = inputs.root / "embeddings" / "first"
    made_by(inputs, first)
    for name in ("dataset/manifest.csv", "splits/published.csv", "dataset/record.json"):
        (inputs.root / name).unlink()
    made_by(inputs, inputs.root / "embeddings" / "second")
    assert (first / "data.npy").read_bytes() == (inputs.root / "embeddings" / "second" / "data.npy").read_bytes()


def test_numbers_that_half_the_digits_do_not_hold_stop_the_step(inputs, tmp_path):
    torch.manual_seed(3)
    tensors = registry.create("narrow_vgg", 4, square(32), OPTIONS).state_dict()
    save_file({name: 1e6 * tensor.float() for name, tensor in tensors.items()}, tmp_path / "huge.safetensors")
    huge = dataclasses.replace(MAPS, weights="huge.safetensors", stored="float16")
    with pytest.raises(UserError, match="makes numbers that float16 does not hold .*; set stored: float32"):
        made_by(inputs, inputs.root / "embeddings" / "huge", huge, tmp_path / "huge.safetensors")


def test_two_runs_learn_from_one_embedding(inputs):
    folder = inputs.root / "embeddings" / "maps"
    made_by(inputs, folder)
    for name, rate in (("slow", 0.001), ("fast", 0.01)):
        spec = made.network("narrow_vgg", options=OPTIONS, embedding="maps")
        block = {"normalise": "half", "frozen_stages": 2, "augment": {"horizontal_flip": 0.0}, "learning_rate": rate}
        run(inputs, inputs.root / name, made.settings(spec, **block), arrays=folder)
    curves = [(inputs.root / name / "history.csv").read_text() for name in ("slow", "fast")]
    assert curves[0] != curves[1]
