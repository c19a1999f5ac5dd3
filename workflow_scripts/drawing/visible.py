"""Stored pixels as people see them on a screen."""

import numpy as np

from workflow_scripts.contracts.arrays import ArrayDescription

BYTE = 255


def visible(pixels: np.ndarray, description: ArrayDescription) -> np.ndarray:
    """uint8 …×H×W×3 of pictures …×H×W×C: 0 to `scale` becomes 0 to 255.

    What has not three channels is shown as their mean, grey. Pixels that are such already are returned as they are.
    """
    if pixels.dtype != np.uint8 or description.scale != BYTE:
        scaled = pixels.astype("float32") * (BYTE / description.scale)
        pixels = scaled.round().clip(0, BYTE).astype("uint8")
    if description.channels == 3:
        return pixels
    grey = pixels if description.channels == 1 else pixels.mean(axis=-1, keepdims=True).round().astype("uint8")
    return np.repeat(grey, 3, axis=-1)
