"""What is said of a network's layers is what an image meets on its way, whatever the library calls them."""

import itertools

import pytest
import torch
from torch import nn

from tests import made
from workflow_scripts.models.architecture import EVERY_POSITION, MEAN, Architecture, Layer
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.network_parts import note_classifier


def architecture(name, hidden=None, size=64):
    return Architecture(made.build(made.network(name, hidden=hidden), 3, square(size), seed=0, files={}), square(size))


@pytest.fixture(scope="module")
def resnet50():
    return architecture("resnet50", hidden=100)


def test_the_stages_of_the_papers_network_are_those_of_its_paper(resnet50):
    # He et al., CVPR 2016, table 1: 50 layers with the classifier.
    stages = resnet50.stages()
    assert [(stage.name, stage.inputs, stage.outputs) for stage in stages] == [
        ("conv1", 3, 64), ("layer1", 64, 256), ("layer2", 256, 512), ("layer3", 512, 1024), ("layer4", 1024, 2048)
    ]  # fmt: skip
    shortcuts = 4
    assert sum(stage.convolutions for stage in stages) - shortcuts + 1 == 50
    classifier = resnet50.classifier()
    assert [(layer.inputs, layer.outputs) for layer in classifier.layers] == [(2048, 100), (100, 3)]
    assert (classifier.activations, classifier.pooling) == (("ReLU",), MEAN)


@pytest.mark.parametrize("name", ["resnet18", made.CNN, "mobilenetv2_100", "densenet121", "inception_resnet_v1"])
def test_stages_follow_each_other_by_their_channels_up_to_the_classifier(name):
    described = architecture(name, size=96)
    stages, classifier = described.stages(), described.classifier()
    assert stages[0].inputs == 3 and len(stages) > 3
    assert all(stage.outputs == after.inputs for stage, after in itertools.pairwise(stages))
    assert stages[-1].outputs == classifier.layers[0].inputs and classifier.pooling == MEAN
    stored = described.network.state_dict().values()
    assert sum(stage.values for stage in stages) < described.values() == sum(value.numel() for value in stored)


def test_a_classifier_has_all_fully_connected_layers_at_the_end():
    # Simonyan and Zisserman, ICLR 2015, table 1: FC-4096 twice, then the classes.
    described = architecture("torchvision/vgg11")
    classifier = described.classifier()
    assert [layer.outputs for layer in classifier.layers] == [4096, 4096, 3]
    assert classifier.layers[0].inputs == 7 * 7 * 512 and classifier.pooling == EVERY_POSITION
    assert [stage.outputs for stage in described.stages()] == [64, 128, 256, 256, 512, 512, 512, 512]
    assert described.residual_block() is None and described.separable() is None


def test_a_transformer_has_no_stages_and_its_tokens_are_no_classifier():
    described = architecture(made.VIT)
    assert described.stages() == [] and described.separable() is None
    assert [(layer.outputs, described.classifier().pooling) for layer in described.classifier().layers] == [(3, "")]


def test_a_block_whose_shortcut_is_the_input_is_preferred(resnet50):
    block = resnet50.residual_block()
    assert block.name == "layer1.1" and block.shortcut is None and block.activation == "ReLU"
    assert [(layer.kernel, layer.inputs, layer.outputs) for layer in block.path] == [
        (1, 256, 64), (3, 64, 64), (1, 64, 256)
    ]  # fmt: skip
    assert architecture("torchvision/resnet18").residual_block().name == "layer1.0"
    only = Architecture(Renamed(resnet50.network.layer1[0]), square(8, channels=64)).residual_block()
    assert only.shortcut == Layer("anything.downsample.0", 64, 256, 1) and len(only.path) == 3


def test_squeeze_and_excitation_is_no_layer_of_a_blocks_path():
    block = architecture("seresnet50").residual_block()
    assert [layer.kernel for layer in block.path] == [1, 3, 1]


class Renamed(nn.Module):
    """A part under another name."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.anything = part
        note_classifier(self, ())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.anything(images)


class Backwards(nn.Module):
    """Parts whose names and order of writing say the opposite of what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Linear(6, 2)
        self.downsample = nn.Sequential(nn.Conv2d(5, 6, 1))
        self.layer1 = nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 5, 1))
        self.fc = nn.Conv2d(3, 4, 3)
        note_classifier(self, ("conv1",))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.conv1(self.downsample(self.layer1(self.fc(images))).amax((2, 3)))


def test_the_order_is_that_of_the_image_and_no_name_counts():
    described = Architecture(Backwards(), square(16))
    assert [(stage.name, stage.outputs) for stage in described.stages()] == [
        ("fc", 4), ("layer1", 5), ("downsample", 6)
    ]  # fmt: skip
    assert described.separable() == (Layer("layer1.0", 4, 4, 3), Layer("layer1.1", 4, 5, 1))
    assert described.classifier().pooling == ""  # the largest of each channel is no mean
    assert described.residual_block() is None
