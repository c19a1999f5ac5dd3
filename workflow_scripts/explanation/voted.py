"""A vote of trained runs beside the samples it is explained on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.record import read_record
from workflow_scripts.evaluation.voting import combine
from workflow_scripts.explanation.gradcam import Maps
from workflow_scripts.explanation.network_features import Seen
from workflow_scripts.explanation.target_layers import Target
from workflow_scripts.explanation.trained import Trained
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.training.samples import Samples

VOTE = "vote"


@dataclass(frozen=True)
class Voted:
    """A vote: its members on one fold of the samples, how they vote, and the share of each (they sum to 1)."""

    run: str
    members: tuple[Trained, ...]
    how: str
    shares: tuple[float, ...]

    embeds = False

    @classmethod
    def of(cls, run: str, members: list[Trained], how: str, folder: Path) -> "Voted":
        """Of its members; a weighted vote's shares stand in its record in `folder`. UserError when they do not."""
        shares = [1 / len(members)] * len(members)
        if how == "weighted":
            path = folder / "record.json"
            found = read_record(path).get("weights", {})
            if set(found) != {member.run for member in members}:
                raise UserError(f"{path} has no weight for each member of {run}; {remedy(path)}")
            shares = [found[member.run] for member in members]
        return cls(run, tuple(members), how, tuple(shares))

    @property
    def settings(self) -> dict:
        """Study, protocol, fold and seed, and the name of this run."""
        return {**self.members[0].settings, "run": self.run}

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
        p = combine(np.stack([one.probabilities for one in seen]), self.how, np.array(self.shares))
        own = p[np.arange(len(p)), tables[0]["label"].map(self.classes.index)]
        names = np.array(self.classes)[p.argmax(axis=1)]
        return tables[0].assign(predicted=names, probability=p.max(axis=1), probability_true=own), Seen(p, None)

    def maps(self, rows: pd.DataFrame) -> dict[str, Maps]:
        """Grad-CAM of each member and of the vote, for the class that the vote predicts."""
        return self._with_vote([member.maps(rows) for member in self.members])

    def random_maps(self, rows: pd.DataFrame) -> dict[str, Maps]:
        """The same of the members with random weights."""
        return self._with_vote([member.random_maps(rows) for member in self.members])

    def _with_vote(self, found: list[dict[str, Maps]]) -> dict[str, Maps]:
        named = {}
        for member, parts in zip(self.members, found, strict=True):
            single = len(parts) == 1
            named |= {member.run if single else f"{member.run} {branch}": maps for branch, maps in parts.items()}
        # A joint network counts once, whatever the number of its branches.
        own = [scaled(np.mean([maps.values for maps in parts.values()], axis=0)) for parts in found]
        mean = scaled(np.tensordot(np.array(self.shares, dtype="float32"), np.stack(own), axes=1))
        looked = all(maps.has_gradient for maps in named.values())
        target = Target(None, f"mean of {len(found)} runs", mean.shape[1:])
        return {**named, VOTE: Maps(target, mean, looked, None)}


def scaled(values: np.ndarray) -> np.ndarray:
    """N×H×W maps with maximum 1 each; an empty map stays empty."""
    most = values.max(axis=(1, 2), keepdims=True)
    return np.divide(values, most, out=np.zeros_like(values), where=most > 0)
