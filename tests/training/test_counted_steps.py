"""What a step asks of a GPU, counted on a device without memory: copies, operations, and whether anything waits for it.

PyTorch's device `meta` does no arithmetic and keeps no numbers, so what reads one, for which a GPU would have to be
waited for, is an error there.
"""

import importlib
from collections import Counter

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests import made
from tests.training.test_feeders import CLASSES, NETWORKS, arrays_of, part
from workflow_scripts.training import devices, optimiser_steps
from workflow_scripts.training.feeders.feeder_registry import view_class
from workflow_scripts.training.optimiser_steps import OptimiserSteps
from workflow_scripts.training.process_group import SINGLE_PROCESS
from workflow_scripts.training.recipe import Optimisation

GPU = torch.device("meta")
BATCH = 8
CHANGES = {"horizontal_flip": 0.5, "brightness": 0.1, "contrast": 0.1}


class Counted(TorchDispatchMode):
    """Counts the operations of a block, and those among them that bring numbers from the processor to the device."""

    def __init__(self):
        super().__init__()
        self.operations, self.copies = Counter(), []

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        # The stand-in has no kernel of a fused optimiser; it would return nothing.
        result = None if "_fused_adamw_" in str(operation) else operation(*args, **kwargs or {})
        self.operations[str(operation)] += 1
        from_processor = any(isinstance(value, torch.Tensor) and value.device.type == "cpu" for value in args)
        if from_processor and isinstance(result, torch.Tensor) and result.device == GPU:
            self.copies.append(str(operation))
        return result


@pytest.fixture
def device(monkeypatch):
    """The stand-in takes samples and fused optimisers as a GPU does."""
    monkeypatch.setattr(devices, "may_hold", lambda device, size: True)
    adam = importlib.import_module("torch.optim.adam")  # the package takes its name away
    monkeypatch.setattr(adam, "_device_dtype_check_for_fused", lambda parameter: None)
    monkeypatch.setitem(optimiser_steps.RECORDERS, "meta", optimiser_steps.plain_call)
    return GPU


def steps_on(device, kind, **train):
    """The steps of a training on samples of a kind, and its first epoch."""
    arrays, targets = arrays_of(kind)
    block = made.train(batch_size=BATCH, **train)
    learned = part(arrays, targets, np.arange(40))
    view = view_class(kind).fitted(block, 1, arrays, learned, made.units(40))
    training = view.training(arrays, learned, device)
    model = training.placed(NETWORKS[kind]())
    optimisation = Optimisation(model, block, torch.zeros(len(CLASSES), device=device), 5)
    optimisation.set_rate(0, 0)
    return OptimiserSteps(model, training, optimisation, block, SINGLE_PROCESS), training.epoch(1, 0)


def counted(steps, order, number):
    """What the step of one batch of an order does, without those before it."""
    with Counted():
        for before in range(number):
            steps.take(order, before * BATCH, (before + 1) * BATCH)
    with Counted() as step:
        steps.take(order, number * BATCH, (number + 1) * BATCH)
    assert step.operations["aten._fused_adamw_.tensor_lr"] == 1
    return step


@pytest.mark.parametrize(
    ("kind", "train"),
    [
        ("pixels", {"augment": CHANGES}),
        ("pixels", {"copies": "fourfold", "sampling": "weighted", "replay": True}),
        ("maps", {"augment": {"horizontal_flip": 0.5}, "copies": "fourfold"}),
        ("features", {"class_weights": "balanced"}),
        ("features", {"replay": True}),
    ],
)
def test_a_step_copies_nothing_to_the_device_and_waits_for_nothing(device, kind, train):
    assert counted(*steps_on(device, kind, **train), number=4).copies == []


def test_noise_alone_is_made_on_the_processor(device):
    assert len(counted(*steps_on(device, "pixels", augment={"noise": 0.1}), number=1).copies) == 1


def test_a_batch_is_cut_from_what_lies_on_the_device_with_few_operations(device):
    _, order = steps_on(device, "pixels", augment={"horizontal_flip": 0.5}, copies="fourfold")
    with Counted() as batch:
        order.batch(0, BATCH)
    # Gather; three flips with their choices; layout; normalise: what pictures themselves need. The rest are views.
    views = {"aten.slice.Tensor", "aten.view.default", "aten.permute.default", "aten.detach.default"}
    made_of = {name: count for name, count in batch.operations.items() if name not in views}
    assert sum(made_of.values()) <= 16, made_of
    assert batch.copies == []
