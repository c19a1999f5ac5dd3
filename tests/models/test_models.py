"""Names become networks, networks take their start weights, and what cannot work says so in one line."""

import os
import re

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests import made
from workflow_scripts.contracts.blocks import plain
from workflow_scripts.kinds.fusion import Branch, Fusion
from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import InputShape, square
from workflow_scripts.models.weights import TrainedWeights, load_start, read_trained, write_trained
from workflow_scripts.runtime.errors import UserError


def parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_the_papers_joint_network_has_the_papers_size():
    branches = {"cnn": Branch("legacy_xception"), "vit": Branch("deit_tiny_patch16_224")}
    spec = plain(Fusion("fusion", branches))
    assert parameters(made.build(spec, 11, square(224), seed=0, files={})) == 31_375_859


@pytest.mark.parametrize("name", ["densenet121", "torchvision/shufflenet_v2_x0_5", "torchvision/googlenet", made.VIT])
def test_a_name_becomes_a_classifier_or_a_feature_extractor(name):
    model = registry.create(name, 5, square(64), {})
    assert model(torch.zeros(2, 3, 64, 64)).shape == (2, 5)
    extractor = registry.create(name, 0, square(64), {})
    assert extractor(torch.zeros(2, 3, 64, 64)).shape == (2, extractor.feature_count)
    inside = [key for key in model.state_dict() if key.startswith(tuple(f"{part}." for part in model.classifier_names))]
    assert set(model.state_dict()) - set(extractor.state_dict()) == set(inside) and inside


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet18", {"checkpoint_path": "weights.pth"}),
        ("resnet18", {"pretrained": True}),
        ("resnet18", {"pretrained_cfg": "a1_in1k"}),
        ("resnet18", {"pretrained_cfg_overlay": {"file": "weights.pth"}}),
        ("resnet18", {"pretrained_strict": False}),
        ("resnet18", {"cache_dir": "elsewhere"}),
        ("torchvision/resnet18", {"weights": "DEFAULT"}),
        ("torchvision/resnet18", {"progress": False}),
        ("resnet18", {"num_classes": 3}),
        ("resnet18", {"features_only": True}),
    ],
)
def test_an_option_that_loads_weights_or_says_what_the_study_says_is_refused_before_anything_is_loaded(name, options):
    with pytest.raises(UserError, match=rf"model '{name}', options: '{next(iter(options))}' (would load|is no option)"):
        registry.create(name, 2, square(32), options)


def test_own_networks_are_found_by_module_path(monkeypatch):
    monkeypatch.setitem(registry.OWN, "mine", "tests.models.own_network:make")
    assert registry.create("mine", 4, square(16), {"width": 8}).weight.shape == (4, 8)


def test_an_unknown_name_names_its_neighbours():
    with pytest.raises(UserError, match="no model is called 'resnet_18'; did you mean .*resnet18"):
        registry.create("resnet_18", 2, square(64), {})


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("test_resnet", {"channels": [1]}),
        ("test_resnet", {"act_layer": "os.system"}),
        ("test_resnet", {"stem_width": 0}),
        ("test_vit", {"patch_size": 0}),
        ("test_vit", {"embed_dim": 0}),
    ],
)
def test_options_that_break_a_network_in_whatever_way_are_named(name, options):
    with pytest.raises(UserError, match=f"model '{name}' .*options {re.escape(str(options))}"):
        registry.create(name, 3, square(32), options)


def test_an_unfit_option_is_named():
    with pytest.raises(UserError, match="'resnet18' does not take the options"):
        registry.create("resnet18", 2, square(64), {"depths": 3})


@pytest.mark.parametrize(
    ("name", "size", "next_one"),
    [
        ("inception_v3", 64, 75),
        ("torchvision/alexnet", 32, 63),
        ("botnet50ts_256", 80, 96),
        ("test_vit", 50, 64),
        ("test_vit", 8, 16),
    ],
)
def test_a_size_that_a_network_cannot_take_names_the_next_that_it_does(name, size, next_one):
    wanted = f"{name!r} cannot take images of {size} pixels; the next size it takes is {next_one};"
    with pytest.raises(UserError, match=wanted):
        registry.create(name, 2, square(size), {})
    registry.create(name, 2, square(next_one), {})


def test_a_network_that_cannot_be_built_for_a_size_says_so():
    with pytest.raises(UserError, match="vit_b_16' cannot be built for images of 90 pixels.*patch size"):
        registry.create("torchvision/vit_b_16", 2, square(90), {})


