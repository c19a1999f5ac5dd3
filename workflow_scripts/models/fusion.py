"""Several feature extractors, one classifier: the joint network of Liu et al., CVM-Cervix (2022), section 3."""

import torch
from torch import nn

from workflow_scripts.contracts.errors import UserError

ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU}


class FusionNetwork(nn.Module):
    """Concatenated features of all branches → Linear → activation → dropout → Linear.

    `branches` maps names to networks that give N×F features and have an attribute `feature_count` (F). `hidden` is the
    width of the hidden layer; None: the sum of all F. All parts are trained together.
    """

    classifier_names = ("hidden", "output")

    def __init__(
        self, branches: dict[str, nn.Module], classes: int, hidden: int | None, activation: str, dropout: float
    ) -> None:
        super().__init__()
        try:
            self.branches = nn.ModuleDict(branches)
        except KeyError as error:
            raise UserError(f"a branch cannot have this name ({error.args[0]}); rename it") from None
        width = sum(branch.feature_count for branch in branches.values())
        self.hidden = nn.Linear(width, hidden or width)
        self.activation = ACTIVATIONS[activation]()
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden or width, classes)
        self.feature_count = classes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """N×3×H×W images → N×K logits."""
        features = torch.cat([branch(images) for branch in self.branches.values()], dim=1)
        return self.output(self.dropout(self.activation(self.hidden(features))))
