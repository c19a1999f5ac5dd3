"""examples/: pictures of every class for people to look at, of slides an overview of each, and their names."""

from pathlib import Path
from typing import Any

import numpy as np

from workflow_scripts.runtime.files import atomic_path

# Folder of the pictures of slides, each called after its slide; StudyPaths.slide_pictures.
SLIDE_PICTURES = "slides"


def write_originals(path: Path, pictures: dict[str, np.ndarray]) -> None:
    """Write id → uint8 H×W×3 pixels of pictures as they are in their files."""
    numbered: dict[str, Any] = {f"image{number}": pixels for number, pixels in enumerate(pictures.values())}
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, ids=np.array(list(pictures)), **numbered)


def read_originals(path: Path) -> dict[str, np.ndarray]:
    """What write_originals wrote."""
    with np.load(path) as stored:
        return {str(name): stored[f"image{number}"] for number, name in enumerate(stored["ids"])}
