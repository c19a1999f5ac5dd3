"""Where a network runs, and with which guarantees."""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import torch

from workflow_scripts.contracts.step_settings.train_settings import Precision, Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.memory import keep_freed_memory
from workflow_scripts.runtime.reservations import process_gpus

EVALUATION_BATCH = {"cpu": 64, "cuda": 256}
# Numbers that a GPU is given at once where nothing is learned: of 256 large pictures the first maps alone would take
# more memory than a training with a small batch.
LARGEST_PASS = 2**22
# Of a GPU's free memory, for what all batches are taken from: by all trainings that may use it at a time.
RESIDENT_SHARE = 0.5
# GPU → how many trainings may use it at a time, see prepare.
_sharing: dict[torch.device, int] = {}
# What is said where a processor's memory ends, and where a GPU's does for what CUDA, cuBLAS or cuDNN need themselves.
# Of what PyTorch asks of a GPU it has an error of its own.
_NO_MEMORY = re.compile(r"can't allocate memory|CUDA error: out of memory|_ALLOC(ATION)?_FAILED")
# What CUDA says of a GPU that is too old, or too new, for the PyTorch that is installed.
_NO_KERNEL = "no kernel image is available"
# What PyTorch says where cuDNN has nothing for a layer in this precision and layout, among deterministic ones if asked.
_NO_ENGINE = "unable to find an engine"


def type_of(wanted: str) -> str:
    """ "cpu" or "cuda", for one of the two or "auto"; UserError when a GPU is wanted and there is none."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("device is cuda, but PyTorch sees no GPU here; set device to auto or cpu")
    return "cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu"


def prepare(wanted: str, train: Train, number: int | None = None, sharing: int = 1) -> torch.device:
    """The device for "auto", "cpu" or "cuda", with threads, precision and determinism as the settings say.

    The number of threads changes the bytes of a result on a CPU, so it never follows the machine. `number`: position
    of the GPU that is reserved for this process; None: one is reserved if it is needed. `sharing`: trainings that may
    use this GPU at a time. Raises UserError when a GPU is wanted and there is none.
    """
    torch.set_num_threads(train.torch_threads)
    if type_of(wanted) == "cpu":
        if torch.are_deterministic_algorithms_enabled():  # of a GPU, before
            torch.use_deterministic_algorithms(False)
        keep_freed_memory()
        return torch.device("cpu")
    _set_determinism(train.deterministic)
    _set_arithmetic(train.precision)
    device = torch.device("cuda", process_gpus(gpus(), 1)[0] if number is None else number)
    torch.cuda.set_device(device)
    _sharing[device] = sharing
    return device


def _set_determinism(deterministic: bool) -> None:
    """Whether a GPU may use algorithms whose bytes differ from run to run, or whichever was measured to be fastest."""
    if deterministic:
        # cuBLAS reads it when it starts.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(deterministic)
    # Deterministic algorithms would write NaN into all fresh memory, a further kernel for each tensor; no byte of a
    # result depends on it.
    _untyped(torch.utils.deterministic).fill_uninitialized_memory = False
    torch.backends.cudnn.benchmark = not deterministic


def _set_arithmetic(precision: Precision) -> None:
    """How a GPU multiplies float32, for which PyTorch's own defaults differ between kinds of operation, and adds up.

    UserError where PyTorch is older than the switches: elsewhere it may be another one than at home.
    """
    bits = "tf32" if precision == "tf32" else "ieee"
    matmul, cudnn = torch.backends.cuda.matmul, _untyped(torch.backends.cudnn)
    if not hasattr(matmul, "fp32_precision"):
        raise UserError(
            f"PyTorch {torch.__version__} cannot be told how exactly a GPU calculates; install 2.9 or newer, or set "
            "device to cpu"
        )
    matmul.fp32_precision = cudnn.conv.fp32_precision = cudnn.rnn.fp32_precision = bits
    # Products of 16 bits are added up in float32.
    matmul.allow_bf16_reduced_precision_reduction = False


def _untyped(module: Any) -> Any:
    """A module of switches that PyTorch's types do not know."""
    return module


def gpus() -> tuple[str, ...]:
    """What tells the GPUs apart that this process sees."""
    return tuple(str(torch.cuda.get_device_properties(number).uuid) for number in range(torch.cuda.device_count()))


def may_hold(device: torch.device, size: int) -> bool:
    """Whether so many bytes of samples may stay on the device: on a GPU, at most half of its free memory.

    Trainings that share it may start together, and see the same free memory: each may have its part of that half.
    """
    if device.type != "cuda":
        return False
    return size * _sharing.get(device, 1) <= RESIDENT_SHARE * torch.cuda.mem_get_info()[0]


def judged_at_once(device: torch.device, numbers: int) -> int:
    """Samples of a forward pass in which nothing is learned; `numbers`: of one sample.

    On a processor always the same, because it changes the bytes of a result.
    """
    most = EVALUATION_BATCH[device.type]
    return most if device.type == "cpu" else min(most, max(1, LARGEST_PASS // numbers))


def sent(values: np.ndarray, device: torch.device) -> torch.Tensor:
    """Numbers of one batch on the device; the processor does not wait for a GPU to take them."""
    tensor = torch.from_numpy(values)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[Any]:
    """Context of forward passes; float32 and tf32 change nothing, see prepare."""
    return torch.autocast(device.type, dtype=torch.bfloat16) if precision == "bfloat16" else nullcontext()


@contextmanager
def device_errors(device: torch.device, train: Train) -> Iterator[None]:
    """Turn the end of a device's memory, and what a GPU cannot do (deterministically), into a line for the user."""
    try:
        yield
    except RuntimeError as error:
        first_line = str(error).splitlines()[0][:120]
        if isinstance(error, torch.OutOfMemoryError) or _NO_MEMORY.search(str(error)):
            raise UserError(
                f"the memory of the {device.type} is too small for batch_size {train.batch_size} in {train.precision} "
                f"({first_line}); lower train.batch_size, set train.precision to bfloat16, or let fewer jobs share it"
            ) from None
        if _NO_KERNEL in str(error):
            raise UserError(
                f"PyTorch {torch.__version__} has no code for this GPU; install one that is built for it, take another "
                "GPU, or set device to cpu"
            ) from None
        if _NO_ENGINE in str(error):
            raise UserError(
                f"cuDNN has no algorithm for a layer of this network in {train.precision} ({first_line}); set "
                "train.channels_last or train.deterministic to false, or lower train.batch_size"
            ) from None
        if "deterministic" in str(error) and device.type == "cuda":
            raise UserError(
                f"this network has no deterministic algorithm on a GPU ({first_line}); set train.deterministic to false"
            ) from None
        raise


def describe(device: torch.device, jobs_per_gpu: int = 1) -> str:
    """Name of the device for the ledger, and whether others may have used it at the same time."""
    if device.type == "cpu":
        return "cpu"
    shared = f", shared by up to {jobs_per_gpu} jobs" if jobs_per_gpu > 1 else ""
    return f"{torch.cuda.get_device_name(device)}{shared}"
