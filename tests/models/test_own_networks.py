"""The networks that no library has are those of their papers, learn, and start as their seed says."""

import pytest
import torch

from workflow_scripts.models import registry
from workflow_scripts.models.inception_resnet_v1 import InceptionResnetV1
from workflow_scripts.models.input_shape import InputShape, square
from workflow_scripts.models.pretrained import origin
from workflow_scripts.models.t2t_vit import Performer, T2TViT
from workflow_scripts.runtime.errors import UserError

NAMES = ["inception_resnet_v1", "narrow_vgg", "plain_cnn", "t2t_vit_14"]
SMALL = {"inception_resnet_v1": 80, "narrow_vgg": 32, "plain_cnn": 20, "t2t_vit_14": 32}
STEPS = {"inception_resnet_v1": 15, "narrow_vgg": 40, "plain_cnn": 120, "t2t_vit_14": 45}
FEATURES = {"inception_resnet_v1": 1792, "narrow_vgg": 512, "plain_cnn": 128, "t2t_vit_14": 384}


def shapes(model, size, *layers):
    """Shapes of the layers' outputs for one image, without the batch; computed without numbers."""
    found = {}
    for name in layers:
        model.get_submodule(name).register_forward_hook(
            lambda _, arguments, output, name=name: found.update({name: tuple(output.shape[1:])})
        )
    model(torch.zeros(1, 3, size, size, device="meta"))
    return [found[name] for name in layers]


def test_inception_resnet_v1_has_the_maps_of_figures_14_and_15():
    with torch.device("meta"):
        model = InceptionResnetV1(1000)
    # Figure 14: output of each layer of the stem, for 299 pixels.
    sides, widths = [149, 147, 147, 73, 73, 71, 35], [32, 32, 64, 64, 80, 192, 256]
    stem = [(width, side, side) for width, side in zip(widths, sides, strict=True)]
    assert shapes(model, 299, *(f"stem.{number}" for number in range(7))) == stem
    parts = shapes(model, 299, "stem", "a", "reduction_a", "b", "reduction_b", "c", "dropout", "classifier")
    maps = [(256, 35, 35), (256, 35, 35), (896, 17, 17), (896, 17, 17), (1792, 8, 8), (1792, 8, 8)]
    assert parts == [*maps, (1792,), (1000,)]
    assert [len(model.get_submodule(name)) for name in "abc"] == [5, 10, 5]


def convolutions(*layers):
    """Weights of convolutions given as (height·width, inputs, outputs), and the two numbers a channel of each norm."""
    return sum(area * inputs * outputs + 2 * outputs for area, inputs, outputs in layers)


def test_inception_resnet_v1_has_the_parameters_that_its_figures_ask_for():
    # The paper prints no number; this one is counted from its figures: stem, A, reduction A, B, reduction B, C.
    stem = convolutions((9, 3, 32), (9, 32, 32), (9, 32, 64), (1, 64, 80), (9, 80, 192), (9, 192, 256))
    a = convolutions(*[(1, 256, 32)] * 3, *[(9, 32, 32)] * 3) + 96 * 256 + 256
    reduction_a = convolutions((9, 256, 384), (1, 256, 192), (9, 192, 192), (9, 192, 256))
    b = convolutions(*[(1, 896, 128)] * 2, *[(7, 128, 128)] * 2) + 256 * 896 + 896
    reduction_b = convolutions(*[(1, 896, 256)] * 3, (9, 256, 384), *[(9, 256, 256)] * 3)
    c = convolutions(*[(1, 1792, 192)] * 2, *[(3, 192, 192)] * 2) + 384 * 1792 + 1792
    expected = stem + 5 * a + reduction_a + 10 * b + reduction_b + 5 * c
    with torch.device("meta"):
        assert count(InceptionResnetV1(0)) == expected


def test_t2t_vit_14_has_the_tokens_and_the_size_that_its_paper_prints():
    with torch.device("meta"):
        model = T2TViT(1000, 224)
    names = ("patch_embed.performers.0", "patch_embed.performers.1", "patch_embed", "blocks", "head")
    # Section 3.1: 56×56 and 28×28 tokens of width 64, then 14×14 of width 384, and one for the class.
    assert shapes(model, 224, *names) == [(3136, 64), (784, 64), (196, 384), (197, 384), (1000,)]
    assert model.patch_embed.grid_size == (14, 14)
    assert len(model.blocks) == 14 and model.blocks[0].attn.num_heads == 6
    assert model.blocks[0].mlp.fc1.out_features == 1152
    # 21.5 million, one digit after the point.
    assert abs(count(model) - 21.5e6) <= 0.05e6


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_a_performer_comes_near_to_the_attention_that_it_stands_for():
    torch.manual_seed(0)
    performer = Performer(64, 64)
    # Many directions instead of 32, in orthogonal blocks, so that the estimate is close to what it estimates.
    blocks = [torch.nn.init.orthogonal_(torch.empty(64, 64)) * 8 for _ in range(200)]
    performer.directions = torch.cat(blocks)
    queries, keys, values = torch.randn(3, 2, 10, 64).unbind(0)
    queries, keys = 0.3 * queries, 0.3 * keys
    exact = torch.softmax(queries @ keys.transpose(1, 2) / 8, dim=2) @ values
    torch.testing.assert_close(performer._attention(queries, keys, values), exact, atol=0.03, rtol=0)
    assert (values.mean(dim=1, keepdim=True) - exact).abs().max() > 0.1  # attention is more than a mean here
    # Large inputs overflow nothing.
    assert performer._attention(300 * queries, 300 * keys, values).isfinite().all()


