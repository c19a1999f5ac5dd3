"""A training on a device: near that of a processor in double precision, and the same bytes whatever happens to it."""

import gc
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from tests import made
from tests.training.running import run
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices, recipe
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.samples import read_samples

ROOT = Path(__file__).resolve().parents[2]
# Of float32 against float64, and against noise of 1e-7 in the weights, on a processor: 1e-7 for the first loss, 4e-5
# for the first norm of gradients, 2e-3 for the fourth loss. A device is asked for ten times that, and no more.
FIRST_LOSS, FIRST_NORM, LOSS_AFTER_8 = 1e-5, 1e-3, 0.02
# Networks whose steps are tried on a processor, where each takes time.
LIGHT = ("mobilenet_v2", "shufflenet_v2_x0_5", "resnet18")


def first_steps(
    inputs: made.Inputs, spec: dict, device: torch.device, dtype: torch.dtype
) -> tuple[float, float, float]:
    """Loss and norm of the gradients of the first step, and the loss after eight."""
    train = made.train(augment={"horizontal_flip": 0.5, "rotate": 20})
    samples = read_samples(inputs.root / "dataset", inputs.root / "arrays", inputs.split, 0)
    subset = samples.subset("train")
    feeder = PixelView(train, 0, [0.5] * 3, [0.25] * 3).training(samples.arrays, subset, device)
    model = feeder.placed(made.build(spec, len(samples.classes), square(32), 0)).to(dtype).train()
    optimizer, loss_of = recipe.optimiser(model, train), nn.CrossEntropyLoss()
    order, losses, norms = feeder.epoch(0, 0), [], []
    for step in range(9):
        batch = order.batch(step % 4 * 8, step % 4 * 8 + 8)
        optimizer.zero_grad()
        loss = loss_of(model(*(values.to(dtype) for values in batch.inputs)), batch.targets)
        loss.backward()
        gradients = [parameter.grad.norm() for parameter in model.parameters()]
        losses.append(loss.item())
        norms.append(float(torch.stack(gradients).norm()))
        optimizer.step()
    return [losses[0], norms[0], losses[8]]


@pytest.mark.parametrize("spec", [made.network(), made.network(made.VIT), made.fusion()], ids=["cnn", "vit", "fusion"])
def test_first_steps_are_those_of_double_precision_within_tolerances(inputs, device, spec):
    exact = first_steps(inputs, spec, devices.prepare("cpu", made.train()), torch.float64)
    taken = first_steps(inputs, spec, devices.prepare(device, made.train()), torch.float32)
    for value, reference, tolerance in zip(taken, exact, (FIRST_LOSS, FIRST_NORM, LOSS_AFTER_8), strict=True):
        assert value == pytest.approx(reference, rel=tolerance)


@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_two_trainings_end_in_the_same_bytes(inputs, device, tmp_path, precision):
    settings = made.settings(precision=precision, augment={"horizontal_flip": 0.5})
    first, second = (run(inputs, tmp_path / name, settings, device=device) for name in "ab")
    assert first == second


def test_replayed_steps_end_in_the_bytes_of_steps_as_they_are_written(inputs, device, tmp_path):
    # Five steps an epoch: twenty in all, of which the first three are taken before one is recorded.
    eager, replayed = (
        run(inputs, tmp_path / str(replay), made.settings(epochs=4, replay=replay), device=device)
        for replay in (False, True)
    )
    tensors = [_without_header(weights) for weights, _ in (eager, replayed)]
    assert tensors[0] == tensors[1] and eager[1] == replayed[1]


def test_a_stopped_training_continues_and_ends_in_the_same_bytes(inputs, device, tmp_path, monkeypatch):
    settings = made.settings(epochs=3, replay=True)
    whole = run(inputs, tmp_path / "whole", settings, device=device)
    save, saved = Checkpoints.save, []

    def save_and_stop(self, position, state):
        save(self, position, state)
        saved.append(position)
        if len(saved) == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run(inputs, tmp_path / "stopped", settings, device=device, save_within=0.0, save_at_end=0.0)
    assert not (tmp_path / "stopped" / "weights.safetensors").exists()
    assert run(inputs, tmp_path / "stopped", settings, device=device) == whole


