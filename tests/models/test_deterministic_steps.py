"""Which networks a GPU cannot train deterministically is known without one: by the operations of a step."""

from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.kinds.kind import TRAIN
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import square
from workflow_scripts.settings import load
from workflow_scripts.settings.steps import Steps

ROOT = Path(__file__).resolve().parents[2]
# What raises RuntimeError on a GPU under torch.use_deterministic_algorithms(True), by that function's documentation
# (PyTorch 2.11 and 2.13), as operations that a step may come to. An average over all places is another one.
REFUSED = {
    *("_adaptive_avg_pool2d_backward", "_adaptive_avg_pool3d_backward", "avg_pool3d_backward"),
    *("adaptive_max_pool2d_backward", "adaptive_max_pool3d_backward", "max_pool3d_with_indices_backward"),
    *("fractional_max_pool2d_backward", "fractional_max_pool3d_backward", "max_unpool2d", "max_unpool3d"),
    *("upsample_linear1d_backward", "upsample_bilinear2d_backward", "upsample_bicubic2d_backward"),
    *("_upsample_bilinear2d_aa_backward", "_upsample_bicubic2d_aa_backward", "upsample_trilinear3d_backward"),
    *("reflection_pad1d_backward", "reflection_pad2d_backward", "reflection_pad3d_backward"),
    *("nll_loss2d_forward", "nll_loss2d_backward", "_ctc_loss_backward", "_embedding_bag_dense_backward"),
    *("put_", "histc", "median", "kthvalue", "grid_sampler_2d_backward", "grid_sampler_3d_backward"),
    *("cumsum", "scatter_reduce", "index_reduce"),
}


class Operations(TorchDispatchMode):
    """The names of all operations within the block."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        self.names.add(operation.overloadpacket.__name__)
        return operation(*args, **kwargs or {})


def operations(network: nn.Module, size: int) -> set[str]:
    """Of forward and backward pass of two pictures without content: on the device meta nothing is calculated."""
    network.to("meta").train()
    with Operations() as seen:
        scores = network(torch.empty(2, 3, size, size, device="meta"))
        nn.functional.cross_entropy(scores, torch.zeros(2, dtype=torch.int64, device="meta")).backward()
    return seen.names


@cache
def declared() -> dict[str, tuple]:
    """Every network of pictures that config.yaml trains at scale paper, once: kind, size of pictures, determinism."""
    steps = Steps(load.settings(ROOT, {"scale": "paper"}))
    runs = {}
    for study, settings in steps.config.studies.items():
        for run in settings.runs:
            if steps.kind(study, run).rule == TRAIN and steps.spec(study, run).reads == "pixels":
                spec, size = steps.spec(study, run), settings.preprocess.size
                network = str((plain(spec), size))
                runs.setdefault(network, (f"{study}/{run}", spec, size, steps.training(study, run).deterministic))
    return {name: (spec, size, deterministic) for name, spec, size, deterministic in runs.values()}


def test_a_network_is_declared_deterministic_if_and_only_if_a_gpu_can_train_it_so():
    refused, otherwise = {}, set()
    for name, (spec, size, deterministic) in declared().items():
        with torch.device("meta"):
            network = build(spec, 11, square(size), 0)
        if here := operations(network, size) & REFUSED:
            refused[name] = here
        if not deterministic:
            otherwise.add(name)
    assert set(refused) == otherwise, refused
    # Also that anything is seen at all.
    assert all(here == {"_adaptive_avg_pool2d_backward"} for here in refused.values()) and len(declared()) > 23


@pytest.mark.parametrize(
    ("layer", "operation"),
    [
        (nn.AdaptiveAvgPool2d(7), "_adaptive_avg_pool2d_backward"),
        (nn.AdaptiveMaxPool2d(7), "adaptive_max_pool2d_backward"),
        (nn.ReflectionPad2d(2), "reflection_pad2d_backward"),
        (nn.Upsample(scale_factor=2, mode="bilinear"), "upsample_bilinear2d_backward"),
        (nn.Upsample(scale_factor=2, mode="bicubic"), "upsample_bicubic2d_backward"),
    ],
)
def test_a_layer_that_a_gpu_refuses_is_seen(layer, operation):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), layer, nn.Flatten(), nn.LazyLinear(2))
    network(torch.zeros(2, 3, 32, 32))
    assert operations(network, 32) & REFUSED == {operation}


def test_pooling_to_one_place_is_not_refused():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    assert not operations(network, 32) & REFUSED
