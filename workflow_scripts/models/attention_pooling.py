"""Gated attention pooling of the samples of a unit (Ilse, Tomczak and Welling, ICML 2018, section 2.4)."""

import torch
from torch import nn


class GatedScores(nn.Module):
    """How much each sample counts, before the softmax over those of its unit."""

    def __init__(self, hidden: int, gate: int) -> None:
        super().__init__()
        self.content = nn.Linear(hidden, gate)
        self.gate = nn.Linear(hidden, gate)
        self.score = nn.Linear(gate, 1)

    def forward(self, reduced: torch.Tensor) -> torch.Tensor:
        """A number for each row of the last dimension: of …×hidden the scores …."""
        scores: torch.Tensor = self.score(torch.tanh(self.content(reduced)) * torch.sigmoid(self.gate(reduced)))
        return scores.squeeze(-1)


class AttentionPooling(nn.Module):
    """N samples of D numbers each → K logits of their unit, and how much each sample counts.

    Each sample is reduced to `hidden` numbers; a gate of `gate` numbers gives it a weight; the weighted mean of the
    reduced samples is classified.
    """

    def __init__(self, features: int, classes: int, hidden: int, gate: int, dropout: float) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.scores = GatedScores(hidden, gate)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, classes))

    def forward(self, samples: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (K) and weights (N, which sum to 1) of float32 N×D."""
        reduced = self.reduce(samples)
        weights = torch.softmax(self.scores(reduced), dim=0)
        return self.classifier(weights @ reduced), weights
