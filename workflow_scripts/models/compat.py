"""Makes torchvision importable beside a PyTorch without CUDA; imported before torchvision, timm, pytorch_grad_cam.

The one torchvision release that fits the pinned PyTorch is built for CUDA. On a CPU build its compiled operators do not
load, and its import stops because two of them were never declared. Declaring their signatures is enough: nothing in
this package calls them. Where the compiled operators load, they are loaded and nothing is declared.
"""

import importlib.util
from pathlib import Path

import torch

# What the names of torchvision's networks begin with, in the settings.
TORCHVISION = "torchvision/"
# The declaration lives as long as this object does.
_declared: torch.library.Library | None = None


def ensure_operators() -> None:
    """Load torchvision's compiled operators, or declare the two its import needs."""
    global _declared
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return
    for binary in sorted(Path(spec.origin).parent.glob("_C*")):
        try:
            torch.ops.load_library(str(binary))
        except OSError:
            continue
        return
    _declared = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            _declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


ensure_operators()
