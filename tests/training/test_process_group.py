"""Two processes train one network: the same losses as one, the same bytes every time, one state for both."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tests import made
from tests.processes import Family, until
from tests.training.test_interrupted import ROOT, killed
from workflow_scripts.models.weights import read_trained
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.processes import launched_rank
from workflow_scripts.runtime.reservations import own_gpus
from workflow_scripts.settings.load import settings as load
from workflow_scripts.steps import train
from workflow_scripts.training.process_group import SINGLE_PROCESS, ProcessGroup

FILES = ("weights.safetensors", "history.csv", "predictions.csv")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """33 training images, one class with fewer: batches of 7 are torn into 4 and 3, the last one into 3 and 2."""
    made_here = made.make_inputs(tmp_path_factory.mktemp("made"))
    split = pd.read_csv(made_here.split)
    made_here.resplit(split.drop(index=split[split["subset"] == "train"].index[:3]))
    return made_here


def settings(processes=2, **more):
    return made.settings(processes=processes, **{"batch_size": 7, **more})


def together(inputs, out, settings, stop=None, at=0):
    """Exit code and log of each of two processes of one training; `stop` is done to the one of rank `at`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    out.mkdir(exist_ok=True)
    logs = [out.parent / f"{out.name}.{rank}.log" for rank in range(2)]
    children = []
    for rank in range(2):
        child = os.fork()  # the libraries are loaded already: a start by torchrun costs seconds
        if not child:
            try:
                place = {"RANK": rank, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
                os.environ.update({name: str(value) for name, value in place.items()})
                if stop and rank == at:
                    stop()
                arguments = inputs.arguments(out=out, settings=settings)
                arguments.log, arguments.save_within, arguments.save_at_end = logs[rank], 0, 0
                entry.run(train.main, arguments)
            except SystemExit as end:
                os._exit(end.code)
            os._exit(0)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return codes, [path.read_text() for path in logs]


def left(out):
    return [(out / name).read_bytes() for name in FILES]


@pytest.mark.parametrize("block", [{"optimizer": "sgd"}, {"class_weights": "balanced", "label_smoothing": 0.1}])
def test_two_processes_learn_what_one_learns(inputs, tmp_path, block):
    # No batch normalisation and no dropout: then how a batch is torn changes nothing but the order of sums.
    block = {"epochs": 3, "augment": {"rotate": 20, "zoom": 0.1}, "spec": made.network(made.VIT), **block}
    one, two = settings(processes=1, **block), settings(**block)
    train.main(inputs.arguments(out=tmp_path / "one", settings=one))
    codes, logs = together(inputs, tmp_path / "two", two)
    assert codes == [0, 0]
    histories = [pd.read_csv(tmp_path / name / "history.csv") for name in ("one", "two")]
    np.testing.assert_allclose(histories[1], histories[0], rtol=2e-4)
    tensors = [
        read_trained(tmp_path / name / "weights.safetensors", made.training(given)).tensors
        for name, given in (("one", one), ("two", two))
    ]
    if block.get("optimizer") == "sgd":  # the others divide rounding errors by their size
        for name, tensor in tensors[0].items():
            torch.testing.assert_close(tensors[1][name], tensor, rtol=1e-4, atol=1e-6, msg=name)


NOISY = {"epochs": 2, "select": "best", "spec": made.network(options={"drop_rate": 0.3}), "learning_rate": 0.0031}


def test_the_same_bytes_twice_and_from_a_state_after_either_process_was_killed(inputs, tmp_path):
    given = settings(**NOISY)
    assert together(inputs, tmp_path / "a", given)[0] == [0, 0]
    assert together(inputs, tmp_path / "b", given)[0] == [0, 0]
    assert left(tmp_path / "b") == left(tmp_path / "a")
    out = tmp_path / "killed"
    codes, logs = together(inputs, out, given, killed(signal.SIGKILL, after=2))
    assert codes == [-signal.SIGKILL, 1]
    assert "another process of this training has ended" in logs[1] and "Traceback" not in logs[1]
    codes, logs = together(inputs, out, given, dies_in_step(3), at=1)
    assert codes == [1, -signal.SIGKILL]
    assert "continuing in epoch 1 after step 2" in logs[0] and "another process of this training" in logs[0]
    codes, logs = together(inputs, out, given)
    assert codes == [0, 0] and all("continuing in epoch 1 after step 4" in log for log in logs)
    assert left(out) == left(tmp_path / "a")
    assert not list((inputs.root / ".work" / "checkpoints").iterdir())


def dies_in_step(number, how=signal.SIGKILL):
    """Sends this process a signal in the n-th optimiser step that it takes."""

    def patch():
        summed, count = ProcessGroup.all_reduce_gradients, [0]

        def counted(self, *arguments):
            count[0] += 1
            if count[0] == number:
                os.kill(os.getpid(), how)
            return summed(self, *arguments)

        ProcessGroup.all_reduce_gradients = counted

    return patch


@pytest.mark.parametrize("at", [0, 1])
def test_a_stop_of_either_process_stops_both_at_the_same_step(inputs, tmp_path, at):
    given = settings(**{**NOISY, "learning_rate": 0.0032 + at / 1e4})
    codes, logs = together(inputs, tmp_path / "out", given, dies_in_step(3, signal.SIGTERM), at=at)
    assert codes == [130, 130]
    assert all("interrupted; the next run continues" in log for log in logs)
    codes, logs = together(inputs, tmp_path / "out", given)
    assert codes == [0, 0] and all("continuing in epoch 1 after step 3" in log for log in logs)
    together(inputs, tmp_path / "whole", given)
    assert left(tmp_path / "out") == left(tmp_path / "whole")


def test_a_loss_that_is_no_number_ends_both_with_the_same_line(inputs, tmp_path):
    given = settings(optimizer="sgd", learning_rate=1e30)
    codes, logs = together(inputs, tmp_path / "out", given)
    assert codes == [1, 1]
    assert all("error: the loss is not finite in epoch 1" in log for log in logs)


def test_no_part_of_a_batch_is_a_single_image():
    for size in (2, 3, 4):
        for count in range(2, 12):
            parts = [ProcessGroup(rank, size).part(5, 5 + count) for rank in range(size)]
            assert [position for part in parts for position in part] == list(range(5, 5 + count))
            assert 1 not in [len(part) for part in parts]
    assert list(SINGLE_PROCESS.part(5, 9)) == [5, 6, 7, 8]


def test_what_is_summed_are_gradients_and_the_weighted_running_statistics(monkeypatch):
    parts = {0: torch.randn(4, 3), 1: torch.randn(2, 3)}
    sent = {}

    def work(rank, reduce):
        """The network of one process after a backward pass and the sum."""
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        model.unused = torch.nn.Parameter(torch.ones(1))
        loss_here = (model[1](model[0](parts[rank])) ** 3).sum()
        loss_here.backward()
        before = [value.clone() for value in (model[0].weight.grad, model[1].running_mean, model[1].running_var)]
        monkeypatch.setattr(torch.distributed, "all_reduce", reduce)
        hits = torch.tensor(rank + 1)
        summed = ProcessGroup(rank, 2).all_reduce_gradients(model, len(parts[rank]) / 6, loss_here.detach(), hits)
        return before, model, summed

    before = [work(rank, lambda total, group: sent.update({len(sent): total.clone()}))[0] for rank in (0, 1)]
    for rank in (0, 1):
        _, model, (loss, hits) = work(rank, lambda total, group: total.copy_(sent[0] + sent[1]))
        torch.testing.assert_close(model[0].weight.grad, before[0][0] + before[1][0])
        torch.testing.assert_close(model[1].running_mean, (4 * before[0][1] + 2 * before[1][1]) / 6)
        torch.testing.assert_close(model[1].running_var, (4 * before[0][2] + 2 * before[1][2]) / 6)
        assert model.unused.grad is None  # so that weight decay leaves it alone, as with one process
        assert hits == 3 and hits.dtype == torch.int64


def test_more_processes_than_gpus_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"train.processes is 2, but there are only 1 GPU\(s\) here"):
        own_gpus(["a"], 2, folder=tmp_path)