def test_three_trainings_at_once_share_a_device_and_end_in_their_own_bytes(inputs, device, tmp_path):
    processes = [started(inputs, device, tmp_path / f"fold0-seed{seed}", tmp_path / f"{seed}.log") for seed in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0], (tmp_path / "0.log").read_text()
    for seed in range(3):
        out = tmp_path / f"fold0-seed{seed}"
        alone = run(inputs, tmp_path / f"alone{seed}", {**made.settings(), "seed": seed}, device=device)
        assert ((out / "weights.safetensors").read_bytes(), (out / "history.csv").read_bytes()) == alone
        where = json.loads((out / "train.json").read_text())["device"]
        assert where == "cpu" if device == "cpu" else where.endswith("shared by up to 3 jobs")


def started(inputs: made.Inputs, device: str, out: Path, log: Path) -> subprocess.Popen:
    """The train step in a process of its own."""
    places = ["--dataset", inputs.root / "dataset", "--arrays", inputs.root / "arrays", "--split", inputs.split]
    given = ["--settings", json.dumps(made.settings()), "--code", "code", "--log", log, "--out", out]
    command = [sys.executable, "-m", "workflow_scripts.steps.train", *given, *places, "--work", inputs.root / ".work"]
    command += ["--device", device, "--jobs-per-gpu", "3"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([str(word) for word in command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def test_the_end_of_memory_is_a_line_that_names_batch_size_and_precision(inputs, device, tmp_path, monkeypatch):
    settings = made.settings(precision="bfloat16", batch_size=16)
    if device == "cpu":
        # A processor has no end of memory that a test could reach.
        def too_large(*_: object) -> None:
            raise torch.OutOfMemoryError("out of memory")

        monkeypatch.setattr(torch.Tensor, "backward", too_large)
    else:
        devices.prepare(device, made.train())
        gc.collect()
        torch.cuda.empty_cache()
        # Room for the samples, and none for a network.
        torch.cuda.set_per_process_memory_fraction(8 * 2**20 / torch.cuda.get_device_properties(0).total_memory)
    try:
        with pytest.raises(UserError) as ended:
            run(inputs, tmp_path / "out", settings, device=device)
    finally:
        if device == "cuda":
            torch.cuda.set_per_process_memory_fraction(1.0)
    words = str(ended.value)
    assert "\n" not in words and "batch_size 16" in words and "bfloat16" in words


def test_every_declared_network_takes_the_same_step_twice(declared, device):
    for name in declared.table3 if device == "cuda" else LIGHT:
        train = replace(declared.train(name), batch_size=4, copies="none")
        first, second = (gradients(declared, name, device, train) for _ in range(2))
        assert all(torch.isfinite(values).all() for values in first), name
        # Where no deterministic algorithm exists, the settings say so, and nothing is promised.
        if train.deterministic:
            assert all(torch.equal(*pair) for pair in zip(first, second, strict=True)), name


def gradients(declared, name: str, device: str, train: Train) -> list[torch.Tensor]:
    """Of one step on noise, with the declared guarantees."""
    where, size = devices.prepare(device, train), 224 if device == "cuda" else 64
    model = declared.network(name, size).to(where).train()
    torch.manual_seed(0)
    images = torch.randn(train.batch_size, 3, size, size, generator=torch.Generator().manual_seed(0)).to(where)
    targets = torch.arange(train.batch_size, device=where) % len(declared.classes)
    nn.functional.cross_entropy(model(images), targets).backward()
    return [parameter.grad for parameter in model.parameters() if parameter.grad is not None]


def _without_header(weights: bytes) -> bytes:
    """The tensors of a weights file: its header says how it was trained."""
    return weights[8 + int.from_bytes(weights[:8], "little") :]
