"""Files and arguments for a finished run that is applied to new images."""

from types import SimpleNamespace

import numpy as np
from PIL import Image

from tests import made

# How the study packs its images.
PACKING = {"size": 32, "fit": "crop", "interpolation": "bilinear", "draft": False}


def save(folder, images):
    folder.mkdir(parents=True, exist_ok=True)
    for name, image in images.items():
        Image.fromarray(image).save(folder / f"{name}.png")
    return folder


def arguments(run, images, name="mine", doubtful=3, labels=None):
    return SimpleNamespace(run=run, images=images, name=name, doubtful=doubtful, labels=labels, device="cpu", log=None)


def cells(count, seed=5):
    generator = np.random.default_rng(seed)
    return {f"cell_{number:02d}": made._image(number % 3, 32, generator) for number in range(count)}
