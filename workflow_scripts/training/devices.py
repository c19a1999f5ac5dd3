"""Where a network runs, and with which guarantees."""

import os
from contextlib import AbstractContextManager
from types import SimpleNamespace

import torch

from workflow_scripts.contracts.errors import UserError

EVALUATION_BATCH = {"cpu": 64, "cuda": 256}


def prepare(wanted: str, train: SimpleNamespace) -> torch.device:
    """The device for "auto", "cpu" or "cuda", with threads and determinism as the settings say.

    The number of threads changes the bytes of a result on a CPU, so it never follows the machine. Raises UserError
    when a GPU is wanted and there is none.
    """
    torch.set_num_threads(train.torch_threads)
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device is cuda, but PyTorch sees no GPU here; set device to auto or cpu")
    if wanted == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    if train.deterministic:
        # cuBLAS reads it when it starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(train.deterministic)
    torch.backends.cudnn.benchmark = not train.deterministic
    return torch.device("cuda")


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Context of forward passes; float32 changes nothing."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def describe(device: torch.device) -> str:
    """Name of the device for the ledger."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
