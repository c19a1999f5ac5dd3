"""Weights of patients some of whom are lost before the horizon: inverse probability of still being followed.

Who is lost is neither healthy nor ill. Leaving them out makes the event look more frequent than it is, calling them
event free makes it look rarer. So each of those who are known stands for the lost, too: a patient with an event or a
competing event at the time t weighs 1 / G(t-), one free of events 1 / G(horizon), one that is lost 0, where G(t) is
the chance to be followed beyond t: the Kaplan-Meier estimate of the times of loss (Uno et al., J. Am. Stat. Assoc.
102:527, 2007; with competing events Blanche et al., Stat. Med. 32:5381, 2013). Of an event and a loss at one time the
event comes first: then the weights of those from whom G is estimated sum to their number.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.patient_flow import EVENT_FREE, LOST, OUTCOMES
from workflow_scripts.contracts.split_record import Censoring
from workflow_scripts.runtime.errors import UserError

OUTCOME, FOLLOWUP = COLUMNS = ("outcome", "followup")
# With fewer followed to the horizon, a handful of patients stand for all others.
FEW_FOLLOWED = 0.1
# Times of follow-up are read with nine digits: closer ones are one.
SAME = 1e-6


@dataclass(frozen=True)
class Followed:
    """G: the chance to be followed beyond a time; 1 before the first of `times` (ascending), after each `chances`."""

    times: np.ndarray
    chances: np.ndarray

    def until(self, time: np.ndarray) -> np.ndarray:
        """G(t-): the chance that nobody was lost before t, whose own losses come after."""
        return self._at(np.searchsorted(self.times, time, side="left"))

    def beyond(self, time: np.ndarray) -> np.ndarray:
        """G(t): the chance to be followed beyond t."""
        return self._at(np.searchsorted(self.times, time, side="right"))

    def _at(self, losses: np.ndarray) -> np.ndarray:
        return np.concatenate([[1.0], self.chances])[losses]


def followed(outcome: np.ndarray, followup: np.ndarray) -> Followed:
    """Kaplan-Meier estimate of G from N outcomes (of OUTCOMES) and years; an event at the time of a loss is first."""
    lost, free = outcome == LOST, outcome == EVENT_FREE
    times, losses = np.unique(followup[lost], return_counts=True)
    # Events at the time of a loss are over; those free of events are followed beyond the horizon, and so beyond it.
    at_risk = np.array([((followup > time) | (lost & (followup == time)) | free).sum() for time in times])
    return Followed(times, np.cumprod(1 - losses / at_risk))


def weights_of_fold(table: pd.DataFrame, training: np.ndarray, where: str) -> tuple[np.ndarray, float]:
    """Weight of every sample (float64 N), and G(horizon), both by G of the training patients.

    `table`: columns unit, outcome, followup; `training`: bool N. A patient counts once, however many samples there are.
    UserError where no training patient is followed as long as one who would have to stand for others.
    """
    outcome, followup = table[OUTCOME].to_numpy(dtype=str), table[FOLLOWUP].to_numpy(dtype="float64")
    patients = training & ~table["unit"].where(training, None).duplicated().to_numpy()
    chance = followed(outcome[patients], followup[patients])
    free, lost = outcome == EVENT_FREE, outcome == LOST
    chances = np.where(free, chance.beyond(followup), chance.until(followup))
    short = ~lost & ~(chances > 0)
    if short.any():
        raise UserError(
            f"{where}: no training patient is followed for {followup[short].min():g} years, all are lost before; "
            "shorten the horizon"
        )
    weights = np.divide(1.0, chances, out=np.zeros(len(table)), where=~lost)
    return weights, float(chance.beyond(np.array([followup[free].max()]))[0]) if free.any() else float("nan")


def weighted(split: pd.DataFrame, manifest: pd.DataFrame, where: str) -> tuple[pd.DataFrame, Censoring | None]:
    """The split with the column `weight`, and what there is to say of it; as it is, and None, where nobody is lost.

    `split`: contract SPLIT; `manifest`: with the columns outcome and followup (years) where patients are followed.
    UserError for a patient without follow-up, and where those free of events are not followed to one horizon.
    """
    if not _some_are_lost(manifest):
        return split, None
    _require_follow_up(manifest, where)
    table = split.merge(manifest[["id", "unit", *COLUMNS]], on="id", how="left", validate="many_to_one")
    table["unit"] = table["unit"].where(table["unit"] != "", table["id"])
    weights, chances = np.zeros(len(table)), {}
    for fold, rows in table.groupby("fold", sort=True):
        positions = table.index.get_indexer(rows.index)
        training = (rows["subset"] == "train").to_numpy()
        weights[positions], chance = weights_of_fold(rows, training, f"{where}, fold {fold}")
        chances[str(fold)] = _nine(chance)
    patients = table.drop_duplicates("unit")
    censoring = Censoring(
        patients=len(patients),
        lost=int((patients[OUTCOME] == LOST).sum()),
        horizon=_nine(float(table.loc[table[OUTCOME] == EVENT_FREE, FOLLOWUP].max())),
        followed_to_horizon=chances,
        largest_weight=_nine(float(weights.max())),
    )
    return split.assign(weight=weights), censoring


def losses_in_words(censoring: Censoring | None) -> list[str]:
    """What a reader must know of the weights; nothing without any."""
    if censoring is None:
        return []
    words = [
        f"{censoring.lost} of {censoring.patients} patients are lost before the horizon of {censoring.horizon:g} "
        "years: they weigh nothing, and those whose outcome is known stand for them, by the inverse probability of "
        f"being followed; the largest weight is {censoring.largest_weight:.3g}."
    ]
    least = min(censoring.followed_to_horizon.values())
    if least < FEW_FOLLOWED:
        words.append(
            f"Only {100 * least:.2g} % of the training patients of a fold would be followed to the horizon, so a few "
            "stand for all: shorten the horizon."
        )
    return words


def _some_are_lost(manifest: pd.DataFrame) -> bool:
    """Whether there are patients that were followed, and one of them not to the end."""
    if not {*COLUMNS} <= {*manifest.columns}:
        return False
    outcomes = set(manifest[OUTCOME])
    return LOST in outcomes and outcomes <= set(OUTCOMES)


def _require_follow_up(manifest: pd.DataFrame, where: str) -> None:
    followed = pd.to_numeric(manifest[FOLLOWUP], errors="coerce").notna().to_numpy()
    if not followed.all():
        first = manifest["id"].to_numpy()[~followed][0]
        raise UserError(f"{where}: manifest.csv has no followup of {first!r}, and patients are lost")
    free = manifest.loc[manifest[OUTCOME] == EVENT_FREE, FOLLOWUP].astype("float64")
    if free.empty:
        raise UserError(f"{where}: no patient is followed to the horizon; shorten it")
    if free.max() - free.min() > SAME:
        raise UserError(
            f"{where}: those free of events are followed for {free.min():g} to {free.max():g} years; the horizon is one"
        )


def _nine(number: float) -> float:
    return float(f"{number:.9g}")