def test_processes_that_nobody_started_are_missed():
    with pytest.raises(UserError, match="train.processes is 2, but 1 process"):
        launched_rank(2)


def test_short_trainings_share_a_job_or_long_ones_are_spread():
    with pytest.raises(UserError, match="processes is 2, but the study's trainings_per_job is 3"):
        load(ROOT, {"studies": {"cvm_herlev": {"trainings_per_job": 3, "train": {"processes": 2}}}})


def by_torchrun(inputs, tmp_path, given, *more):
    """Command line as the workflow has it."""
    start = [Path(sys.executable).parent / "torchrun", "--standalone", "--nproc-per-node", 2]
    step = [
        *start,
        "--local-ranks-filter",
        0,
        "-m",
        "--",
        "workflow_scripts.steps.train",
        "--settings",
        json.dumps(given),
    ]
    places = ["--dataset", inputs.root / "dataset", "--arrays", inputs.root / "arrays", "--split", inputs.split]
    step += [*places, "--code", "code", "--log", tmp_path / "train.log", "--out", tmp_path / "fold0-seed0", *more]
    return [*map(str, step), "--device", "cpu"]


def test_torchrun_starts_them_one_log_tells_of_it_and_nobody_outlives_its_kill(inputs, tmp_path):
    given = settings(**{**NOISY, "learning_rate": 0.0034, "epochs": 4})
    states = tmp_path / "work" / "checkpoints"
    step = by_torchrun(inputs, tmp_path, given, "--work", states.parent)
    started = ["bash", "-c", f"LAUNCHER=$$ exec {shlex.join([*step, '--save-within', '0', '--save-at-end', '0'])}"]
    with Family(started, tmp_path / "output", cwd=ROOT) as family:
        until(lambda: list(states.rglob("*.pt")) or family.main.poll() is not None, "a saved state")
        assert len(family.others()) == 2, family.said()
        family.main.kill()
        family.ended()
    end = subprocess.run(step, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert end.returncode == 0, end.stderr
    assert end.stderr.count("continuing in epoch") == 1
    assert (tmp_path / "train.log").read_text().count("epoch 4/4") == 1
    assert "epoch 4/4" in (tmp_path / "train.log.1").read_text()
    assert together(inputs, tmp_path / "same", given)[0] == [0, 0]
    assert left(tmp_path / "same") == left(tmp_path / "fold0-seed0")
