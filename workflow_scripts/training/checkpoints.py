"""Saved states of a training that was stopped."""

import logging
import random
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workflow_scripts.runtime.files import digest_file, named_when_full

log = logging.getLogger("workflow_scripts")

# The name carries the position and the digest of the content: a damaged file is told from a whole one.
_NAME = re.compile(r"(\d{10})-([0-9a-f]{64})\.pt")
KEPT = 2


class Checkpoints:
    """The newest states of one training, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, position: int, state: dict[str, Any]) -> None:
        """Write a state (tensors and plain values) atomically; older ones but one are removed after it stands.

        OSError where the system refuses to write it, as on a full disk.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        # One name, so that what a killed process leaves half-written is written over.
        unfinished = self.folder / "unfinished"
        try:
            _write(state, unfinished)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        unfinished.replace(self.folder / f"{position:010d}-{digest_file(unfinished)}.pt")
        for path in self._newest_first()[KEPT:]:
            path.unlink()

    def load(self) -> dict[str, Any] | None:
        """The newest state that is whole, or None; each damaged one is named in the log."""
        states = self._newest_first()
        for path in states:
            try:
                if digest_file(path) == _digest_in(path):
                    return torch.load(path, map_location="cpu", weights_only=True)
                why = "its content does not match its name"
            except OSError as error:
                why = str(error.strerror)
            log.warning("checkpoint %s is damaged (%s); trying the one before it", path.name, why)
        if states:
            log.warning("no checkpoint in %s can be used; training starts again from its first epoch", self.folder)
        return None

    def clear(self) -> None:
        """Remove all states."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _newest_first(self) -> list[Path]:
        if not self.folder.exists():
            return []
        return sorted((path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)


def _write(state: dict[str, Any], path: Path) -> None:
    with named_when_full(path), open(path, "wb") as file:
        try:
            torch.save(state, file)
        except RuntimeError as error:
            # Of a full disk PyTorch says at which byte it stopped. What the system said came before.
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise


def _digest_in(path: Path) -> str:
    name = _NAME.fullmatch(path.name)
    return name[2] if name else ""


def random_states() -> dict[str, Any]:
    """States of every generator that a library may draw from."""
    state = np.random.get_state()
    assert isinstance(state, tuple)  # a dict only where legacy=False
    kind, words, *rest = state
    return {
        "python": random.getstate(),
        "numpy": [kind, words.tolist(), *rest],
        "torch": torch.get_rng_state(),
        # Of the GPU in use: the next attempt may get another one.
        "cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_initialized() else [],
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """Put every generator where `random_states` found it."""
    version, numbers, gauss = states["python"]
    random.setstate((version, tuple(numbers), gauss))
    np.random.set_state(tuple(states["numpy"]))
    torch.set_rng_state(states["torch"])
    for state in states["cuda"]:
        torch.cuda.set_rng_state(state)
