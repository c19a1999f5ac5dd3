"""Grad-CAM (Selvaraju et al., ICCV 2017) of a network and of each branch of a joint one, by pytorch-grad-cam."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from workflow_scripts.explanation.target_layers import Target, branches, target_layers
from workflow_scripts.models import compat  # noqa: F401  (before pytorch_grad_cam)
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.runtime.errors import UserError

AT_A_TIME = 16


@dataclass(frozen=True)
class Maps:
    """Maps of one branch: float32 N×H×W in [0, 1], each with maximum 1, or 0 where nothing speaks for the class.

    `has_gradient`: for every image, the class depends on what the layer saw. `activation`: float32 N×h×w, mean absolute
    activation of the layer's channels, from 0 at each map's smallest to 1 at its largest; 0 where it is even. None:
    the maps are no layer's.
    """

    target: Target
    values: np.ndarray
    has_gradient: bool
    activation: np.ndarray | None

    @property
    def empty(self) -> int:
        """Number of images whose map is 0 everywhere."""
        return int((~self.values.any(axis=(1, 2))).sum())


def gradcam(
    model: nn.Module, images: torch.Tensor, numbers: np.ndarray, targets: dict[str, Target] | None = None
) -> dict[str, Maps]:
    """Maps for class `numbers` (N) of normalised N×C×H×W images, by branch; a plain network is the branch "model".

    `targets`: the layer of each branch, as `target_layers` gives it for the same network with random weights; None: it
    is asked of this one.
    """
    parts = branches(model)
    targets = targets or target_layers(model, InputShape(*images.shape[1:]))
    return {name: _maps(model, target.of(parts[name]), images, numbers) for name, target in targets.items()}


def refuse_empty(maps: dict[str, Maps], run: str) -> None:
    """UserError when a branch's maps show nothing: the layer does not reach the output, or all of them are empty.

    Some may be empty because all that the layer saw speaks against the class: that is a finding.
    """
    for branch, own in maps.items():
        if own.has_gradient and own.empty < len(own.values):
            continue
        height, width = own.target.shape
        why = "all that the layer saw speaks against the predicted class of each image"
        raise UserError(
            f"Grad-CAM of {run}, {branch}: the map of layer {own.target.name!r} ({height}×{width}) is zero "
            f"everywhere, because {why if own.has_gradient else 'nothing of the layer reaches the output'}; take the "
            "run out of explain.runs"
        )


def central_share(values: np.ndarray) -> float:
    """Share of a map's sum in the central square of half its area; not a number for an empty map."""
    margins = [round(side * (1 - 0.5**0.5) / 2) for side in values.shape]
    inner = values[margins[0] : values.shape[0] - margins[0], margins[1] : values.shape[1] - margins[1]]
    return float(inner.sum() / values.sum()) if values.any() else float("nan")


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson correlation of two maps' pixels; not a number when one of them is even."""
    if not (first.std() and second.std()):
        return float("nan")
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def table(rows: pd.DataFrame, trained: dict[str, Maps], untrained: dict[str, Maps]) -> pd.DataFrame:
    """Contract GRADCAM: one row per image and branch; `rows` (id, label, predicted, probability) in the maps' order."""
    parts = []
    for branch, own in trained.items():
        pairs = list(zip(own.values, untrained[branch].values, strict=True))
        height, width = own.target.shape
        parts.append(
            rows[["id", "label", "predicted", "probability"]].assign(
                branch=branch,
                layer=own.target.name,
                map_height=height,
                map_width=width,
                central_share=[central_share(values) for values, _ in pairs],
                correlation_random=[correlation(*pair) for pair in pairs],
            )
        )
    return pd.concat(parts, ignore_index=True)


def _maps(model: nn.Module, target: Target, images: torch.Tensor, numbers: np.ndarray) -> Maps:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    values, activations, has_gradient = [], [], True
    with GradCAM(model=model, target_layers=[target.layer], reshape_transform=target.reshape) as cam:
        for start in range(0, len(images), AT_A_TIME):
            chosen = [ClassifierOutputTarget(int(number)) for number in numbers[start : start + AT_A_TIME]]
            values.append(cam(input_tensor=images[start : start + AT_A_TIME], targets=chosen))
            activations.append(cam.activations_and_grads.activations[0].abs().mean(dim=1).float().numpy())
            gradients = cam.activations_and_grads.gradients
            has_gradient &= bool(gradients) and bool(gradients[0].flatten(1).any(dim=1).all())
    model.zero_grad(set_to_none=True)
    return Maps(target, np.concatenate(values), has_gradient, _scaled(np.concatenate(activations)))


def _scaled(values: np.ndarray) -> np.ndarray:
    """N×h×w maps, each from 0 to 1."""
    above = values - values.min(axis=(1, 2), keepdims=True)
    most = above.max(axis=(1, 2), keepdims=True)
    return np.divide(above, most, out=np.zeros_like(above), where=most > 0)
