"""How a run's network gets to see images: in its training, and wherever the trained network is applied."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch

from workflow_scripts.models.weights import TrainedWeights
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.training import augment
from workflow_scripts.training.data import Feeder, Subset

# Epochs count from 0: noise on images that are not trained on is that of no epoch, and always the same.
APPLIED_EPOCH = -1


def training_seed(settings: dict) -> int:
    """Seed of order, random changes and noise of a training, from the settings of its train step."""
    return seed_for(*(settings[key] for key in ("study", "run", "fold", "seed")), "train")


@dataclass(frozen=True)
class View:
    """Normalisation, masks and noise of one run: block `train` of its settings, training seed, mean and std."""

    train: SimpleNamespace
    seed: int
    mean: list[float]
    std: list[float]

    @classmethod
    def of(cls, weights: TrainedWeights) -> "View":
        """The view of a finished training."""
        settings = weights.settings
        return cls(entry.namespace(settings["train"]), training_seed(settings), weights.mean, weights.std)

    def training(self, images: np.ndarray, masks: np.ndarray | None, subset: Subset, device: torch.device) -> Feeder:
        """Samples to learn from. `images` uint8 N×S×S×3, `masks` uint8 N×S×S or None, as Samples has them."""
        laid = masks if self.train.mask else None
        return Feeder(images, subset, device, self.mean, self.std, self.train.channels_last, laid)

    def applied(
        self,
        images: np.ndarray,
        masks: np.ndarray | None,
        subset: Subset,
        device: torch.device,
        channels_last: bool | None = None,
    ) -> Feeder:
        """Samples to judge, with the masks and the noise of the training as its `at_test` says.

        `channels_last` None: as in the training. The noise of a sample depends on the training's seed and the sample's
        key alone.
        """
        train = self.train
        laid = masks if train.mask and "mask" in train.at_test else None
        noise = train.augment.noise if "noise" in train.at_test else 0
        always = augment.noise_alone(noise, self.seed, APPLIED_EPOCH, subset.keys) if noise else None
        layout = train.channels_last if channels_last is None else channels_last
        return Feeder(images, subset, device, self.mean, self.std, layout, laid, always)
