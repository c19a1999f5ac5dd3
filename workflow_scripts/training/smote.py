"""Synthetic training samples of one training: in memory, without ids, and in no subset but the training one.

Before the split one set of synthetic samples is made, and dealt to all folds.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import SEQUENCE, Arrays
from workflow_scripts.contracts.run_record import Resampled, SyntheticCount
from workflow_scripts.contracts.step_settings.split_settings import Resample
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT, SUBSETS
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.wording import listed
from workflow_scripts.training.interpolation import Interpolated, interpolate
from workflow_scripts.training.randomness import PLACE, keys_of, uniform
from workflow_scripts.training.samples import Samples, Subset

log = logging.getLogger("workflow_scripts")


@dataclass(frozen=True)
class ResampledTraining:
    """What a training learns from: arrays in memory, the real samples first; the subset; what is recorded of it."""

    arrays: Arrays
    subset: Subset
    report: Resampled


def resampled(settings: TrainSettings, samples: Samples) -> ResampledTraining:
    """The training subset of a fold with the synthetic samples that `settings.resample` asks for.

    Pictures are interpolated as they are shown: black where a mask leaves them out. Memory: the training rows, and
    float32 copies of all samples that are interpolated between while it runs. UserError for sequences.
    """
    if samples.arrays.description.kind == SEQUENCE or (samples.table["count"] != 1).any():
        raise UserError(
            f"protocol {settings.protocol}: resample is {settings.resample}, which interpolates between single rows; "
            "these samples have several each, take resample: none"
        )
    before = settings.resample == SMOTE_BEFORE_SPLIT
    table = samples.table if before else samples.table[samples.table["subset"] == "train"]
    # SMOTE draws by the order of samples; that of the array must not matter.
    sources = table.sort_values("id", kind="stable").reset_index(drop=True)
    targets = samples.subset_of(sources).targets
    seed = settings.seeds.resample
    masks = samples.arrays.masks if settings.train.mask else None
    interpolated = interpolate(_shown(samples.arrays, masks, sources["first"].to_numpy()), targets, seed)
    keys = _keys(interpolated, samples.classes)
    learned = _placed_in_training(interpolated, keys, sources, targets, seed) if before else np.full(len(keys), True)
    chosen = interpolated.at(learned)
    real = samples.subset("train")
    report = _report(settings.resample, chosen, sources, real, samples.classes)
    _say(report, [name for name, n in zip(samples.classes, np.bincount(targets), strict=False) if n == 1])
    return ResampledTraining(
        _joined(samples, masks, chosen.values), _with_synthetic(real, chosen.targets, keys[learned]), report
    )


def _shown(arrays: Arrays, masks: np.ndarray | None, rows: np.ndarray) -> np.ndarray:
    """float32 N×D: rows of the array, flattened, black where a mask leaves pixels out."""
    values = arrays.data[rows].astype("float32")
    if masks is not None:
        values *= masks[rows][..., None]
    return values.reshape(len(rows), -1)


def _keys(interpolated: Interpolated, classes: list[str]) -> np.ndarray:
    """A uint64 for each synthetic sample: of its class and number in it, behind a zero byte, which no id holds."""
    numbers = pd.Series(interpolated.targets).groupby(interpolated.targets).cumcount()
    return keys_of(f"\0{classes[label]}\0{number}" for label, number in zip(interpolated.targets, numbers, strict=True))


def _placed_in_training(
    interpolated: Interpolated, keys: np.ndarray, sources: pd.DataFrame, targets: np.ndarray, seed: int
) -> np.ndarray:
    """Which synthetic samples the split puts into the training subset, as if they had been there before it.

    Each goes where a sample of its class goes that is drawn for it, in every fold: so each is tested in one of k folds,
    and the share of each class that trains is that of the split, whatever its rule.
    """
    trains, drawn = sources["subset"].to_numpy() == "train", uniform(seed, 0, keys, PLACE)
    learned = np.zeros(len(keys), dtype=bool)
    for label in interpolated.neighbours:
        own, members = interpolated.targets == label, np.flatnonzero(targets == label)
        learned[own] = trains[members[(drawn[own] * len(members)).astype("int64")]]
    return learned


def _joined(samples: Samples, masks: np.ndarray | None, values: np.ndarray) -> Arrays:
    """The rows of the training subset, then the synthetic ones, rounded to the type of the array.

    The index is of the real samples alone.
    """
    arrays, table = samples.arrays, samples.table[samples.table["subset"] == "train"]
    rows, count = table["first"].to_numpy(), len(table)
    data = np.empty((count + len(values), *arrays.description.row_shape), dtype=arrays.data.dtype)
    data[:count] = arrays.data[rows]
    data[count:] = (np.rint(values) if np.issubdtype(data.dtype, np.integer) else values).reshape(data[count:].shape)
    kept = None
    if masks is not None:
        # Synthetic pictures are black there already.
        kept = np.concatenate([masks[rows], np.ones((len(values), *masks.shape[1:]), dtype=masks.dtype)])
    index = pd.DataFrame({"id": table["id"].to_numpy(), "first": np.arange(count), "count": 1})
    return Arrays(arrays.description, data, index, kept)


def _with_synthetic(real: Subset, targets: np.ndarray, keys: np.ndarray) -> Subset:
    """The real samples, then the synthetic ones, a row each."""
    rows = np.arange(len(real) + len(keys))
    everyone = (np.concatenate(pair) for pair in ((real.targets, targets), (real.keys, keys)))
    return Subset(rows, np.ones_like(rows), *everyone)


def _report(
    how: Resample,
    interpolated: Interpolated,
    sources: pd.DataFrame,
    real: Subset,
    classes: list[str],
) -> Resampled:
    groups, subsets = (sources[column].to_numpy()[interpolated.parents] for column in ("group", "subset"))
    within = (groups[:, 0] == groups[:, 1]) & (groups[:, 0] != "")
    grouped = len(interpolated.parents) and (sources["group"] != "").any()
    return Resampled(
        how=how,
        classes={
            name: SyntheticCount(
                real=int((real.targets == label).sum()),
                synthetic=int((interpolated.targets == label).sum()),
                neighbours=interpolated.neighbours.get(label, 0),
            )
            for label, name in enumerate(classes)
        },
        share_within_group=round(float(within.mean()), 6) if grouped else None,
        with_parent_in={subset: int((subsets == subset).any(axis=1).sum()) for subset in SUBSETS},
    )


def _say(report: Resampled, alone: list[str]) -> None:
    """Log how many there are; `alone`: classes of one sample."""
    counts = [f"{counted.synthetic} of {name}" for name, counted in report.classes.items() if counted.synthetic]
    log.info("%s: synthetic training samples: %s", report.how, listed(counts) if counts else "none")
    for name in alone:
        log.warning("class %r has one sample, too few for SMOTE; it is left as it is", name)
