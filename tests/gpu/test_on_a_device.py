"""A training on a device: near that of a processor in double precision, and the same bytes whatever happens to it."""

import gc
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests import made
from tests.training.running import run
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.models.input_shape import square
from workflow_scripts.runtime import reservations
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices, recipe
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.feeders.pixels import PixelView
from workflow_scripts.training.samples import read_samples

ROOT = Path(__file__).resolve().parents[2]
# Precision → how far the first loss, the first norm of gradients and the loss after eight steps may be, as shares, from
# those of float64. On a processor float32 was off by 1e-7, 4e-5 and 2e-3, bfloat16 by 1.3e-3, 3e-3 and 1.3e-2; a device
# is asked for ten times that. Products of tf32 have eight times fewer digits to lose than those of bfloat16.
TOLERANCES = {"float32": (1e-5, 1e-3, 0.02), "tf32": (2e-3, 5e-3, 0.03), "bfloat16": (0.013, 0.03, 0.13)}
# The same for the first loss of a large network from scratch, on noise: on a processor bfloat16 moved it by 1 to 13 %,
# some thirty times its rounding. Products of tf32 are eight times as exact, those of float32 65,536 times.
LOSS_TOLERANCES = {"float32": 1e-4, "tf32": 0.1, "bfloat16": 0.5}
# A network that draws random numbers in each step.
DROPS = made.network(options={"drop_rate": 0.3})
# Networks whose steps are tried on a processor, where each takes time.
LIGHT = ("mobilenet_v2", "shufflenet_v2_x0_5", "resnet18")


def first_steps(
    inputs: made.Inputs, spec: dict, device: torch.device, dtype: torch.dtype, train: Train
) -> tuple[float, float, float]:
    """Loss and norm of the gradients of the first step, and the loss after eight."""
    samples = read_samples(inputs.root / "dataset", inputs.root / "arrays", inputs.split, 0)
    subset = samples.subset("train")
    feeder = PixelView(train, 0, [0.5] * 3, [0.25] * 3).training(samples.arrays, subset, device)
    model = feeder.placed(made.build(spec, len(samples.classes), square(32), 0)).to(dtype).train()
    optimizer, loss_of = recipe.optimiser(model, train), nn.CrossEntropyLoss()
    order, losses, norms = feeder.epoch(0, 0), [], []
    for step in range(9):
        batch = order.batch(step % 4 * 8, step % 4 * 8 + 8)
        optimizer.zero_grad()
        with devices.autocast(device, train.precision if dtype == torch.float32 else "float32"):
            logits = model(*(values.to(dtype) for values in batch.inputs))
        loss = loss_of(logits.to(dtype), batch.targets)
        loss.backward()
        gradients = [parameter.grad.norm() for parameter in model.parameters()]
        losses.append(loss.item())
        norms.append(float(torch.stack(gradients).norm()))
        optimizer.step()
    return [losses[0], norms[0], losses[8]]


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("spec", [made.network(), made.network(made.VIT), made.fusion()], ids=["cnn", "vit", "fusion"])
def test_first_steps_are_those_of_double_precision_within_tolerances(inputs, device, spec, precision):
    train = made.train(precision=precision, augment={"horizontal_flip": 0.5, "rotate": 20})
    exact = first_steps(inputs, spec, devices.prepare("cpu", train), torch.float64, train)
    taken = first_steps(inputs, spec, devices.prepare(device, train), torch.float32, train)
    for value, reference, tolerance in zip(taken, exact, TOLERANCES[precision], strict=True):
        assert value == pytest.approx(reference, rel=tolerance)


@pytest.mark.parametrize("precision", TOLERANCES)
def test_the_joint_network_has_the_loss_that_it_has_on_a_processor(declared, device, precision):
    name, size = ("cvm", 224) if device == "cuda" else (LIGHT[0], 64)
    train = replace(declared.train(name), batch_size=4, copies="none", precision=precision)
    torch.manual_seed(0)
    model = declared.network(name, size)
    processor = loss_and_gradients(model, "cpu", size, replace(train, precision="float32"))
    there = loss_and_gradients(model, device, size, train)
    assert float(there[0]) == pytest.approx(float(processor[0]), rel=LOSS_TOLERANCES[precision])


@pytest.mark.parametrize("precision", TOLERANCES)
def test_two_trainings_end_in_the_same_bytes(inputs, device, tmp_path, precision):
    settings = made.settings(precision=precision, augment={"horizontal_flip": 0.5})
    first, second = (run(inputs, tmp_path / name, settings, device=device) for name in "ab")
    assert first == second


