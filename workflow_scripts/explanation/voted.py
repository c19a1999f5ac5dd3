"""A vote of trained runs beside the samples it is explained on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.explanation.gradcam import Maps
from workflow_scripts.explanation.network_features import Seen
from workflow_scripts.explanation.target_layers import Target
from workflow_scripts.explanation.trained import Trained
from workflow_scripts.kinds.kind import CombinedKind
from workflow_scripts.training.samples import Samples


@dataclass(frozen=True)
class Voted:
    """A run that decides by trained runs: these on one fold of the samples, and the share of each (they sum to 1)."""

    run: str
    spec: CombinedKind
    members: tuple[Trained, ...]
    shares: tuple[float, ...]

    embeds = False

    @property
    def reported(self) -> str:
        """The subset that the protocol reports."""
        return self.members[0].reported

    @property
    def images_words(self) -> str:
        """What the images of the reported subset are called."""
        return self.members[0].images_words

    @property
    def samples(self) -> Samples:
        return self.members[0].samples

    @property
    def classes(self) -> list[str]:
        return self.members[0].classes

    def pixels(self, rows: pd.DataFrame) -> np.ndarray:
        """As Trained.pixels."""
        return self.members[0].pixels(rows)

    def judge(self, features: bool) -> tuple[pd.DataFrame, Seen]:
        """As Trained.judge; a vote has no features."""
        tables, seen = zip(*(member.judge(False) for member in self.members), strict=True)
        p = self.spec.combined(np.stack([part.probabilities for part in seen]), self.shares)
        own = p[np.arange(len(p)), tables[0]["label"].map(self.classes.index)]
        names = np.array(self.classes)[p.argmax(axis=1)]
        return tables[0].assign(predicted=names, probability=p.max(axis=1), probability_true=own), Seen(p, None)

    def scores(self, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """As Trained.scores."""
        return self.spec.combined(np.stack([member.scores(rows, counts) for member in self.members]), self.shares)

    def maps(self, rows: pd.DataFrame) -> dict[str, Maps]:
        """Grad-CAM of each member, and under the name of the kind that of the run, for the class that it predicts."""
        return self._with_vote([member.maps(rows) for member in self.members])

    def random_maps(self, rows: pd.DataFrame) -> dict[str, Maps]:
        """The same of the members with random weights."""
        return self._with_vote([member.random_maps(rows) for member in self.members])

    def _with_vote(self, by_member: list[dict[str, Maps]]) -> dict[str, Maps]:
        named: dict[str, Maps] = {}
        for member, parts in zip(self.members, by_member, strict=True):
            single = len(parts) == 1
            named |= {member.run if single else f"{member.run} {branch}": maps for branch, maps in parts.items()}
        # A joint network counts once, whatever the number of its branches.
        own = [scaled(np.mean([maps.values for maps in parts.values()], axis=0)) for parts in by_member]
        mean = scaled(np.tensordot(np.array(self.shares, dtype="float32"), np.stack(own), axes=1))
        looked = all(maps.has_gradient for maps in named.values())
        words = f"mean of {len(by_member)} runs" if len(by_member) > 1 else f"that of {self.members[0].run}"
        target = Target(None, words, mean.shape[1:])
        return {**named, self.spec.kind: Maps(target, mean, looked, None)}


def scaled(values: np.ndarray) -> np.ndarray:
    """N×H×W maps with maximum 1 each; an empty map stays empty."""
    most = values.max(axis=(1, 2), keepdims=True)
    return np.divide(values, most, out=np.zeros_like(values), where=most > 0)
