"""What a finished run says of new images, and what speaks against believing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workflow_scripts.application.learned_from import LearnedFrom, seen_by
from workflow_scripts.application.new_pictures import PackedPicture, PictureReader
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.data.copies.keypoints import record_of
from workflow_scripts.data.feature_distribution import FeatureDistribution
from workflow_scripts.data.out_of_distribution import TrainingDistribution, statistics
from workflow_scripts.training.finished import FinishedRun, Network

UNUSUAL_FEATURES = "the network has learned from no image with such features"


@dataclass
class Judged:
    """Readable images, in lists of equal length.

    appearance, features: distances from what was learned from, 1: at the limit; features are NaN where there was no
    validation image to set one. records: what copies are found by, see data.copies.keypoints.
    """

    paths: list[str] = field(default_factory=list)
    probabilities: list[np.ndarray] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    appearance: list[float] = field(default_factory=list)
    features: list[float] = field(default_factory=list)
    records: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class Judge:
    """A run, its network, and how images look and what they come to that it has learned from."""

    run: FinishedRun
    network: Network
    learned: LearnedFrom
    appearance: TrainingDistribution
    features: FeatureDistribution | None

    @classmethod
    def of(cls, run: FinishedRun, network: Network) -> "Judge":
        learned = LearnedFrom(run)
        return cls(run, network, learned, learned.appearance(), learned.features(network))

    def table(self, reader: PictureReader, paths: Sequence[str]) -> pd.DataFrame:
        """The contract APPLIED of the readable files of these, in their order; empty without one."""
        judged = Judged()
        for pictures in reader.batches(paths):
            self._add(judged, pictures)
        return self._tabled(judged) if judged.paths else pd.DataFrame()

    def _add(self, judged: Judged, pictures: list[PackedPicture]) -> None:
        images, names = np.stack([picture.pixels for picture in pictures]), [picture.path for picture in pictures]
        seen = seen_by(self.network, images, names, self.run.masks(images))
        values = statistics(images, np.array([picture.ratio for picture in pictures]))
        distances = np.full(len(images), np.nan)
        if self.features is not None:
            assert seen.features is not None  # as seen_by asks for them
            distances = self.features.distances(seen.features)
        reasons = [
            "; ".join(filter(None, [reason, UNUSUAL_FEATURES if distance > 1 else ""]))
            for reason, distance in zip(self.appearance.reasons(values), distances, strict=True)
        ]
        judged.paths += names
        judged.probabilities += list(seen.probabilities)
        judged.why += reasons
        judged.appearance += (self.appearance.distances(values) / self.appearance.limit).tolist()
        judged.features += distances.tolist()
        judged.records += map(record_of, images)

    def _tabled(self, judged: Judged) -> pd.DataFrame:
        classes = self.run.weights.classes
        p = np.stack(judged.probabilities)
        table = pd.DataFrame({"path": judged.paths, "predicted": [classes[number] for number in p.argmax(axis=1)]})
        table = table.assign(
            doubt=doubt(p),
            out_of_distribution=["yes" if why else "no" for why in judged.why],
            why=judged.why,
            appearance_distance=judged.appearance,
            feature_distance=judged.features,
            copy_of=self.learned.copies(judged.records),
        )
        return pd.concat([table, pd.DataFrame(p, columns=class_columns(classes))], axis=1)


def doubt(p: np.ndarray) -> np.ndarray:
    """float64 N in [0, 1]: entropy of N×K probabilities, 0 for a sure class, 1 where all classes are as likely."""
    logarithms = np.log(np.maximum(p, np.finfo("float64").tiny))
    entropy: np.ndarray = -(p * logarithms).sum(axis=1) / np.log(p.shape[1])
    return np.clip(entropy, 0.0, 1.0)
