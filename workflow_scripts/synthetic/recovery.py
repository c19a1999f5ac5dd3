"""Ground truth of synthetic data compared with what was recovered: masks, duplicates, places that networks look at."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image

from workflow_scripts.contracts.ground_truth_table import MASKS
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.preprocessing.masks import dice
from workflow_scripts.preprocessing.packer import Packer


@dataclass(frozen=True)
class Found:
    """A measure of what was found; `chance`, `untrained`: the same without knowledge, or without training."""

    part: str
    measure: str
    value: float
    n: int
    chance: float | None = None
    untrained: float | None = None


def regions(manifest: pd.DataFrame, raw: RawFiles, packer: Packer) -> dict[str, np.ndarray]:
    """Id → bool S×S: where the class shows, in the geometry of the packed samples.

    `raw`: the synthetic data, `packer`: that of the samples. A copy's region is turned as its pixels are.
    """
    ids, sources = manifest["id"].tolist(), manifest["source"].tolist()
    region_by_id = {}
    for task in raw.tasks(manifest):
        folder = raw.folders[sources[task.samples[0].row]]
        mask = np.asarray(Image.open((folder / MASKS / task.path.relative_to(folder)).with_suffix(".png")))
        for sample in task.samples:
            region_by_id[ids[sample.row]] = packer.region(mask, sample)
    return region_by_id


def masks(truth: dict[str, np.ndarray], segmented: dict[str, np.ndarray], kind: str) -> Found:
    """Mean Dice coefficient of true regions and masks, both bool S×S by id."""
    values = [dice(truth[name], segmented[name]) for name in truth]
    return Found(kind, "dice", float(np.mean(values)), len(values))


def duplicates(truth: pd.DataFrame, detected: pd.DataFrame) -> list[Found]:
    """Precision and recall of pairs of equal pictures.

    `truth` has the columns id and copy_of (empty: an original); `detected` id_a and id_b. Copies of one original are
    pairs of each other too.
    """
    copies = truth[truth["copy_of"] != ""]
    family = dict(zip(copies["id"], copies["copy_of"], strict=True))
    together: dict[str, set[str]] = {}
    for name, original in family.items():
        together.setdefault(original, {original}).add(name)
    wanted = {frozenset(pair) for names in together.values() for pair in _pairs(sorted(names))}
    seen = {frozenset(pair) for pair in zip(detected["id_a"], detected["id_b"], strict=True)}
    both = len(wanted & seen)
    measures = (("precision", len(seen)), ("recall", len(wanted)))
    return [Found("", name, both / total, total) for name, total in measures if total]


def energy(truth: dict[str, np.ndarray], ids: list[str], maps: np.ndarray, random: np.ndarray, part: str) -> Found:
    """Mean share of the sum of maps N×S×S inside the true regions; chance is the regions' share of the area.

    `random` are the maps of the same network with random weights. Empty maps count for neither.
    """
    value, kept = _energy(truth, ids, maps)
    untrained, _ = _energy(truth, ids, random)
    chance = float(np.mean([truth[name].mean() for name in ids]))
    return Found(part, "energy", value, kept, chance, untrained)


def _energy(truth: dict[str, np.ndarray], ids: list[str], maps: np.ndarray) -> tuple[float, int]:
    fractions = [
        weights[truth[name]].sum() / weights.sum() for name, weights in zip(ids, maps, strict=True) if weights.any()
    ]
    return (float(np.mean(fractions)) if fractions else float("nan")), len(fractions)


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    return [(first, second) for index, first in enumerate(names) for second in names[index + 1 :]]
