"""Layers are listed as papers print them."""

import pytest

from workflow_scripts.models import registry
from workflow_scripts.models.input_shape import square
from workflow_scripts.models.layer_rows import LayerRow, layer_rows


@pytest.mark.parametrize("name", ["vgg16", "torchvision/vgg16"])
def test_a_vgg16_has_the_layers_of_its_paper(name):
    blocks = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]
    expected = []
    for number, (count, channels) in enumerate(blocks):
        side = 224 // 2**number
        expected += [
            LayerRow("Conv", count, (side, side, channels)),
            LayerRow("Pool", 1, (side // 2, side // 2, channels)),
        ]
    expected += [LayerRow("Flattened", 1, (25088,)), *[LayerRow("FC", 1, (width,)) for width in (4096, 4096, 2)]]
    assert layer_rows(registry.create(name, 2, square(224), {}), square(224)) == expected
