"""Ground truth of synthetic data compared with what was recovered: masks, duplicates, places that networks look at."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from workflow_scripts.contracts.ground_truth_table import MASKS, MEAN, TISSUE_VALUES
from workflow_scripts.data.reading import RawFiles
from workflow_scripts.preprocessing.masks import dice
from workflow_scripts.preprocessing.packer import PicturePacker

HALF = 0.5


@dataclass(frozen=True)
class Recovered:
    """A measure of what was recovered; `chance`, `untrained`: the same without knowledge, or without training."""

    part: str
    measure: str
    value: float
    n: int
    chance: float | None = None
    untrained: float | None = None


def regions(manifest: pd.DataFrame, raw: RawFiles, packer: PicturePacker) -> dict[str, np.ndarray]:
    """Id → bool S×S: where the class shows, in the geometry of the packed samples.

    `raw`: the synthetic data, `packer`: that of the samples. A copy's region is turned as its pixels are.
    """
    ids, sources = manifest["id"].tolist(), manifest["source"].tolist()
    region_by_id = {}
    for task in raw.tasks(manifest):
        folder = raw.folders[sources[task.samples[0].row]]
        mask = true_mask(folder, task.path.relative_to(folder))
        for sample in task.samples:
            region_by_id[ids[sample.row]] = packer.region(mask, sample)
    return region_by_id


def true_mask(folder: Path, path: str | Path) -> np.ndarray:
    """uint8 H×W: the ground truth of a file, `path` relative to the folder of synthetic data."""
    with Image.open((folder / MASKS / path).with_suffix(".png")) as mask:
        return np.asarray(mask)


def masks(truth: dict[str, np.ndarray], segmented: dict[str, np.ndarray], kind: str) -> Recovered:
    """Mean Dice coefficient of true regions and masks, both bool S×S by id."""
    values = [dice(truth[name], segmented[name]) for name in truth]
    return Recovered(kind, "dice", float(np.mean(values)), len(values))


def tissue(true_masks: Mapping[str, np.ndarray], detected: Mapping[str, np.ndarray]) -> list[Recovered]:
    """Dice coefficient of the tissue of each slide that has a mask, in the order of `detected`, and their mean.

    `true_masks`: uint8 masks of slides, see contracts.ground_truth_table; `detected`: bool ones of any smaller size.
    """
    values = {name: dice(_tissue_share(true_masks[name], mask.shape) > HALF, mask) for name, mask in detected.items()}
    if not values:
        return []
    mean = Recovered(MEAN, "dice", float(np.mean(list(values.values()))), len(values))
    return [mean, *(Recovered(name, "dice", value, 1) for name, value in values.items())]


def _tissue_share(mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """float32 of a shape: the share of each pixel that is tissue in a larger mask."""
    tissue_mask = Image.fromarray(np.isin(mask, TISSUE_VALUES).astype(np.float32))
    return np.asarray(tissue_mask.resize((shape[1], shape[0]), Image.Resampling.BOX))


def duplicates(truth: pd.DataFrame, detected: pd.DataFrame) -> list[Recovered]:
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
    return _compared(wanted, seen)


def faults(defects: Mapping[str, str], refused: Mapping[str, str]) -> list[Recovered]:
    """Precision and recall of what was refused; patient → why, of those with a planted fault and those refused."""
    return _compared(set(defects.items()), set(refused.items()))


def _compared(wanted: Set[object], seen: Set[object]) -> list[Recovered]:
    """Precision and recall of what was seen; neither of nothing."""
    both = len(wanted & seen)
    measures = (("precision", len(seen)), ("recall", len(wanted)))
    return [Recovered("", name, both / total, total) for name, total in measures if total]


def energy(truth: dict[str, np.ndarray], ids: list[str], maps: np.ndarray, random: np.ndarray, part: str) -> Recovered:
    """Mean share of the sum of maps N×S×S inside the true regions; chance is the regions' share of the area.

    `random` are the maps of the same network with random weights. Empty maps count for neither.
    """
    value, kept = _energy(truth, ids, maps)
    untrained, _ = _energy(truth, ids, random)
    chance = float(np.mean([truth[name].mean() for name in ids]))
    return Recovered(part, "energy", value, kept, chance, untrained)


def _energy(truth: dict[str, np.ndarray], ids: list[str], maps: np.ndarray) -> tuple[float, int]:
    fractions = [
        weights[truth[name]].sum() / weights.sum() for name, weights in zip(ids, maps, strict=True) if weights.any()
    ]
    return (float(np.mean(fractions)) if fractions else float("nan")), len(fractions)


def _pairs(names: list[str]) -> list[tuple[str, str]]:
    return [(first, second) for index, first in enumerate(names) for second in names[index + 1 :]]
