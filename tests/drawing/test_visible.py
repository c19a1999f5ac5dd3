"""Stored pixels as they are shown."""

import numpy as np
import pytest

from workflow_scripts.contracts.arrays import ArrayDescription
from workflow_scripts.drawing.visible import visible


@pytest.mark.parametrize(
    ("dtype", "channels", "scale", "stored", "shown"),
    [
        ("uint8", 3, 255, [1, 2, 250], [1, 2, 250]),
        ("uint8", 1, 255, [7], [7, 7, 7]),
        ("uint16", 1, 4095, [4095], [255, 255, 255]),
        ("float32", 3, 1.0, [0.5, 1.5, -1], [128, 255, 0]),
        ("uint8", 2, 255, [10, 20], [15, 15, 15]),
    ],
)
def test_the_full_range_is_shown_as_bytes_and_one_channel_as_grey(dtype, channels, scale, stored, shown):
    description = ArrayDescription("pixels", dtype, (2, 4, channels), scale)
    pixels = np.broadcast_to(np.array(stored, dtype=dtype), (2, 4, channels))
    picture = visible(pixels, description)
    assert picture.dtype == np.uint8 and picture.shape == (2, 4, 3) and picture[1, 3].tolist() == shown