def test_fresh_memory_that_is_filled_changes_no_byte(inputs, device, tmp_path, monkeypatch):
    settings, prepare = made.settings(augment={"horizontal_flip": 0.5}), devices.prepare
    unfilled = run(inputs, tmp_path / "unfilled", settings, device=device)

    def prepared(*arguments: object) -> torch.device:
        where = prepare(*arguments)
        torch.use_deterministic_algorithms(True)
        monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)
        return where

    try:
        with monkeypatch.context() as patched:
            patched.setattr(devices, "prepare", prepared)
            assert run(inputs, tmp_path / "filled", settings, device=device) == unfilled
    finally:
        torch.use_deterministic_algorithms(False)


def test_replayed_steps_end_in_the_bytes_of_steps_as_they_are_written(inputs, device, tmp_path):
    # Five steps an epoch: twenty in all, of which the first three are taken before one is recorded.
    eager, replayed = (
        run(inputs, tmp_path / str(replay), made.settings(epochs=4, replay=replay, spec=DROPS), device=device)
        for replay in (False, True)
    )
    tensors = [_without_header(weights) for weights, _ in (eager, replayed)]
    assert tensors[0] == tensors[1] and eager[1] == replayed[1]


def test_a_stopped_training_continues_and_ends_in_the_same_bytes(inputs, device, tmp_path, monkeypatch):
    settings = made.settings(epochs=3, replay=True, spec=DROPS)
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
    assert [process.wait(120) for process in processes] == [0, 0, 0], (tmp_path / "0.log").read_text()
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
    # Of its largest layer a copy alone takes more than there is room for.
    settings = made.settings(precision="bfloat16", batch_size=16, spec=made.network("resnet18"))
    if device == "cpu":
        # A processor has no end of memory that a test could reach.
        def too_large(*_: object) -> None:
            raise torch.OutOfMemoryError("out of memory")

        monkeypatch.setattr(torch.Tensor, "backward", too_large)
    else:
        devices.prepare(device, made.train())
        gc.collect()
        torch.cuda.empty_cache()
        # What libraries keep of it stays taken.
        room = torch.cuda.memory_reserved() + 8 * 2**20
        torch.cuda.set_per_process_memory_fraction(room / torch.cuda.get_device_properties(0).total_memory)
    try:
        with pytest.raises(UserError) as ended:
            run(inputs, tmp_path / "out", settings, device=device)
    finally:
        if device == "cuda":
            torch.cuda.set_per_process_memory_fraction(1.0)
    words = str(ended.value)
    assert "\n" not in words and "batch_size 16" in words and "bfloat16" in words


def test_every_declared_network_takes_the_same_step_twice(declared, device):
    size = 224 if device == "cuda" else 64
    for name in declared.table3 if device == "cuda" else LIGHT:
        train = replace(declared.train(name), batch_size=4, copies="none")
        model = declared.network(name, size)
        first, second = (loss_and_gradients(model, device, size, train) for _ in range(2))
        assert all(torch.isfinite(values).all() for values in first), name
        # Where no deterministic algorithm exists, the settings say so, and nothing is promised.
        if train.deterministic:
            assert all(torch.equal(*pair) for pair in zip(first, second, strict=True)), name


def loss_and_gradients(model: nn.Module, device: str, size: int, train: Train) -> list[torch.Tensor]:
    """Of a step on noise, with the guarantees of `train`; what batch normalisation remembers is in none of them."""
    where = devices.prepare(device, train)
    model.to(where).train().zero_grad()
    torch.manual_seed(0)
    images = torch.randn(train.batch_size, 3, size, size, generator=torch.Generator().manual_seed(0)).to(where)
    targets = torch.arange(train.batch_size, device=where) % 2
    with devices.autocast(where, train.precision):
        scores = model(images)
    loss = nn.functional.cross_entropy(scores.float(), targets)
    loss.backward()
    return [loss.detach(), *(parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None)]


def _without_header(weights: bytes) -> bytes:
    """The tensors of a weights file: its header says how it was trained."""
    return weights[8 + int.from_bytes(weights[:8], "little") :]


def test_a_test_keeps_no_gpu_from_what_others_start(tmp_path, monkeypatch):
    own_gpus = reservations.own_gpus
    monkeypatch.setattr(reservations, "own_gpus", lambda uuids, count, jobs: own_gpus(uuids, count, jobs, tmp_path))
    for name, value in (("is_available", True), ("device_count", 1), ("set_device", None)):
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: SimpleNamespace(uuid="a"))
    reservations.process_gpus.cache_clear()
    try:
        assert devices.prepare("cuda", Train(deterministic=False)) == torch.device("cuda", 0)
    finally:
        reservations.process_gpus.cache_clear()
    assert not list(tmp_path.iterdir())