@pytest.mark.parametrize(
    ("name", "size", "lost"),
    [("vit_tiny_patch16_224", 100, 4), ("swin_tiny_patch4_window7_224", 66, 2), ("eva02_tiny_patch14_224", 64, 8)],
)
def test_a_size_that_would_lose_a_border_is_refused(name, size, lost):
    with pytest.raises(
        UserError, match=f"of {size} pixels the last {lost} belong .* set preprocess.size to {size - lost}"
    ):
        registry.create(name, 2, square(size), {})
    assert registry.create(name, 2, square(size - lost), {}).feature_count == 2


@pytest.mark.parametrize(
    ("name", "size"),
    [("pvt_v2_b0", 64), ("pvt_v2_b0", 70), ("xcit_nano_12_p16_224", 64), ("efficientvit_m0", 64), ("mvitv2_tiny", 64)],
)
def test_patches_that_overlap_or_have_one_number_for_a_size_are_taken(name, size):
    """Whether a border is lost is seen by what reaches the network, not by what a patch is called."""
    model = registry.create(name, 2, square(size), {}).eval()
    torch.manual_seed(0)
    images = torch.randn(2, 3, size, size, requires_grad=True)
    model.forward_features(images).square().sum().backward()
    border = images.grad[0].abs().sum(0)
    assert border[-1].max() > 0 and border[:, -1].max() > 0


@pytest.fixture
def start(tmp_path):
    """Weights of a network for 1,000 classes, two-dimensional tensors in 16 bits."""
    state = registry.create(made.CNN, 1000, square(32), {}).state_dict()
    path = tmp_path / "start.safetensors"
    save_file({key: value.half() if value.ndim > 1 else value for key, value in state.items()}, path)
    return path


def test_a_weights_file_fills_all_but_the_classifier_which_starts_at_zero(start):
    spec = made.network(weights="start.safetensors")
    fresh, model = (
        made.build(spec, 3, square(32), seed=0),
        made.build(spec, 3, square(32), seed=0, files={"model": start}),
    )
    given = load_file(start)
    for key, value in model.state_dict().items():
        # A classifier that starts at zero does not disturb what was learned elsewhere.
        classifier = key.startswith(model.classifier_names)
        expected = torch.zeros_like(value) if classifier else given[key].to(value.dtype)
        assert value.dtype == fresh.state_dict()[key].dtype and torch.equal(value, expected), key


def test_a_branch_starts_from_its_own_file(start):
    spec = made.fusion()
    spec["branches"]["cnn"]["weights"] = "start.safetensors"
    model = made.build(spec, 3, square(32), seed=0, files={"cnn": start})
    assert torch.equal(model.branches["cnn"].conv1[0].weight, load_file(start)["conv1.0.weight"].float())
    with pytest.raises(UserError, match="--weights cnn=FILE"):
        made.build(spec, 3, square(32), seed=0, files={"model": start})


def test_positions_of_a_transformer_follow_the_image_size(tmp_path):
    large, small = registry.create(made.VIT, 3, square(64), {}), registry.create(made.VIT, 3, square(32), {})
    assert large.pos_embed.shape != small.pos_embed.shape
    save_file(large.state_dict(), tmp_path / "large.safetensors")
    load_start(small, tmp_path / "large.safetensors", "test")
    assert torch.equal(small.pos_embed[:, 0], large.pos_embed[:, 0])
    assert torch.allclose(small.pos_embed[:, 1:].mean(), large.pos_embed[:, 1:].mean(), atol=1e-3)


