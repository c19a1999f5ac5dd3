"""Several processes train one network: each learns from its part of every batch, and all hold the same network.

torchrun starts them. Rank 0 alone validates, saves, predicts and writes; the other ranks wait for it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for

# Longer than rank 0 may need for a validation, or wait for a GPU.
TIMEOUT = timedelta(days=30)

Value = TypeVar("Value")


class ProcessGroup:
    """This process (`rank`) among the `size` that train one network; a single one never communicates."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size
        self.has_gradient: list[bool] | None = None
        self.gpu_group: distributed.ProcessGroup | None = None

    @property
    def is_rank_zero(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def use_gpus(self) -> None:
        """Send gradients from GPU to GPU; the current GPU must be this process's own."""
        if self.size > 1:
            self.gpu_group = distributed.new_group(backend="nccl", timeout=TIMEOUT)

    def broadcast(self, value: Value) -> Value:
        """The value of rank 0, in every process; what the other ranks pass is not read."""
        if self.size == 1:
            return value
        values = [value]
        with _peer_errors():
            distributed.broadcast_object_list(values, 0)
        return values[0]

    def all_reduce_max(self, value: int) -> int:
        """The largest value of all processes."""
        if self.size == 1:
            return value
        largest = torch.tensor(value)
        with _peer_errors():
            distributed.all_reduce(largest, distributed.ReduceOp.MAX)
        return int(largest)

    def part(self, start: int, end: int) -> range:
        """This process's positions of a batch [start, end).

        Parts hold two samples at least, because batch normalisation cannot learn from one: of a batch that is too
        small for all processes the last ones get nothing.
        """
        if self.size == 1:
            return range(start, end)
        count = min(self.size, max(1, (end - start) // 2))
        if self.rank >= count:
            return range(end, end)
        # The first ones take what is left over.
        size, over = divmod(end - start, count)
        first = start + self.rank * size + min(self.rank, over)
        return range(first, first + size + (self.rank < over))

    def seed(self, seed: int, epoch: int, step: int) -> None:
        """Make what is random inside a network (dropout) a function of seed, epoch, step and process.

        The saved states of generators are those of rank 0 alone.
        """
        if self.size > 1:
            torch.manual_seed(seed_for(seed, epoch, step, self.rank, self.size))

    def all_reduce_gradients(
        self, model: nn.Module, fraction: float, loss: torch.Tensor, hits: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum gradients, loss (scalar) and hits over the processes, after a backward pass of this process's share.

        Batch normalisation: each process normalises by the statistics of its own part, as is usual in data-parallel
        training; the running ones become their mean over the processes, weighted by `fraction`, the size of a part by
        that of the batch. So the network stays the same in all processes.
        """
        if self.size == 1:
            return loss, hits
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        norms = [module for module in model.modules() if isinstance(module, _BatchNorm) and module.training]
        norms = [module for module in norms if module.running_mean is not None]
        buffers = [values for module in norms for values in (module.running_mean, module.running_var)]
        running = [values for values in buffers if values is not None]
        for module in norms:
            if not fraction and module.num_batches_tracked is not None:
                module.num_batches_tracked += 1
        gradients = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in learning]
        used = torch.tensor([float(weight.grad is not None) for weight in learning], device=loss.device)
        tensors = [*gradients, *(values * fraction for values in running), used, loss, hits.float()]
        total = torch.cat([tensor.reshape(-1) for tensor in tensors])
        with _peer_errors():
            distributed.all_reduce(total, group=self.gpu_group)
        pieces = total.split([tensor.numel() for tensor in tensors])
        sums = [piece.view(tensor.shape) for piece, tensor in zip(pieces, tensors, strict=True)]
        if self.has_gradient is None:  # reading it from a GPU makes the GPU wait
            self.has_gradient = [bool(number) for number in sums[-3].tolist()]
        for parameter, gradient, new, is_used in zip(learning, gradients, sums, self.has_gradient, strict=False):
            # What no process uses has no gradient: with one of zeros its weights would decay.
            parameter.grad = gradient.copy_(new) if is_used else None
        for values, new in zip(running, sums[len(learning) :], strict=False):
            values.copy_(new)
        return sums[-2], sums[-1].to(hits.dtype)


SINGLE_PROCESS = ProcessGroup()


@contextmanager
def joined_process_group(rank: int, processes: int) -> Iterator[ProcessGroup]:
    """The group of `processes` that torchrun has started; waits for all of them."""
    if processes == 1:
        yield SINGLE_PROCESS
        return
    # All are on this machine, whatever its name resolves to.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", timeout=TIMEOUT)
    try:
        yield ProcessGroup(rank, processes)
    finally:
        distributed.destroy_process_group()


@contextmanager
def _peer_errors() -> Iterator[None]:
    """Turn the end of another process into a line for the user."""
    try:
        yield
    except RuntimeError as error:
        raise UserError(
            f"another process of this training has ended ({str(error).splitlines()[0][:120]}); why is in the log "
            "beside this one that ends in its number"
        ) from None
