"""Grad-CAM looks where the evidence is, in every kind of network, and never passes an empty map off as a picture."""

import json
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from tests import made
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.explanation import figure
from workflow_scripts.explanation.gradcam import central_share, correlation, gradcam, refuse_empty
from workflow_scripts.explanation.target_layers import target_layer
from workflow_scripts.explanation.trained import Trained
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.models import registry
from workflow_scripts.models.build import random_network
from workflow_scripts.models.input_shape import InputShape, square
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.steps import explain, train


def test_each_run_gets_a_table_and_a_figure(explained):
    inputs, out, _ = explained
    branches = {"cnn": ["model"], "vit": ["model"], "joint": ["cnn", "vit"]}
    for run, expected in branches.items():
        table = pd.read_csv(out / run / "gradcam.csv")
        assert list(table["branch"].unique()) == expected and len(table) == 4 * len(expected)
        assert table["probability"].between(1 / 3, 1).all() and table["central_share"].dropna().between(0, 1).all()
        assert table["correlation_random"].dropna().between(-1, 1).all() and table["correlation_random"].notna().any()
        width, height = Image.open(out / run / "gradcam.png").size
        assert width > 500 and height > 500
    split = pd.read_csv(inputs.split).set_index("id")["subset"]
    assert (split[table["id"]] == "test").all()
    assert table["label"].tolist()[:4] == ["blob", "cross", "empty", "blob"]
    record = json.loads((out / "record.json").read_text())
    assert len(record["outputs"]) == 45 and "runs/joint/fold0-seed0/weights.safetensors" in record["inputs"]


def test_equal_runs_are_explained_in_equal_bytes(explained, tmp_path):
    inputs, out, settings = explained
    again = {**settings, "explain": {**settings["explain"], "runs": ["joint"]}}
    explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=again))
    files = [path.relative_to(tmp_path) for path in (tmp_path / "joint").iterdir()]
    assert len(files) == 15
    for name in files:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()


def test_what_a_protocol_reports_is_explained_and_named(explained, tmp_path):
    inputs, _, settings = explained
    wanted = {"runs": ["cnn"], "images": 2, "errors": 2, "embedding": True}
    other = {**settings, "reported": "validation", "explain": wanted}
    with patch.object(figure, "draw", wraps=figure.draw) as drawn:
        explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=other))
    split = pd.read_csv(inputs.split).set_index("id")["subset"]
    for name in ("gradcam", "embedding"):
        assert set(split[pd.read_csv(tmp_path / "cnn" / f"{name}.csv")["id"]]) == {"validation"}
    assert "2 validation images, selected on" in drawn.call_args_list[0].args[1]
    assert "12 validation images, selected on" in (tmp_path / "cnn" / "embedding.html").read_text(encoding="utf-8")


def test_weights_of_another_training_are_refused(explained, tmp_path):
    inputs, _, settings = explained
    with pytest.raises(UserError, match="trained with other settings"):
        other = {**settings, "protocol": "grouped"}
        explain.main(inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=other))


@pytest.mark.parametrize("empty_up_to", [1, 99])
def test_one_empty_map_is_no_reason_to_stop_but_more_images_must_show_something(
    explained, tmp_path, monkeypatch, empty_up_to
):
    inputs, _, settings = explained
    found = Trained.maps

    def maps(self, rows, network=None):
        kept = len(rows) > empty_up_to
        return {name: replace(one, values=one.values * kept) for name, one in found(self, rows, network).items()}

    monkeypatch.setattr(Trained, "maps", maps)
    one = {**settings, "explain": {"runs": ["cnn"], "images": 1, "errors": 1, "embedding": False}}
    arguments = inputs.arguments(runs=inputs.root / "runs", out=tmp_path, settings=one)
    if empty_up_to > 1:
        with pytest.raises(UserError, match="cnn, model: the map of layer .* is zero everywhere, because all"):
            explain.main(arguments)
        return
    explain.main(arguments)
    assert json.loads((tmp_path / "record.json").read_text())["found"]["cnn"]["empty_maps"] == {"model": 1}


