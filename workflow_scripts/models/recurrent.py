"""Recurrent networks over the steps of samples (kinds.recurrent)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.network_parts import note_classifier, note_features

_CELLS: Mapping[str, type[nn.LSTM | nn.GRU]] = {"lstm": nn.LSTM, "gru": nn.GRU}


class RecurrentCells(Protocol):
    """What a run says of its network; cell: lstm or gru; batching: packed or padded."""

    @property
    def cell(self) -> str: ...

    @property
    def hidden(self) -> int: ...

    @property
    def layers(self) -> int: ...

    @property
    def dropout(self) -> float: ...

    @property
    def batching(self) -> str: ...


@contextmanager
def _without_cudnn() -> Iterator[None]:
    """Within the block a GPU's recurrent layers are PyTorch's own.

    What cuDNN leaves out between layers it draws from a state of its own, which PyTorch neither gives out nor takes: a
    training that was stopped would go on with other numbers.
    """
    before = torch.backends.cudnn.enabled
    torch.backends.cudnn.enabled = False
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = before


class RecurrentEncoder(nn.Module):
    """Steps → what the last layer remembers after the last one.

    Called with float32 B×T×D, whose content after the last step of a sample does not matter, and int64 B steps of each
    (at least 1, on the processor); gives float32 B×H.
    """

    def __init__(self, cell: str, width: int, hidden: int, layers: int = 1, dropout: float = 0.0, packed: bool = False):
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.cells = _CELLS[cell](width, hidden, layers, batch_first=True, dropout=between)
        self.packed = packed

    def forward(self, steps: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """As the class says."""
        with _without_cudnn() if self.training and self.cells.dropout else nullcontext():
            if self.packed:
                packed = pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)
                state = self.cells(packed)[1]
                last = state[0] if isinstance(state, tuple) else state
                return last[-1]
            every_step, _ = self.cells(steps)
        rows = torch.arange(len(lengths), device=steps.device)
        return every_step[rows, lengths.to(steps.device) - 1]


class RecurrentNetwork(nn.Module):
    """Steps → class scores: called as RecurrentEncoder, gives float32 B×K logits."""

    def __init__(self, run: RecurrentCells, width: int, classes: int) -> None:
        super().__init__()
        packed = run.batching == "packed"
        self.encoder = RecurrentEncoder(run.cell, width, run.hidden, run.layers, run.dropout, packed)
        self.dropout = nn.Dropout(run.dropout)
        self.classifier = nn.Linear(run.hidden, classes)
        note_classifier(self, ("classifier",))
        note_features(self, classes)

    def forward(self, steps: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """As the class says."""
        scores: torch.Tensor = self.classifier(self.dropout(self.encoder(steps, lengths)))
        return scores


def build_recurrent(
    run: RecurrentCells, classes: int, shape: InputShape, files: dict[str, Path] | None
) -> RecurrentNetwork:
    """The network of a run; `shape.channels`: numbers of a step. It starts at random."""
    return RecurrentNetwork(run, shape.channels, classes)
