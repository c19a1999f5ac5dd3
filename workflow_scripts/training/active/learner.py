"""A run's training, repeated on the labels of each round, and what its network makes of samples."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from workflow_scripts.contracts.step_settings.train_settings import Precision
from workflow_scripts.kinds.step_settings.training_settings import TrainSettings
from workflow_scripts.models.build import build
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.training import sampling
from workflow_scripts.training.feeders.batches import Batches, View
from workflow_scripts.training.in_process import fit_in_process
from workflow_scripts.training.inference import predict, probabilities
from workflow_scripts.training.loop import Trained
from workflow_scripts.training.samples import Samples
from workflow_scripts.training.view import fitted_view

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Learner:
    """How a network of each round is trained.

    settings: of the training that is repeated; samples: of the fold; view: as its training fits it, on all training
    samples, because that needs no label.
    """

    settings: TrainSettings
    samples: Samples
    view: View

    @classmethod
    def of(cls, settings: TrainSettings, samples: Samples) -> "Learner":
        """Fit the view on the training samples of a fold."""
        return cls(settings, samples, fitted_view(settings.train, settings.seeds.train, samples))

    def fit(self, labelled: pd.DataFrame) -> tuple[nn.Module, Trained]:
        """A new network trained on these samples, in eval mode: with all labels the one that its own run trains."""
        settings, samples = self.settings, self.samples
        shape = InputShape.of_arrays(samples.arrays)
        network = build(settings.spec, len(samples.classes), shape, settings.seeds.initialise)
        subset = samples.subset_of(labelled)
        shown = sampling.shown(subset.targets, samples.classes, settings.train, settings.seeds.repeat)
        trained = fit_in_process(
            network,
            self.view,
            samples.arrays,
            subset.repeated(shown),
            samples.subset("validation"),
            settings.train,
            samples.classes,
            settings.seeds.train,
        )
        return network, trained

    def batches(self, table: pd.DataFrame) -> Batches:
        """Samples to be judged; their labels play no part."""
        labelled = table.assign(label=self.samples.classes[0])
        return self.view.applied(self.samples.arrays, self.samples.subset_of(labelled), CPU)


def judged(network: nn.Module, batches: Batches, precision: Precision) -> np.ndarray:
    """float64 N×K probabilities."""
    return probabilities(predict(network, batches, precision))


def dropout_passes(network: nn.Module, batches: Batches, precision: Precision, passes: int, seed: int) -> np.ndarray:
    """float64 P×N×K probabilities of passes with dropout, a function of the seed.

    UserError where the network has no dropout.
    """
    torch.manual_seed(seed)
    network.train()
    for module in network.modules():
        if isinstance(module, _NormBase):
            module.eval()
    # A function instead of the network, which would be put into eval mode.
    drawn = [probabilities(predict(lambda *inputs: network(*inputs), batches, precision)) for _ in range(passes)]
    network.eval()
    if all(np.array_equal(drawn[0], further) for further in drawn[1:]):
        raise UserError("strategy bald asks by what dropout changes, and the learner has none; set its dropout")
    return np.stack(drawn)


def last_inputs(network: nn.Module, batches: Batches, precision: Precision) -> np.ndarray:
    """float32 N×H: what the last fully connected layer sees of each sample, in eval mode."""
    last = [module for module in network.modules() if isinstance(module, nn.Linear)][-1]
    seen: list[torch.Tensor] = []
    handle = last.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach()))
    try:
        predict(network, batches, precision)
    finally:
        handle.remove()
    values: np.ndarray = torch.cat(seen).float().cpu().numpy()
    return values