class Spots(torch.nn.Module):
    """Class 0 speaks for red places, class 1 for green ones: the right map is known."""

    def __init__(self):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 2, 8, stride=8, bias=False)
        self.convolution.weight.data.zero_()
        for channel in (0, 1):
            self.convolution.weight.data[channel, channel] = 1

    def forward(self, images):
        return torch.relu(self.convolution(images)).mean((2, 3))


def test_the_map_lies_on_what_speaks_for_the_class():
    images = torch.zeros(2, 3, 64, 64)
    images[:, 0, :16, :16] = 1
    images[:, 1, 48:, 48:] = 1
    maps = gradcam(Spots(), images, np.array([0, 1]))["model"]
    assert maps.target.shape == (8, 8) and maps.values.max() == pytest.approx(1)
    assert maps.values[0, :16, :16].mean() > 0.8 and maps.values[0, 32:, 32:].max() == 0
    assert maps.values[1, 48:, 48:].mean() > 0.8 and maps.values[1, :32, :32].max() == 0


def test_a_transformers_map_keeps_the_place_of_its_patches():
    target = target_layer(registry.create("deit_tiny_distilled_patch16_224", 3, square(64), {}), square(64))
    assert target.name == "blocks.11.norm1" and target.shape == (4, 4)
    tokens = torch.zeros(1, 18, 5)
    tokens[0, 2 + 4 * 1 + 3] = 1  # two tokens come before the patches; row 1, column 3
    assert target.reshape(tokens).nonzero()[:, 2:].unique(dim=0).tolist() == [[1, 3]]


@pytest.mark.parametrize(
    ("name", "size", "layer", "shape"),
    [
        ("resnet18", 64, "layer4", (2, 2)),
        ("mobilenetv2_100", 64, "bn2", (2, 2)),
        ("densenet121", 64, "features.norm5", (2, 2)),
        ("legacy_xception", 64, "act4", (2, 2)),
        ("inception_v3", 128, "Mixed_7c", (2, 2)),
        ("botnet26t_256", 64, "stages", (2, 2)),
        ("torchvision/googlenet", 64, "inception5b", (2, 2)),
        ("torchvision/shufflenet_v2_x0_5", 64, "conv5", (2, 2)),
        ("inception_resnet_v1", 128, "c", (2, 2)),
        ("plain_cnn", 64, "blocks", (8, 8)),
        ("t2t_vit_14", 64, "blocks.13.norm1", (4, 4)),
        (made.CNN, 64, "layer4", (2, 2)),
        ("test_mambaout", 64, "stages", (2, 2)),
        ("levit_128s", 128, "stages", (2, 2)),
        ("cait_xxs24_224", 64, "blocks.23.norm1", (4, 4)),
        ("xcit_nano_12_p16_224", 64, "blocks.11.norm1", (4, 4)),
        ("pvt_v2_b0", 64, "stages", (2, 2)),
        ("mvitv2_tiny", 64, "norm", (2, 2)),
        ("crossvit_9_240", 240, "blocks.2.blocks.1", (14, 14)),
        ("mixer_s32_224", 224, "norm", (7, 7)),
        ("efficientformer_l1", 224, "norm", (7, 7)),
        # The listed layer has one pixel at these sizes.
        (made.CNN, 32, "layer3", (2, 2)),
        ("inception_v3", 96, "Mixed_6e", (4, 4)),
    ],
)
def test_the_layer_is_the_last_one_with_places(name, size, layer, shape):
    target = target_layer(registry.create(name, 3, square(size), {}), square(size))
    assert (target.name, target.shape) == (layer, shape)


