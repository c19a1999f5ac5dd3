"""A training that ran elsewhere and was taken in: what its train.json says of that."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.runtime.errors import UserError

# Under this key of train.json, and of the record that finishing makes of it.
TAKEN_IN = "taken_in"


@dataclass(frozen=True)
class TakenIn:
    """A training that came in an answer from elsewhere.

    answer: sha256 of the answer; weights_elsewhere: sha256 of the file of weights that stayed where it was trained, of
    which only the head is here, see contracts.weights_file; None: the whole file came.
    """

    answer: str
    weights_elsewhere: str | None = None


def taken_in(training: Mapping[str, Any]) -> TakenIn | None:
    """How a training came here, by what its train.json holds; None: it was trained here."""
    return parse(TakenIn, training[TAKEN_IN]) if TAKEN_IN in training else None


def has_weights(training: Mapping[str, Any]) -> bool:
    """Whether the tensors of a training's weights are here, by what its train.json holds."""
    came = taken_in(training)
    return came is None or came.weights_elsewhere is None


def require_weights_here(training: Mapping[str, Any], path: Path) -> None:
    """Raise UserError when the tensors of the weights at `path` stayed where they were trained."""
    if not has_weights(training):
        raise UserError(
            f"{path} has no tensors here: they stayed where the run was trained; there `python3 run.py --collect "
            "--weights all` makes an answer that holds them, `make take-in ARCHIVE=answer.zip` takes it in; or ask "
            "nothing of the run that needs its weights"
        )
