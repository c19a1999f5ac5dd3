"""One optimiser step after the other: taken as they are written, or recorded once and replayed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import devices
from workflow_scripts.training.feeders.batches import Batch, Ordered, TrainingBatches
from workflow_scripts.training.process_group import ProcessGroup
from workflow_scripts.training.recipe import Optimisation

# They make the optimiser's state, and let libraries choose their algorithms, neither of which can be recorded.
STEPS_BEFORE_RECORDING = 3

# A step on tensors that stay where they are.
Work = Callable[[], None]


@dataclass(frozen=True)
class _Recording:
    """A step that can be done again: the batch that it reads, the loss and the hits that it leaves."""

    batch: Batch
    loss: torch.Tensor
    hits: torch.Tensor
    replay: Work

    def of(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Take the step with another batch."""
        for held, given in zip(_tensors(self.batch), _tensors(batch), strict=True):
            held.copy_(given)
        self.replay()
        return self.loss, self.hits


class OptimiserSteps:
    """Takes the steps of one training; loss and hits stay on the device, so that nothing waits for it.

    With `train.replay` a full batch's step is recorded after a few, and replayed from then on: on a GPU as a CUDA
    graph, which launches its hundreds of kernels at once; on a processor a replay is a plain call. A smaller last batch
    is taken as written.
    """

    def __init__(
        self, model: nn.Module, training: TrainingBatches, optimisation: Optimisation, train: Train, group: ProcessGroup
    ) -> None:
        """UserError where steps are to be replayed and batches of equal size differ in shape."""
        if train.replay and not training.steady:
            raise UserError("train.replay: these samples differ in length, so no step is as the last one; set it false")
        self.model, self.optimisation, self.train, self.group = model, optimisation, train, group
        self.device = training.device
        self._taken = 0
        self._recording: _Recording | None = None

    def take(self, order: Ordered, start: int, end: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Learn from the positions [start, end) of an order; returns the batch's mean loss and its hits, scalars.

        The next step may write over them. UserError for a step that a GPU cannot record.
        """
        if not self.train.replay or end - start != self.train.batch_size:
            return self._take_part(order, start, end)
        batch = order.batch(start, end)
        if self._recording:
            return self._recording.of(batch)
        if self._taken >= STEPS_BEFORE_RECORDING:
            self._recording = self._recorded(batch)
            return self._recording.of(batch)
        self._taken += 1
        with _beside(self.device):
            return self._whole_step(batch)

    def _take_part(self, order: Ordered, start: int, end: int) -> tuple[torch.Tensor, torch.Tensor]:
        """A step of which this process takes its part."""
        self.optimisation.forget_gradients()
        part = self.group.part(start, end)
        if len(part):
            batch = order.batch(part.start, part.stop)
            share = None
            if len(part) < end - start:
                share = self.optimisation.share(batch.targets, order.targets[start:end])
            loss, hits = self._backward(batch, share)
        else:
            loss = torch.zeros((), device=self.device)
            hits = torch.zeros((), dtype=torch.int64, device=self.device)
        loss, hits = self.group.all_reduce_gradients(self.model, len(part) / (end - start), loss, hits)
        self.optimisation.optimizer.step()
        return loss, hits

    def _whole_step(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        self.optimisation.forget_gradients()
        loss, hits = self._backward(batch, None)
        self.optimisation.optimizer.step()
        return loss, hits

    def _backward(self, batch: Batch, share: torch.Tensor | float | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Forward and backward pass; share: what the loss of this part counts in that of the batch, None: all."""
        with devices.autocast(self.device, self.train.precision):
            logits = self.model(*batch.inputs)
        loss = self.optimisation.loss(logits.float(), batch.targets, batch.weights)
        if share is not None:
            loss = loss * share
        loss.backward()
        return loss.detach(), (logits.argmax(1) == batch.targets).sum()

    def _recorded(self, batch: Batch) -> _Recording:
        """The step of a full batch; nothing of it is done yet."""
        weights = None if batch.weights is None else batch.weights.clone()
        held = Batch(tuple(values.clone() for values in batch.inputs), batch.targets.clone(), weights)
        loss, hits = torch.zeros((), device=self.device), torch.zeros((), dtype=torch.int64, device=self.device)

        def work() -> None:
            loss_of_step, hits_of_step = self._whole_step(held)
            loss.copy_(loss_of_step)
            hits.copy_(hits_of_step)

        with self.optimisation.recording():
            return _Recording(held, loss, hits, RECORDERS[self.device.type](work))


def cuda_graph(work: Work) -> Work:
    """What launches all kernels of a step again; it runs none yet. UserError for a step that waits for its GPU."""
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            work()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        # What went wrong within the block makes its end an error as well.
        cause = str(error.__context__ or error).splitlines()[0][:120]
        raise UserError(
            f"train.replay: a step of this network cannot be recorded ({cause}); set train.replay to false"
        ) from None
    return graph.replay


def plain_call(work: Work) -> Work:
    """The work itself: on a processor there is nothing to launch."""
    return work


# Type of device → what makes of a step one that can be done again.
RECORDERS: dict[str, Callable[[Work], Work]] = {"cpu": plain_call, "cuda": cuda_graph}


def _tensors(batch: Batch) -> list[torch.Tensor]:
    return [*batch.inputs, batch.targets, *([] if batch.weights is None else [batch.weights])]


@contextmanager
def _beside(device: torch.device) -> Iterator[None]:
    """On a GPU: in a stream of its own, where PyTorch wants the steps before a recording (notes/cuda, CUDA graphs)."""
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        yield
    torch.cuda.current_stream().wait_stream(stream)