def test_soft_splits_overlap():
    # One pixel belongs to several patches; with hard splits it would change one token before the transformer.
    torch.manual_seed(0)
    splits = T2TViT(2, 64).patch_embed.splits
    image = torch.zeros(1, 3, 64, 64)
    image[0, 0, 32, 32] = 1
    assert (splits[0](image) != 0).any(dim=1).sum() == 4


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_parameter(name):
    torch.manual_seed(0)
    model = registry.create(name, 3, square(SMALL[name]), {}).train()
    model(torch.randn(3, 3, SMALL[name], SMALL[name])).square().sum().backward()
    without = [key for key, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert not without


@pytest.mark.parametrize(("name", "steps"), STEPS.items())
def test_a_few_images_are_learned_by_heart(name, steps):
    torch.manual_seed(0)
    model = registry.create(name, 3, square(SMALL[name]), {}).train()
    images, targets = torch.randn(6, 3, SMALL[name], SMALL[name]), torch.tensor([0, 1, 2, 0, 1, 2])
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.8 and losses[-1] < 0.05


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_decides_the_start(name):
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        states.append(registry.create(name, 3, square(SMALL[name]), {}).state_dict())
    first, again, other = states
    assert all(torch.equal(first[key], again[key]) for key in first)
    drawn = [key for key, value in first.items() if value.ndim > 1 and value.std() > 0]
    assert drawn and not any(torch.equal(first[key], other[key]) for key in drawn)


@pytest.mark.parametrize(("name", "features"), FEATURES.items())
def test_without_a_classifier_they_give_features(name, features):
    extractor = registry.create(name, 0, square(SMALL[name]), {})
    assert extractor.feature_count == features
    model = registry.create(name, 3, square(SMALL[name]), {})
    inside = {key for key in model.state_dict() if key.startswith(tuple(f"{part}." for part in model.classifier_names))}
    assert set(model.state_dict()) - set(extractor.state_dict()) == inside and len(inside) == 2


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("inception_resnet_v1", 64, "cannot take images of 64 pixels; the next size it takes is 75"),
        ("narrow_vgg", 31, "halves images 5 times.*at least 32"),
        ("plain_cnn", 7, "halves images 3 times, and of 7 pixels nothing is left"),
        ("t2t_vit_14", 12, "makes a token of about 16 pixels.*preprocess.size to at least 16"),
    ],
)
def test_too_small_a_size_is_refused_in_one_line(name, size, message):
    with pytest.raises(UserError, match=message) as error:
        registry.create(name, 2, square(size), {})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", NAMES)
def test_published_weights_do_not_exist(name):
    with pytest.raises(UserError, match=f"there are no published weights of '{name}'"):
        origin(name)


def test_a_plain_network_takes_grey_images_that_are_not_square():
    model = registry.create("plain_cnn", 3, InputShape(1, 33, 20), {"channels": [4, 8], "hidden": 6})
    assert model(torch.zeros(2, 1, 33, 20)).shape == (2, 3)
    # Weights and biases: two convolutions, the hidden layer on 8 maps of 8×5, the classifier.
    assert count(model) == (9 * 4 + 4) + (9 * 4 * 8 + 8) + (8 * 8 * 5 * 6 + 6) + (6 * 3 + 3)


def test_a_narrow_vgg_has_the_convolutions_of_vgg_16():
    from timm.models import create_model

    def maps(model):
        return [module.weight.shape for module in model.modules() if isinstance(module, torch.nn.Conv2d)][:13]

    with torch.device("meta"):
        narrow, whole = registry.create("narrow_vgg", 2, square(32), {"width": 1.0}), create_model("vgg16")
        eighth = registry.create("narrow_vgg", 2, square(32), {})
    assert maps(narrow) == maps(whole)
    assert [shape[0] for shape in maps(eighth)] == [shape[0] // 8 for shape in maps(whole)]