def test_a_file_in_colour_starts_a_network_of_grey_pictures_as_published_weights_do(tmp_path):
    path = tmp_path / "colour.safetensors"
    save_file(registry.create("tf_efficientnet_lite0", 1000, square(64), {}).state_dict(), path)
    published = registry.create("tf_efficientnet_lite0", 2, square(64, 1), {}, path)
    network = registry.create("tf_efficientnet_lite0", 2, square(64, 1), {})
    load_start(network, path, "test")
    for name, tensor in network.state_dict().items():
        assert "classifier" in name or torch.equal(tensor, published.state_dict()[name]), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("conv1.0.weight"), "lacks 'conv1.0.weight'"),
        (lambda state: state.update(extra=torch.zeros(1)), "unknown tensor 'extra'"),
        (lambda state: state.update({"conv1.0.weight": torch.zeros(1, 1, 3, 3)}), r"has the shape \(1, 1, 3, 3\)"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(start, change, message):
    state = load_file(start)
    change(state)
    save_file(state, start)
    with pytest.raises(UserError, match=message):
        load_start(registry.create(made.CNN, 3, square(32), {}), start, "test")


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "pickled.safetensors"
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(UserError, match="not a safetensors file"):
        load_start(registry.create(made.CNN, 3, square(32), {}), path, "test")


def test_features_are_concatenated_in_the_order_of_the_settings():
    spec = made.fusion(hidden=7, activation="relu", dropout=0.4)
    model = made.build(spec, 3, square(32), seed=0).eval()
    images = torch.rand(2, 3, 32, 32)
    parts = [model.branches[name](images) for name in ("cnn", "vit")]
    assert model.hidden.in_features == sum(part.shape[1] for part in parts) and model.hidden.out_features == 7
    expected = model.output(torch.relu(model.hidden(torch.cat(parts, 1))))
    assert torch.equal(model(images), expected)
    assert not torch.equal(model.train().dropout(torch.ones(50)), torch.ones(50))


def test_parallel_features_are_padded_with_zeros_and_added():
    spec = made.fusion(how="parallel", activation="relu")
    model = made.build(spec, 3, square(32), seed=0).eval()
    images = torch.rand(2, 3, 32, 32)
    wide, narrow = (model.branches[name](images) for name in ("cnn", "vit"))
    assert wide.shape[1] > narrow.shape[1]
    assert model.hidden.in_features == model.hidden.out_features == wide.shape[1]
    joined = wide.clone()
    joined[:, : narrow.shape[1]] += narrow
    assert torch.equal(model(images), model.output(torch.relu(model.hidden(joined))))


def test_a_distilled_transformer_gives_the_mean_of_its_two_tokens():
    branches = {"cnn": Branch(made.CNN), "vit": Branch("deit_tiny_distilled_patch16_224")}
    spec = plain(Fusion("fusion", branches))
    model = made.build(spec, 3, square(32), seed=0).train()
    branch, images = model.branches["vit"], torch.rand(2, 3, 32, 32)
    tokens = branch.forward_features(images)
    features = branch(images)
    assert tokens.shape == (2, 2 + 4, 192) and branch.feature_count == 192
    torch.testing.assert_close(features, (tokens[:, 0] + tokens[:, 1]) / 2)
    model(images).sum().backward()
    assert branch.dist_token.grad.any() and branch.cls_token.grad.any()


def test_a_seed_decides_the_start():
    first, again, other = (made.build(made.fusion(), 3, square(32), seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["hidden.weight"], other["hidden.weight"])


def test_equal_weights_are_equal_bytes_whatever_the_process(tmp_path):
    tensors = {"b": torch.ones(3), "a": torch.zeros(2, 2).to(memory_format=torch.contiguous_format)}
    settings = made.training(made.settings(run="é"))
    weights = TrainedWeights(tensors, settings, "code", [0.5] * 3, [0.25] * 3, ["x", "y"])
    raw = []
    for name in ("one", "two"):
        child = os.fork()
        if not child:
            write_trained(tmp_path / name, weights)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        raw.append((tmp_path / name).read_bytes())
    assert raw[0] == raw[1]
    header = raw[0][8:].decode("utf-8", "replace")
    assert [header.index(f'"{key}"') for key in ("classes", "code", "mean", "settings", "std")] == sorted(
        header.index(f'"{key}"') for key in ("classes", "code", "mean", "settings", "std")
    )
    back = read_trained(tmp_path / "one", settings)
    assert back.classes == ["x", "y"] and back.std == [0.25] * 3 and torch.equal(back.tensors["b"], tensors["b"])


GREY_WIDE = InputShape(channels=1, height=64, width=96)


@pytest.mark.parametrize("name", [made.CNN, made.VIT])
def test_grey_images_that_are_not_square_have_a_network(name):
    model = registry.create(name, 3, GREY_WIDE, {}).eval()
    assert model(torch.zeros(2, *GREY_WIDE.dimensions)).shape == (2, 3)
    assert registry.create(name, 0, GREY_WIDE, {}).feature_count > 3


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [
        (
            "torchvision/resnet18",
            square(64, channels=1),
            "takes images of 3 channels, not of 1; choose a network of timm",
        ),
        ("inception_resnet_v1", square(96, channels=1), "takes images of 3 channels, not of 1"),
        ("t2t_vit_14", InputShape(3, 64, 96), "takes square images, not 96×64 pixels"),
        ("torchvision/vit_b_16", InputShape(3, 64, 96), "takes square images, not 96×64 pixels"),
        (made.VIT, InputShape(3, 64, 100), "of 100×64 pixels"),
    ],
)
def test_a_network_that_cannot_take_a_shape_says_so(name, shape, says):
    with pytest.raises(UserError, match=says):
        registry.create(name, 3, shape, {})
