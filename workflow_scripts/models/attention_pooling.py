"""Gated attention pooling of the samples of a unit (Ilse, Tomczak and Welling, ICML 2018, section 2.4)."""

import torch
from torch import nn


class AttentionPooling(nn.Module):
    """N samples of D numbers each → K logits of their unit, and how much each sample counts.

    Each sample is reduced to `hidden` numbers; a gate of `gate` numbers gives it a weight; the weighted mean of the
    reduced samples is classified.
    """

    def __init__(self, features: int, classes: int, hidden: int, gate: int, dropout: float) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.content = nn.Linear(hidden, gate)
        self.gate = nn.Linear(hidden, gate)
        self.score = nn.Linear(gate, 1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, classes))

    def forward(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (K) and weights (N, which sum to 1) of float32 N×D."""
        reduced = self.reduce(samples)
        scores = self.score(torch.tanh(self.content(reduced)) * torch.sigmoid(self.gate(reduced)))
        weights = torch.softmax(scores.squeeze(1), dim=0)
        return self.classifier(weights @ reduced), weights
