"""A step that is recorded once and replayed learns what steps as they are written learn, to the byte."""

import signal

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests import made
from tests.training.running import run, tensors_in
from tests.training.test_interrupted import killed, start
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import optimiser_steps
from workflow_scripts.training.optimiser_steps import STEPS_BEFORE_RECORDING, cuda_graph


class Tape(TorchDispatchMode):
    """What a CUDA graph is to a GPU: the operations of a block with the tensors that they read and write.

    Numbers of Python are as they were when it was recorded, and so is which operations there are. Recording leaves all
    tensors and generators as they were before.
    """

    def __init__(self, work):
        super().__init__()
        self.operations, self.before, self.seen = [], [], set()
        generator = torch.get_rng_state()
        with self:
            work()
        for tensor, values in self.before:
            tensor.copy_(values)
        torch.set_rng_state(generator)

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        # Batch normalisation writes into what it does not say that it writes into.
        for tensor in self._unseen((args, kwargs)):
            self.before.append((tensor.detach(), tensor.detach().clone()))
        result = operation(*args, **kwargs)
        self._unseen(result)
        self.operations.append((operation, args, kwargs, result))
        return result

    def _unseen(self, values):
        """The tensors among some values whose memory has not been met; all of it is kept to the end."""
        tensors = [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]
        unseen = {tensor.untyped_storage().data_ptr(): tensor for tensor in tensors}
        unseen = {address: tensor for address, tensor in unseen.items() if address not in self.seen}
        self.seen.update(unseen)
        return list(unseen.values())

    @torch.no_grad()
    def replay(self):
        for operation, args, kwargs, result in self.operations:
            again = operation(*args, **kwargs)
            if operation._schema.is_mutable:
                continue
            for there, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                # A view shows what it is of.
                if isinstance(there, torch.Tensor) and there.data_ptr() != new.data_ptr():
                    there.copy_(new)


@pytest.fixture
def tapes(monkeypatch):
    """The tapes that are recorded, each with how often it is replayed."""
    recorded = []

    def record(work):
        tape, count = Tape(work), [0]
        recorded.append((tape, count))

        def replay():
            count[0] += 1
            tape.replay()

        return replay

    monkeypatch.setitem(optimiser_steps.RECORDERS, "cpu", record)
    return recorded


# 36 training images in batches of 8: four full ones an epoch and one of 4.
SETTINGS = {"epochs": 3, "schedule": "cosine", "warmup_epochs": 0.5, "select": "best"}
DROPS = made.network(options={"drop_rate": 0.3})


def left(inputs, out, settings, **more):
    weights, history = run(inputs, out, settings, **more)
    return tensors_in(weights), history, (out / "predictions.csv").read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"spec": DROPS, "augment": {"rotate": 20, "brightness": 0.1}},
        {"optimizer": "sgd", "class_weights": "balanced", "copies": "fourfold", "epochs": 1},
        {"optimizer": "adam", "channels_last": True, "sampling": "weighted", "freeze": "backbone"},
    ],
)
def test_what_is_replayed_gives_the_bytes_of_steps_as_they_are_written(inputs, tmp_path, tapes, change):
    settings = {**SETTINGS, **change}
    written = left(inputs, tmp_path / "written", made.settings(**settings))
    assert not tapes
    assert left(inputs, tmp_path / "replayed", made.settings(replay=True, **settings)) == written
    full = settings["epochs"] * ((144 if "copies" in change else 36) // 8)
    assert [count for _, count in tapes] == [[full - STEPS_BEFORE_RECORDING]]


def test_recording_alone_changes_nothing_and_no_number_of_a_step_is_kept_in_it(inputs, tmp_path, tapes):
    run(inputs, tmp_path, made.settings(replay=True, epochs=1, schedule="linear"))
    ((tape, _),) = tapes
    rates = [kwargs["lr"] for _, _, kwargs, _ in tape.operations if "lr" in kwargs]
    assert rates and all(isinstance(rate, torch.Tensor) and rate.dtype == torch.float64 for rate in rates)


def test_a_training_that_replays_and_is_stopped_ends_in_the_same_bytes(inputs, tmp_path):
    settings = made.settings(replay=True, **{**SETTINGS, "spec": DROPS, "learning_rate": 0.0023})
    whole = left(inputs, tmp_path / "whole", made.settings(**{**SETTINGS, "spec": DROPS, "learning_rate": 0.0023}))
    out = tmp_path / "stopped"
    # After the fifth step of an epoch of five; within the second, while steps are replayed; before any is recorded.
    for number, after in ((signal.SIGTERM, 2), (signal.SIGKILL, 5), (signal.SIGTERM, 3)):
        assert start(inputs, out, settings, killed(number, after=after))[0] in (130, -signal.SIGKILL)
    code, log = start(inputs, out, settings)
    assert code == 0 and "continuing in epoch" in log
    weights, history, predictions = (out / name for name in ("weights.safetensors", "history.csv", "predictions.csv"))
    assert (tensors_in(weights.read_bytes()), history.read_bytes(), predictions.read_bytes()) == whole


def test_what_cannot_be_recorded_is_refused_in_a_line(monkeypatch):
    with pytest.raises(ValueError, match="replay is true and processes 2; only one process's steps are recorded"):
        Train(replay=True, processes=2)

    class Graph:
        def __init__(self, graph=None):
            pass

        def __enter__(self):
            pass

        def __exit__(self, *error):
            raise RuntimeError("operation failed due to a previous error during capture")

    def waits():
        raise RuntimeError("operation not permitted when stream is capturing\nand more")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", Graph)
    with pytest.raises(UserError, match=r"cannot be recorded \(operation .* capturing\); set train.replay"):
        cuda_graph(waits)
