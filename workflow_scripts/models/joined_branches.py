"""Branches of what is known of a patient, the course of visits and a set of images, and one head that joins them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from workflow_scripts.models.attention_pooling import GatedScores
from workflow_scripts.models.recurrent import RecurrentEncoder


@dataclass(frozen=True)
class BranchWidths:
    """Numbers of a visit, and of an image, as a network gets them; 0: there is no such branch."""

    visit: int
    image: int


@dataclass(frozen=True)
class JoinedShape:
    """cell: lstm or gru; hidden: numbers of each branch, and width of the head; gate: width of the gate."""

    cell: str
    hidden: int
    gate: int
    dropout: float


class ImageBranch(nn.Module):
    """The images of a patient → their mean, weighted by gated attention, see attention_pooling."""

    def __init__(self, width: int, shape: JoinedShape) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Linear(width, shape.hidden), nn.ReLU(), nn.Dropout(shape.dropout))
        self.scores = GatedScores(shape.hidden, shape.gate)

    def forward(self, images: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """B×hidden of float32 B×M×D, of which the first `counts` (B, at least 1) of each patient are images."""
        reduced = self.reduce(images)
        there = torch.arange(images.shape[1]) < counts[:, None]
        scores = self.scores(reduced).masked_fill(~there.to(reduced.device), float("-inf"))
        pooled: torch.Tensor = (torch.softmax(scores, dim=1)[..., None] * reduced).sum(dim=1)
        return pooled


class JoinedBranches(nn.Module):
    """One or two branches, their numbers one after the other, and two layers that classify; all learn together.

    Called with the steps and lengths of visits, then the images and their counts; what has no branch is left out.
    """

    def __init__(self, widths: BranchWidths, classes: int, shape: JoinedShape) -> None:
        super().__init__()
        branches: list[nn.Module] = []
        if widths.visit:
            branches.append(RecurrentEncoder(shape.cell, widths.visit, shape.hidden))
        branches += [ImageBranch(widths.image, shape)] if widths.image else []
        self.branches = nn.ModuleList(branches)
        self.head = nn.Sequential(
            nn.Dropout(shape.dropout),
            nn.Linear(len(branches) * shape.hidden, shape.hidden),
            nn.ReLU(),
            nn.Linear(shape.hidden, classes),
        )

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """B×K logits."""
        pairs: Sequence[tuple[torch.Tensor, ...]] = [inputs[start : start + 2] for start in range(0, len(inputs), 2)]
        parts = [branch(*pair) for branch, pair in zip(self.branches, pairs, strict=True)]
        logits: torch.Tensor = self.head(torch.cat(parts, dim=1))
        return logits
