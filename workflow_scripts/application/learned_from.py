"""What a finished run has learned from: how its images look, what its network makes of them, and what it came to."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workflow_scripts.contracts.arrays import Arrays, open_arrays
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.data.copies.across_sets import COMPARING_MINUTES, PictureSet, copies_across
from workflow_scripts.data.copies.keypoints import RECORD
from workflow_scripts.data.copies.learned_copies import learned_samples, pictures_of
from workflow_scripts.data.copies.time_budget import TimeBudget
from workflow_scripts.data.feature_distribution import FeatureDistribution
from workflow_scripts.data.fold_samples import read_fold
from workflow_scripts.data.out_of_distribution import TrainingDistribution, statistics_of_rows
from workflow_scripts.explanation.network_features import Seen, look
from workflow_scripts.runtime.study_paths import StudyPaths
from workflow_scripts.training.finished import FinishedRun, Network

log = logging.getLogger("workflow_scripts")

# Images that the network looks at to know its features: on a processor more take minutes.
MOST_TRAINING, MOST_VALIDATION = 4000, 1000
ROWS_AT_A_TIME = 64


def seen_by(network: Network, images: np.ndarray, names: Sequence[str], masks: np.ndarray | None) -> Seen:
    """Probabilities and features of packed images (uint8 N×S×S×3), which `names` tell apart."""
    batches = network.batches(images, names, masks)
    return look(batches.placed(network.model), batches, network.weights.settings.train.precision, True)


@dataclass(frozen=True)
class LearnedFrom:
    """The samples of a run's fold, and the array that their pixels lie in."""

    run: FinishedRun

    @cached_property
    def _samples(self) -> pd.DataFrame:
        paths, settings = StudyPaths(self.run.study), self.run.settings
        return read_fold(paths.dataset, paths.arrays, paths.split(settings.protocol), settings.fold)[1]

    @cached_property
    def _arrays(self) -> Arrays:
        return open_arrays(StudyPaths(self.run.study).arrays)

    def _of(self, subset: str) -> pd.DataFrame:
        return self._samples[self._samples["subset"] == subset]

    def counts(self) -> dict[str, int]:
        """Class → training images."""
        labels = self._of("train")["label"]
        return {name: int((labels == name).sum()) for name in self.run.weights.classes}

    def appearance(self) -> TrainingDistribution:
        """What the training images look like: colours, contrast, sharpness, shape."""
        table = self._of("train")
        sizes = read_manifest(StudyPaths(self.run.study).dataset).set_index("id").loc[table["id"]]
        ratios = (sizes["width"] / sizes["height"]).to_numpy()
        return TrainingDistribution.of(statistics_of_rows(self._arrays.data, table["first"].to_numpy(), ratios))

    def features(self, network: Network) -> FeatureDistribution | None:
        """What the network makes of training and validation images; None without a validation image."""
        validation = self._of("validation")
        if validation.empty:
            return None
        training, held_out = (
            self._features(network, _thinned(table, most))
            for table, most in ((self._of("train"), MOST_TRAINING), (validation, MOST_VALIDATION))
        )
        return FeatureDistribution.of(training, held_out)

    def _features(self, network: Network, table: pd.DataFrame) -> np.ndarray:
        parts = []
        for start in range(0, len(table), ROWS_AT_A_TIME):
            rows = table.iloc[start : start + ROWS_AT_A_TIME]
            images = self._arrays.data[rows["first"].to_numpy()]
            features = seen_by(network, images, rows["id"].tolist(), self.run.masks(images)).features
            assert features is not None  # as they are asked for
            parts.append(features)
        return np.concatenate(parts)

    def copies(self, records: Sequence[np.ndarray]) -> list[str]:
        """For each new image, by its record of keypoints, the id of the sample that it copies; empty where of none.

        Looked at are training and validation samples, as long as COMPARING_MINUTES last.
        """
        budget, table = TimeBudget(COMPARING_MINUTES), learned_samples(self._samples)
        learned = pictures_of(self._arrays, table, budget)
        across = copies_across(learned, PictureSet(np.array(records, RECORD), len(records)), budget)
        if left := across.findings.left_words:
            log.warning("not compared with what was learned from, for the time was over: %s", left)
        copies = across.learned_of
        if copies:
            log.warning("%d images are copies of some that were learned from; see copy_of", len(copies))
        ids = table["id"].tolist()
        return [ids[copies[row]] if row in copies else "" for row in range(len(records))]


def _thinned(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """At most so many rows, evenly over the table: the same ones each time."""
    if len(table) <= most:
        return table
    return table.iloc[np.linspace(0, len(table) - 1, most).astype(int)]