def test_channels_may_come_last():
    options = {"embed_dim": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 2], "window_size": 2}
    torch.manual_seed(0)
    model = registry.create("swin_tiny_patch4_window7_224", 3, square(96), options).eval()
    target = target_layer(model, square(96))
    assert (target.name, target.shape) == ("norm", (3, 3))
    places = torch.zeros(1, 3, 3, 5)
    places[0, 1, 2] = 1
    assert target.reshape(places).nonzero()[:, 2:].unique(dim=0).tolist() == [[1, 2]]
    maps = gradcam(model, torch.rand(2, 3, 96, 96), np.array([0, 2]))
    refuse_empty(maps, "swin")
    assert maps["model"].values.any()


class Tokens(torch.nn.Module):
    """Class 0 speaks for red places, class 1 for green ones; places are tokens behind `before` others."""

    def __init__(self, before: int = 0, order=None):
        super().__init__()
        self.spots, self.shown, self.order = Spots(), torch.nn.Identity(), order
        self.before = before

    def forward(self, images):
        tokens = self.spots.convolution(images).flatten(2).transpose(1, 2)
        tokens = tokens if self.order is None else tokens[:, self.order]
        tokens = torch.cat([tokens.new_zeros(len(tokens), self.before, 2), tokens], dim=1)
        return torch.relu(self.shown(tokens)).mean(dim=1)


@pytest.mark.parametrize("before", [0, 1])
def test_the_map_of_tokens_lies_on_what_speaks_for_the_class(before):
    images = torch.zeros(2, 3, 64, 64)
    images[:, 0, :16, 48:] = 1
    images[:, 1, 48:, :16] = 1
    target = target_layer(Tokens(before), square(64))
    assert (target.name, target.shape) == ("shown", (8, 8))
    values = gradcam(Tokens(before), images, np.array([0, 1]), {"model": target})["model"].values
    assert values[0, :16, 48:].mean() > 0.8 and values[0, 32:].max() == 0 and values[0, :, :32].max() == 0
    assert values[1, 48:, :16].mean() > 0.8 and values[1, :32].max() == 0 and values[1, :, 32:].max() == 0


def test_tokens_that_are_not_in_the_order_of_the_image_are_no_map():
    scrambled = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    assert target_layer(Tokens(order=scrambled), square(64)).name == "spots.convolution"


class Early(torch.nn.Module):
    """Only the stem has a map: behind it all is one row of numbers."""

    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 4, 4, stride=4)
        self.layers = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))

    def forward(self, images):
        return self.layers(self.stem(images).mean((2, 3)))


def test_a_layer_before_the_first_stage_is_refused():
    with pytest.raises(UserError, match="last layer of Early .* 'stem', before its first stage") as caught:
        target_layer(Early(), square(32))
    assert "\n" not in str(caught.value) and "take the run out of explain.runs" in str(caught.value)


def test_an_untrained_network_has_maps_even_where_its_classifier_starts_at_zero():
    spec = made.network("mixer_s32_224")
    assert not made.build(spec, 3, square(224), 0).head.weight.any()
    network = random_network(parse(TrainedKind, spec), 3, square(224), 0)
    assert network.head.weight.any()
    refuse_empty(gradcam(network, torch.rand(4, 3, 224, 224), np.array([0, 1, 2, 0])), "mixer")


