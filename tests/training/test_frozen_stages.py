"""The first stages of a VGG-like network stay as they start, and what is behind them learns or starts anew."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests import made
from tests.training.running import narrow_weights, run
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.stages import front, tail
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime.errors import UserError

OPTIONS = {"width": 0.05}
STAGES = 3
# Of the layers of a narrow VGG: what the third pooling ends.
LAST_FROZEN = 23


def is_frozen(key):
    part, number, *_ = key.split(".")
    return part == "features" and int(number) <= LAST_FROZEN


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return narrow_weights(tmp_path_factory.mktemp("start"), OPTIONS)


def changed_by(inputs, out, start, **train):
    """Tensors after a training, and the names of those that it does not share with the file it started from."""
    spec = made.network("narrow_vgg", options=OPTIONS, weights="start.safetensors")
    settings = made.settings(spec, **{"epochs": 1, **train})
    run(inputs, out, settings, weights=[f"model={start}"])
    after, before = read_trained(out / "weights.safetensors", made.training(settings)).tensors, load_file(start)
    return after, {key for key, value in after.items() if not torch.equal(value, before[key])}


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_frozen_stages_stay_to_the_byte_and_all_behind_them_learns(inputs, tmp_path, start, optimizer):
    after, changed = changed_by(
        inputs, tmp_path, start, frozen_stages=STAGES, optimizer=optimizer, weight_decay=0.1, learning_rate=0.01
    )
    assert changed == {key for key in after if not is_frozen(key)}


def test_without_frozen_stages_every_layer_learns(inputs, tmp_path, start):
    after, changed = changed_by(inputs, tmp_path, start, learning_rate=0.01)
    assert changed == set(after)


def test_a_frozen_backbone_keeps_all_stages_whatever_is_said_of_them(inputs, tmp_path, start):
    outcomes = [
        changed_by(inputs, tmp_path / str(stages), start, frozen_stages=stages, freeze="backbone") for stages in (0, 3)
    ]
    assert [changed for _, changed in outcomes] == [{"head.weight", "head.bias"}] * 2
    assert all(torch.equal(value, outcomes[1][0][key]) for key, value in outcomes[0][0].items())


def test_redefined_layers_start_at_random_and_frozen_ones_from_the_weights(inputs, tmp_path, start):
    # A rate that moves nothing: what a training ends with is what it started from.
    still = {"optimizer": "sgd", "learning_rate": 1e-30, "weight_decay": 0.0, "frozen_stages": STAGES}
    kept, changed = changed_by(inputs, tmp_path / "kept", start, **still)
    kernels = {key for key, value in kept.items() if value.ndim > 1}
    assert changed & kernels == {"head.weight"} and kept["head.weight"].abs().max() < 1e-20
    anew, changed = changed_by(inputs, tmp_path / "anew", start, **still, redefine=True)
    assert changed & kernels == {key for key in kernels if not is_frozen(key)}
    assert anew["head.weight"].abs().max() > 1e-3


def test_frozen_stages_of_a_network_that_has_none_are_refused_in_a_line(inputs, tmp_path):
    for spec, stages in ((made.network(), 1), (made.network("narrow_vgg", options=OPTIONS), 6)):
        with pytest.raises(UserError, match="stages"):
            run(inputs, tmp_path, made.settings(spec, frozen_stages=stages))


def test_layers_are_redefined_only_behind_frozen_stages():
    with pytest.raises(ValueError, match="say how many stages keep their weights"):
        parse(Train, {"redefine": True})


def test_the_blocks_of_an_efficientnet_are_its_stages_and_stay_to_the_byte(inputs, tmp_path):
    torch.manual_seed(5)
    network = registry.create("test_efficientnet", 7, square(32), {})
    network.train()(torch.randn(16, 3, 32, 32))
    save_file(network.state_dict(), tmp_path / "start.safetensors")
    settings = made.settings(
        made.network("test_efficientnet", weights="start.safetensors"), epochs=1, frozen_stages=2, learning_rate=0.01
    )
    run(inputs, tmp_path / "out", settings, weights=[f"model={tmp_path / 'start.safetensors'}"])
    after = read_trained(tmp_path / "out" / "weights.safetensors", made.training(settings)).tensors
    before = network.state_dict()
    kept = {key for key, value in after.items() if value.shape == before[key].shape and torch.equal(value, before[key])}
    assert kept == {key for key in after if key.startswith(("conv_stem.", "bn1.", "blocks.0.", "blocks.1."))}


def test_an_efficientnet_is_its_first_stages_and_what_is_behind_them():
    network = registry.create("test_efficientnet", 3, square(32), {}).eval()
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(tail(network, 2)(front(network, 2)(images)), network(images))
    assert len(network.blocks) > 2, "the network itself stays whole"
    with pytest.raises(UserError, match=rf"has {len(network.blocks)} stages, not 99"):
        front(network, 99)
