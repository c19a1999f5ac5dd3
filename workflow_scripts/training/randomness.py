"""Random numbers as a function of (seed, epoch, sample, purpose): no generator, no order, nothing to resume."""

import hashlib
from collections.abc import Iterable

import numpy as np

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
# Purposes of random numbers. New ones go to the end: a number belongs to its purpose.
ORDER, HORIZONTAL, VERTICAL, TURNS, ANGLE, ZOOM, SHIFT_X, SHIFT_Y, BRIGHTNESS, CONTRAST = range(10)
SATURATION, HUE, CROP, CROP_X, CROP_Y = range(10, 15)
CLASS, MEMBER, NOISE, PLACE = range(15, 19)
STAIN, QUERY = 19, 20


def keys_of(ids: Iterable[str]) -> np.ndarray:
    """A uint64 for each sample that depends on its id only."""
    digests = (hashlib.blake2b(name.encode("utf-8"), digest_size=8).digest() for name in ids)
    return np.frombuffer(b"".join(digests), dtype="<u8").astype("uint64")


def uniform(seed: int, epoch: int, keys: np.ndarray, purpose: int) -> np.ndarray:
    """float64 in [0, 1), one for each key; equal arguments give equal numbers, different ones independent numbers."""
    return (bits(seed, epoch, keys, purpose) >> np.uint64(11)).astype("float64") * 2.0**-53


def bits(seed: int, epoch: int, keys: np.ndarray, purpose: int) -> np.ndarray:
    """The same as uint64: seeds of further generators."""
    with np.errstate(over="ignore"):
        state = _mix(np.array([seed], dtype="uint64"))
        state = _mix(state + GOLDEN * np.uint64(epoch + 1))
        state = _mix(state ^ keys)
        return _mix(state + GOLDEN * np.uint64(purpose + 1))


def order(seed: int, epoch: int, keys: np.ndarray, purpose: int) -> np.ndarray:
    """A random order of the samples: indices int64, each once."""
    return np.argsort(uniform(seed, epoch, keys, purpose), kind="stable")


def _mix(values: np.ndarray) -> np.ndarray:
    """Finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