def test_what_cannot_be_explained_is_said_before_training(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("workflow_scripts.explanation.target_layers.random_network", lambda *_: Early())
    inputs = made.make_inputs(tmp_path)
    settings = made.settings(epochs=1, spec=made.network())
    with caplog.at_level("INFO"):
        train.main(inputs.arguments(out=tmp_path / "run" / "fold0-seed0", settings=settings))
    lines = [record.getMessage() for record in caplog.records]
    said = next(i for i, line in enumerate(lines) if "Grad-CAM will show nothing of this network" in line)
    assert said < next(i for i, line in enumerate(lines) if line.startswith("training tiny on"))


@pytest.mark.parametrize(("name", "size", "shape"), [("inception_resnet_v1", 107, (2, 2)), ("t2t_vit_14", 48, (3, 3))])
def test_the_networks_written_here_are_explained(name, size, shape):
    torch.manual_seed(0)
    model = registry.create(name, 3, square(size), {}).eval()
    found = gradcam(model, torch.rand(2, 3, size, size), np.array([0, 2]))
    refuse_empty(found, name)
    maps = found["model"]
    assert maps.target.shape == shape and maps.values.shape == (2, size, size) and maps.values.any()


def test_no_layer_with_places_is_an_error():
    with pytest.raises(UserError, match="no layer of Conv2d|no layer of Sequential"):
        target_layer(torch.nn.Sequential(torch.nn.Conv2d(3, 2, 16), torch.nn.Flatten()), square(16))


def test_a_layer_behind_the_last_attention_is_an_error_not_a_picture():
    model = registry.create(made.VIT, 3, square(64), {}).eval()
    wrong = replace(target_layer(model, square(64)), name="norm")
    maps = gradcam(model, torch.rand(3, 3, 64, 64), np.zeros(3, dtype=int), {"model": wrong})
    with pytest.raises(UserError, match=r"Grad-CAM of tiny, model: the map of layer 'norm' \(4×4\) is zero everywhere"):
        refuse_empty(maps, "tiny")


class Against(Spots):
    """What is bright speaks against every class."""

    def forward(self, images):
        return -self.convolution(images).mean((2, 3))


def test_evidence_against_the_class_is_an_empty_map_and_no_error():
    images = torch.zeros(2, 3, 64, 64)
    images[:, 0, :16, :16] = torch.tensor([1.0, -1.0])[:, None, None]
    maps = gradcam(Against(), images, np.array([0, 0]))
    refuse_empty(maps, "tiny")
    assert maps["model"].values.any(axis=(1, 2)).tolist() == [False, True] and maps["model"].empty == 1


def test_a_branch_whose_maps_are_all_empty_is_an_error():
    images = torch.zeros(2, 3, 64, 64)
    images[:, 0, :16, :16] = 1
    maps = gradcam(Against(), images, np.array([0, 0]))
    assert maps["model"].has_gradient and maps["model"].empty == 2
    with pytest.raises(
        UserError, match="model: the map of layer .* is zero everywhere, because all that the layer saw"
    ):
        refuse_empty(maps, "tiny")


def test_a_branch_that_does_not_count_is_an_error():
    model = made.build(made.fusion(), 3, square(32), seed=0).eval()
    model.hidden.weight.data[:, model.branches["cnn"].feature_count :] = 0
    maps = gradcam(model, torch.rand(9, 3, 32, 32), np.arange(9) % 3)
    with pytest.raises(UserError, match="vit: the map of layer .* because nothing of the layer reaches the output"):
        refuse_empty(maps, "joint")


def test_the_two_numbers_say_what_they_mean():
    even, spot, corner = np.ones((64, 64)), np.zeros((64, 64)), np.zeros((64, 64))
    spot[30:34, 30:34], corner[:4, :4] = 1, 1
    assert central_share(even) == pytest.approx(0.5, abs=0.02)
    assert central_share(spot) == 1 and central_share(corner) == 0 and np.isnan(central_share(np.zeros((4, 4))))
    assert correlation(spot, 2 * spot) == pytest.approx(1) and np.isnan(correlation(spot, even))


@pytest.mark.parametrize("name", [made.CNN, made.VIT])
def test_maps_of_images_that_are_not_square_have_their_shape(name):
    shape = InputShape(1, 64, 96)
    model = registry.create(name, 3, shape, {}).eval()
    target = target_layer(model, shape)
    assert target.shape[1] * 2 == target.shape[0] * 3 and min(target.shape) > 1
    maps = gradcam(model, torch.randn(2, *shape.dimensions), np.array([0, 1]), {"model": target})["model"]
    assert maps.values.shape == (2, 64, 96)
