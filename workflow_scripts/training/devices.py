"""Where a network runs, and with which guarantees."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import torch

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.reservations import reserve
from workflow_scripts.training.process_group import SINGLE_PROCESS, ProcessGroup

EVALUATION_BATCH = {"cpu": 64, "cuda": 256}
# Where jobs reserve their GPUs: one folder a machine, whatever a user's TMPDIR is.
RESERVATIONS = Path("/tmp")


def type_of(wanted: str) -> str:
    """ "cpu" or "cuda", for one of the two or "auto"; UserError when a GPU is wanted and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device is cuda, but PyTorch sees no GPU here; set device to auto or cpu")
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


def prepare(
    wanted: str, train: Train, process_group: ProcessGroup = SINGLE_PROCESS, jobs_per_gpu: int = 1
) -> torch.device:
    """The device for "auto", "cpu" or "cuda", with threads and determinism as the settings say.

    The number of threads changes the bytes of a result on a CPU, so it never follows the machine. A GPU is this
    process's own from now on to its end, or shared with others that give the same `jobs_per_gpu`, see own_gpus. Raises
    UserError when a GPU is wanted and there is none, or fewer than the `process_group` has processes.
    """
    torch.set_num_threads(train.torch_threads)
    if type_of(wanted) == "cpu":
        return torch.device("cpu")
    if train.deterministic:
        # cuBLAS reads it when it starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(train.deterministic)
    torch.backends.cudnn.benchmark = not train.deterministic
    if torch.cuda.device_count() < process_group.size:
        raise UserError(
            f"train.processes is {process_group.size}, but there are only {torch.cuda.device_count()} GPU(s) here; "
            "lower train.processes, or set device to cpu"
        )
    # Rank 0 reserves the GPUs of all ranks.
    reserved = _own(process_group.size, jobs_per_gpu) if process_group.is_rank_zero else []
    device = torch.device("cuda", process_group.broadcast(reserved)[process_group.rank])
    torch.cuda.set_device(device)
    process_group.use_gpus()
    return device


@cache
def _own(count: int, jobs_per_gpu: int) -> list[int]:
    uuids = [str(torch.cuda.get_device_properties(number).uuid) for number in range(torch.cuda.device_count())]
    return own_gpus(uuids, count, jobs_per_gpu)


def own_gpus(uuids: Sequence[str], count: int, jobs_per_gpu: int = 1, folder: Path = RESERVATIONS) -> list[int]:
    """Positions of `count` GPUs, among those that this process sees, that fewer other jobs use than may share one.

    While there are too few it waits. SLURM gives each job GPUs that are its own: there, the first ones.
    """
    if "SLURM_JOB_ID" in os.environ:
        return list(range(count))
    return reserve([folder / f"gpu-{uuid}.lock" for uuid in uuids], count, "GPUs", jobs_per_gpu)


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Context of forward passes; float32 changes nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def describe(device: torch.device, jobs_per_gpu: int = 1) -> str:
    """Name of the device for the ledger, and whether others may have used it at the same time."""
    if device.type == "cpu":
        return "cpu"
    shared = f", shared by up to {jobs_per_gpu} jobs" if jobs_per_gpu > 1 else ""
    return f"{torch.cuda.get_device_name(device)}{shared}"
