"""A hidden layer before the classifier belongs to the classifier: for start weights, freezing, features and maps."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from tests import made
from workflow_scripts.explanation.gradcam import gradcam
from workflow_scripts.explanation.network_features import look
from workflow_scripts.models import compression, registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.weights import TrainedWeights, read_trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.steps import finish_run, train
from workflow_scripts.training import recipe
from workflow_scripts.training.feeders.pixels import Normalisation, Pixels

HIDDEN = 10


def headed(model=made.CNN, **more):
    return made.build(made.network(model, hidden=HIDDEN, **more), 3, square(64), seed=0, files={})


@pytest.mark.parametrize("name", [made.CNN, made.VIT, "torchvision/shufflenet_v2_x0_5", "inception_resnet_v1"])
def test_a_hidden_layer_stands_between_the_features_and_the_classes(name):
    size = 80
    model = made.build(made.network(name, hidden=HIDDEN), 3, square(size), seed=0, files={})
    features = registry.create(name, 0, square(size), {}).feature_count
    inside = {key: tuple(value.shape) for key, value in model.state_dict().items() if recipe._in_classifier(model, key)}
    (place,) = model.classifier_names
    assert inside[f"{place}.hidden.weight"] == (HIDDEN, features) and inside[f"{place}.output.weight"] == (3, HIDDEN)
    assert len(inside) == 4 and model(torch.zeros(2, 3, size, size)).shape == (2, 3)
    # What the hidden layer makes negative is cut off.
    head, given = model.get_submodule(place), torch.randn(5, features)
    torch.testing.assert_close(head(given), head.output(head.hidden(given).clamp(min=0)))


def test_published_weights_fill_all_but_the_head_whose_last_layer_alone_starts_at_zero(tmp_path):
    path = tmp_path / "start.safetensors"
    save_file(registry.create(made.CNN, 1000, square(32), {}).state_dict(), path)
    for weights in ("published", "start.safetensors"):
        spec = made.network(hidden=HIDDEN, weights=weights)
        model = made.build(spec, 3, square(32), seed=0, files={"model": path})
        given = load_file(path)
        for key, value in model.state_dict().items():
            assert key.startswith("fc.") or torch.equal(value, given[key]), key
        assert not model.fc.output.weight.any() and not model.fc.output.bias.any()
        assert model.fc.hidden.weight.abs().sum() > 0


def test_a_network_whose_classifier_is_something_else_is_refused():
    with pytest.raises(UserError, match="'deit_tiny_distilled_patch16_224' has no classifier of one linear layer"):
        made.build(made.network("deit_tiny_distilled_patch16_224", hidden=HIDDEN), 3, square(32), seed=0, files={})


def test_a_frozen_backbone_leaves_both_layers_to_be_trained_and_the_run_can_be_applied(tmp_path):
    inputs = made.make_inputs(tmp_path / "made")
    settings = made.settings(made.network(hidden=HIDDEN), epochs=1, freeze="backbone")
    train.main(inputs.arguments(out=tmp_path / "run", settings=settings))
    after = read_trained(tmp_path / "run" / "weights.safetensors", made.training(settings)).tensors
    model = made.build(settings["spec"], 3, square(32), seed_for("made", "tiny", 0, 0, "initialise"), files={})
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, after[key])}
    assert changed == {f"fc.{layer}.{kind}" for layer in ("hidden", "output") for kind in ("weight", "bias")}
    finish_run.main(inputs.arguments(run=tmp_path / "run", settings={**settings, "aggregate": "none"}))


def test_features_are_what_enters_the_head_and_maps_are_those_of_the_network():
    model = headed().eval()
    images = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3)).astype("uint8")
    subset = made.subset(np.arange(4), np.zeros(4, dtype="int64"), np.arange(4, dtype="uint64"))
    normalisation = Normalisation([0.5] * 3, [0.5] * 3, channels_last=False)
    feeder = Pixels(made.arrays_of(images), subset, torch.device("cpu"), normalisation)
    features = look(model, feeder, "float32", True).features
    assert features.shape == (4, model.fc.hidden.in_features)
    maps = gradcam(model, feeder.batch(np.arange(4)).inputs[0], np.array([0, 1, 2, 0]))["model"]
    assert maps.target.name == "layer4" and maps.values.shape == (4, 64, 64) and maps.has_gradient


@pytest.mark.parametrize("to", ["float16", "int8", "onnx"])
def test_a_headed_network_can_be_made_smaller(tmp_path, to):
    settings = made.settings(made.network(hidden=HIDDEN))
    model = headed().eval()
    weights = TrainedWeights(model.state_dict(), made.training(settings), "code", [0.5] * 3, [0.5] * 3, made.CLASSES)
    images = torch.randn(5, 3, 64, 64)
    expected = torch.softmax(model(images), 1)
    file = compression.compress(headed(), weights, to, tmp_path, square(64))
    found = torch.softmax(compression.restore(headed(), file, made.training(settings))(images), 1)
    torch.testing.assert_close(found, expected, atol=0.05, rtol=0)
