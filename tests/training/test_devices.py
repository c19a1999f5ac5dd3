"""Each job has a GPU of its own. No GPU is asked: lock files stand for the devices, processes for the jobs."""

import multiprocessing
import os
import signal
from multiprocessing.connection import wait
from types import SimpleNamespace

import pytest
import torch

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime import reservations
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices

CONTEXT = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def no_scheduler(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setattr(reservations, "POLL", 0.01)


class Job:
    """A process that takes GPUs, says which, and keeps them until it is told to end."""

    def __init__(self, folder, uuids, count=1, jobs_per_gpu=1):
        self.said, there = CONTEXT.Pipe(duplex=False)
        self.end = CONTEXT.Event()

        def work():
            reservations.log.info = lambda message, *values: there.send(message % values)
            there.send([uuids[number] for number in reservations.own_gpus(uuids, count, jobs_per_gpu, folder)])
            self.end.wait()

        self.process = CONTEXT.Process(target=work)
        self.process.start()

    def hears(self):
        """What the job says next: the line that it waits, or its GPUs."""
        assert self.said.poll(20)
        return self.said.recv()

    def silent(self):
        return not self.said.poll(0.2)

    def ends(self):
        self.end.set()
        self.process.join(20)
        assert self.process.exitcode == 0


@pytest.fixture
def job(tmp_path):
    jobs = []

    def start(uuids, count=1, jobs_per_gpu=1):
        jobs.append(Job(tmp_path, uuids, count, jobs_per_gpu))
        return jobs[-1]

    yield start
    for one in jobs:
        if one.process.is_alive():
            one.process.kill()
        one.process.join()


def test_jobs_that_start_together_never_share_a_gpu_and_the_rest_wait_with_one_line(job):
    jobs = [job(["a", "b", "c"]) for _ in range(5)]
    heard = [one.hears() for one in jobs]
    assert sorted(gpus[0] for gpus in heard if isinstance(gpus, list)) == ["a", "b", "c"]
    waiting = [one for one, said in zip(jobs, heard, strict=True) if isinstance(said, str)]
    assert len(waiting) == 2 and all(one.silent() for one in waiting)
    assert "other jobs hold 3 of 3 GPUs, 1 are needed; waiting" in heard
    first = next(one for one, said in zip(jobs, heard, strict=True) if said == ["b"])
    first.ends()
    got = wait([one.said for one in waiting], 20)
    assert len(got) == 1 and got[0].recv() == ["b"]


def test_a_killed_job_holds_no_gpu(job):
    first = job(["a"])
    assert first.hears() == ["a"]
    second = job(["a"])
    assert "waiting" in second.hears()
    os.kill(first.process.pid, signal.SIGKILL)
    assert second.hears() == ["a"]


def test_a_gpu_is_known_by_its_uuid_whatever_else_a_job_sees(job):
    # As with CUDA_VISIBLE_DEVICES=1 and =1,2: the same GPU has another number.
    assert job(["b"]).hears() == ["b"]
    assert job(["b", "c"]).hears() == ["c"]
    assert job(["a", "b"]).hears() == ["a"]


def test_who_needs_two_gpus_takes_both_or_none(job):
    one = job(["a", "b"])
    assert one.hears() == ["a"]
    two = job(["a", "b"], count=2)
    assert two.hears() == "other jobs hold 1 of 2 GPUs, 2 are needed; waiting"
    other = job(["a", "b"])
    assert other.hears() == ["b"]
    other.ends()
    one.ends()
    assert two.hears() == ["a", "b"]


def test_jobs_that_may_share_a_gpu_spread_over_all_first_and_the_rest_wait(job):
    jobs = [job(["a", "b"], jobs_per_gpu=2)]
    assert jobs[0].hears() == ["a"]
    for expected in (["b"], ["a"], ["b"]):
        jobs.append(job(["a", "b"], jobs_per_gpu=2))
        assert jobs[-1].hears() == expected
    late = job(["a", "b"], jobs_per_gpu=2)
    assert late.hears() == "other jobs hold 2 of 2 GPUs, 1 are needed; waiting"
    jobs[1].ends()
    assert late.hears() == ["b"]


def test_a_job_that_shares_no_gpu_and_jobs_that_do_wait_for_each_other(job):
    one, other = (job(["a"], jobs_per_gpu=3) for _ in range(2))
    assert one.hears() == other.hears() == ["a"]
    alone = job(["a"])
    assert "waiting" in alone.hears()
    one.ends()
    assert alone.silent()
    other.ends()
    assert alone.hears() == ["a"]
    late = job(["a"], jobs_per_gpu=3)
    assert "waiting" in late.hears()
    os.kill(alone.process.pid, signal.SIGKILL)
    assert late.hears() == ["a"]


def test_two_gpus_that_are_shared_are_two_different_ones(job):
    assert job(["a", "b"], count=2, jobs_per_gpu=2).hears() == ["a", "b"]
    assert job(["a", "b"], count=2, jobs_per_gpu=2).hears() == ["a", "b"]
    assert "waiting" in job(["a", "b"], count=2, jobs_per_gpu=2).hears()


def test_under_slurm_the_scheduler_places_the_jobs(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert all(reservations.own_gpus(["a", "b"], 1, folder=tmp_path) == [0] for _ in range(2))
    assert not list(tmp_path.iterdir())
    # What it gives is shared with nobody, whatever the settings allow.
    assert reservations.jobs_sharing(3) == 1
    monkeypatch.delenv("SLURM_JOB_ID")
    assert reservations.jobs_sharing(3) == 3


def test_a_lock_file_can_be_locked_by_another_user(tmp_path):
    before = os.umask(0o077)
    try:
        assert reservations.own_gpus(["z"], 1, folder=tmp_path) == [0]
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}


def test_a_process_keeps_the_one_gpu_that_it_has_taken(job, tmp_path, monkeypatch):
    assert job(["a"]).hears() == ["a"]
    own_gpus, used = reservations.own_gpus, []
    monkeypatch.setattr(reservations, "own_gpus", lambda uuids, count, jobs: own_gpus(uuids, count, jobs, tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: SimpleNamespace(uuid="abc"[number]))
    monkeypatch.setattr(torch.cuda, "set_device", used.append)
    reservations.process_gpus.cache_clear()
    try:
        # A job that explains several networks asks for each.
        prepared = [devices.prepare("auto", Train(deterministic=False)) for _ in range(2)]
        assert prepared == [torch.device("cuda", 1)] * 2 == used
    finally:
        reservations.process_gpus.cache_clear()


# What decides how a GPU calculates; a processor reads none of it.
SWITCHES = (
    (torch.backends.cuda.matmul, "fp32_precision"),
    (torch.backends.cudnn.conv, "fp32_precision"),
    (torch.backends.cudnn.rnn, "fp32_precision"),
    (torch.backends.cuda.matmul, "allow_bf16_reduced_precision_reduction"),
    (torch.backends.cudnn, "benchmark"),
    (torch.utils.deterministic, "fill_uninitialized_memory"),
)


@pytest.fixture(autouse=True)
def switches():
    before = [getattr(module, name) for module, name in SWITCHES]
    yield lambda: [getattr(module, name) for module, name in SWITCHES]
    for (module, name), value in zip(SWITCHES, before, strict=True):
        setattr(module, name, value)
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    ("precision", "multiplies"), [("float32", "ieee"), ("tf32", "tf32"), ("bfloat16", "ieee"), ("float32", "ieee")]
)
def test_every_switch_of_a_gpu_is_set_whatever_it_was_before(monkeypatch, switches, precision, multiplies):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    for module, name in SWITCHES[:3]:
        setattr(module, name, "tf32" if multiplies == "ieee" else "ieee")
    assert devices.prepare("cuda", Train(precision=precision), 0) == torch.device("cuda", 0)
    # Memory that is filled costs a kernel for each fresh tensor.
    assert switches() == [multiplies] * 3 + [False, False, False] and torch.are_deterministic_algorithms_enabled()
    devices.prepare("cuda", Train(precision=precision, deterministic=False), 0)
    assert switches() == [multiplies] * 3 + [False, True, False] and not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize(("sharing", "largest"), [(1, 8e9), (4, 2e9)])
def test_trainings_that_start_together_hold_at_most_half_of_a_gpu_among_them(monkeypatch, sharing, largest):
    for name, value in (("is_available", True), ("set_device", None), ("mem_get_info", (16e9, 24e9))):
        monkeypatch.setattr(torch.cuda, name, lambda *_, value=value: value)
    # All of them see the same room, because none has taken any yet.
    gpu = devices.prepare("cuda", Train(deterministic=False), 0, sharing)
    assert devices.may_hold(gpu, int(largest)) and not devices.may_hold(gpu, int(largest) + 1)
    assert not devices.may_hold(devices.prepare("cpu", Train()), 1)


def test_an_older_pytorch_that_has_not_these_switches_is_a_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    # As before PyTorch 2.9.
    monkeypatch.setattr(torch.backends.cuda, "matmul", SimpleNamespace(allow_tf32=False))
    with pytest.raises(UserError, match=r"PyTorch \d.* calculates; install 2\.9 or newer, or set device to cpu$"):
        devices.prepare("cuda", Train(), 0)
    assert devices.prepare("cpu", Train()) == torch.device("cpu")


def fills():
    """How often memory is filled in a step of a small network."""
    with torch.autograd.profiler.profile() as profile:
        torch.nn.Conv2d(3, 4, 3)(torch.ones(2, 3, 8, 8)).relu().mean().backward()
    return sum(event.count for event in profile.key_averages() if event.key == "aten::fill_")


def test_deterministic_algorithms_fill_no_fresh_memory(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    as_always = fills()
    # As PyTorch has it, whatever was prepared for before: a further operation for each tensor.
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)
    torch.use_deterministic_algorithms(True)
    assert fills() > as_always + 5
    devices.prepare("cuda", Train(), 0)
    assert torch.are_deterministic_algorithms_enabled() and fills() == as_always


def test_what_a_gpu_was_told_to_do_slows_no_processor_afterwards(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    devices.prepare("cuda", Train(), 0)
    assert devices.prepare("cpu", Train()) == torch.device("cpu")
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_name_of_a_gpu_that_others_may_use_says_so(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "GPU of a kind")
    gpu = torch.device("cuda", 0)
    assert devices.describe(gpu, 4) == "GPU of a kind, shared by up to 4 jobs"
    assert devices.describe(gpu) == "GPU of a kind" and devices.describe(torch.device("cpu"), 4) == "cpu"
