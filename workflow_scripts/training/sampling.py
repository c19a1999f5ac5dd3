"""How often an epoch shows each training sample: once, or more of the classes that have few."""

import numpy as np

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training.randomness import CLASS, MEMBER, ORDER, order, uniform

# Odd, and another number than the one that tells the copies of a fourfold set apart.
NEXT = np.uint64(0xD6E8FEB86659FD93)


def repeated_keys(keys: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """uint64 keys of the samples at `indices`: a sample's own, and another one each further time that it occurs."""
    ordered = np.argsort(indices, kind="stable")
    _, starts, counts = np.unique(indices[ordered], return_index=True, return_counts=True)
    before = np.empty(len(indices), dtype="uint64")
    before[ordered] = np.arange(len(indices)) - np.repeat(starts, counts)
    with np.errstate(over="ignore"):
        return keys[indices] + before * NEXT


def shown(targets: np.ndarray, classes: list[str], train: Train, seed: int) -> np.ndarray:
    """Indices of the samples that every epoch shows, the samples first, then repeats, as `train` says.

    `targets`: class numbers of the samples. UserError when `extra` names a class that there is not.
    """
    everyone = np.arange(len(targets))
    if train.sampling == "oversampled":
        return _oversampled(targets, seed)
    extra = train.extra
    for name in extra:
        if name not in classes:
            raise UserError(f"train.extra names the class {name!r}; the classes are {', '.join(classes)}")
    times = np.array([extra.get(name, 1) for name in classes])
    further = [everyone[times[targets] > shown_before] for shown_before in range(1, times.max(initial=1))]
    return np.concatenate([everyone, *further])


def epoch(
    sampling: str, targets: np.ndarray, keys: np.ndarray, seed: int, number: int
) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the samples of epoch `number` in their order, and the key of each.

    weighted: as many as there are, drawn with replacement, each class that has samples as often as any other. A
    function of (seed, number) alone: a training that was stopped draws the same again.
    """
    if sampling != "weighted":
        indices = order(seed, number, keys, ORDER)
        return indices, keys[indices]
    draws = np.arange(len(targets), dtype="uint64")
    members = [np.flatnonzero(targets == label) for label in np.unique(targets)]
    drawn = (uniform(seed, number, draws, CLASS) * len(members)).astype("int64")
    counts = np.array([len(indices) for indices in members])[drawn]
    within = (uniform(seed, number, draws, MEMBER) * counts).astype("int64")
    indices = np.array([members[label][index] for label, index in zip(drawn, within, strict=True)])
    return indices, repeated_keys(keys, indices)


def _oversampled(targets: np.ndarray, seed: int) -> np.ndarray:
    from imblearn.over_sampling import RandomOverSampler

    sampler = RandomOverSampler(random_state=seed % 2**32)
    sampler.fit_resample(np.arange(len(targets))[:, None], targets)
    return sampler.sample_indices_
