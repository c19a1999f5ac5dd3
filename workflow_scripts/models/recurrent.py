"""Stand-in."""

import torch
from torch import nn

from workflow_scripts.models.network_parts import note_classifier


class RecurrentNetwork(nn.Module):
    def __init__(self, width, classes, hidden, dropout):
        super().__init__()
        self.cell = nn.LSTM(width, hidden, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, classes)
        note_classifier(self, ("head",))

    def forward(self, values, lengths):
        outputs, _ = self.cell(values)
        last = outputs[torch.arange(len(values)), lengths - 1]
        return self.head(self.dropout(last))


def build_recurrent(run, classes, shape, files):
    return RecurrentNetwork(shape.width, classes, run.hidden, run.dropout)
