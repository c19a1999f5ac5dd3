"""Every sample decoded once: its size, its digests, its thumbnail; or the reason why it is refused."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np

from workflow_scripts.data.adapters.interface import Sample
from workflow_scripts.data.equal_pairs import thumbnail
from workflow_scripts.data.images import Box, RefusedImageError, crop, decode, pixel_digest, read_bytes
from workflow_scripts.runtime.process_pool import ordered_map


@dataclass(frozen=True)
class Seen:
    """What was seen of a sample; sizes in pixels, upright. `pixels` is a digest of size and RGB values."""

    width: int
    height: int
    sha256: str
    pixels: str
    thumbnail: np.ndarray


@dataclass(frozen=True)
class FileTask:
    """A file and the windows of it that are samples; None is the whole file."""

    path: Path
    boxes: tuple[Box | None, ...]


def read_file(task: FileTask, max_megapixels: float) -> list[Seen | RefusedImageError]:
    """One result for each box of the task; never raises for what a file holds."""
    try:
        data = read_bytes(task.path, max_megapixels)
        image = decode(data, max_megapixels)
    except RefusedImageError as refusal:
        return [refusal] * len(task.boxes)
    results: list[Seen | RefusedImageError] = []
    for box in task.boxes:
        try:
            part = image if box is None else crop(image, box)
        except RefusedImageError as refusal:
            results.append(refusal)
            continue
        pixels = pixel_digest(part)
        sha256 = hashlib.sha256(data).hexdigest() if box is None else pixels
        results.append(Seen(part.width, part.height, sha256, pixels, thumbnail(part)))
    return results


def read_samples(
    samples: list[tuple[Path, Sample]], max_megapixels: float, jobs: int
) -> Iterator[Seen | RefusedImageError]:
    """One result for each (folder, sample), in their order; neighbours of one file share its decoding."""
    tasks = (
        FileTask(path, tuple(sample.box for _, sample in neighbours))
        for path, neighbours in groupby(samples, key=lambda pair: pair[0] / pair[1].path)
    )
    for results in ordered_map(partial(read_file, max_megapixels=max_megapixels), tasks, jobs):
        yield from results
