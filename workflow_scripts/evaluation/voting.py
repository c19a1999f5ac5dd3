"""Votes: several finished runs judge the same units, one prediction comes out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import class_columns, classes_of, of_known_outcome, probabilities
from workflow_scripts.evaluation.metric_tables import arrays, same_units, weighted_mean
from workflow_scripts.evaluation.tied_votes import TIE
from workflow_scripts.runtime.errors import UserError


def vote(
    members: dict[str, pd.DataFrame], how: str, weights: Sequence[float] | None = None
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Units table of a vote, and the weight of each member (they sum to 1).

    `members` maps a name to a units table; all of the same units, labels and classes, else UserError. `how`: "soft",
    mean of the probabilities; "weighted", their mean with `weights` (one a member, None: the member's accuracy on the
    validation subset); "hard", fraction of the members that predict a class, where of classes with equally many votes
    the one of the largest mean probability wins.
    """
    require_same(members)
    first = next(iter(members.values()))
    stack = np.stack([probabilities(frame) for frame in members.values()])  # members × units × classes
    member_weights = np.full(len(members), 1 / len(members))
    if how == "weighted":
        numbers = np.array(weights if weights is not None else [validation_accuracy(f, n) for n, f in members.items()])
        if len(numbers) != len(members) or not numbers.sum() > 0:
            raise UserError(
                f"a weighted vote of {', '.join(members)}: weights {numbers.tolist()} do not sum above zero"
            )
        member_weights = numbers / numbers.sum()
    elif weights is not None:
        raise UserError(f"weights are given for a {how} vote; they count for `how: weighted` only")
    result = first.copy()
    result[class_columns(classes_of(first))] = combine(stack, how, member_weights)
    return result, dict(zip(members, member_weights.tolist(), strict=True))


def combine(stack: np.ndarray, how: str, member_weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """Probabilities N×K of a vote from those of its members, M×N×K; `member_weights` M sum to 1, `how` as in vote."""
    combined = _hard(stack) if how == "hard" else np.tensordot(np.asarray(member_weights), stack, axes=1)
    return combined / combined.sum(axis=1, keepdims=True)


def require_same(members: dict[str, pd.DataFrame]) -> None:
    """Raise UserError, naming the member, unless all tables have the same classes, units and labels."""
    (first, frame), *further = members.items()
    for name, member in further:
        if classes_of(member) != classes_of(frame):
            raise UserError(
                f"member {name} has the classes {', '.join(classes_of(member))}, member {first} "
                f"{', '.join(classes_of(frame))}; only runs of one study can vote"
            )
        same_units(frame, member, f"member {name} (compared with {first})")


def validation_accuracy(frame: pd.DataFrame, name: str) -> float:
    """Accuracy on the validation rows of a units table, by their weights; UserError when there are none that count."""
    rows = frame[(frame["subset"] == "validation") & of_known_outcome(frame)]
    if not len(rows):
        raise UserError(f"member {name} has no validation units to weigh it by; give `weights`, or vote soft")
    labels, p = arrays(rows)
    return weighted_mean(p.argmax(axis=1) == labels, rows)


def _hard(stack: np.ndarray) -> np.ndarray:
    """Units × classes: fraction of the votes; a tie's winner is lifted by TIE, see evaluation/tied_votes.py."""
    classes = stack.shape[2]
    votes = (stack.argmax(axis=2)[..., None] == np.arange(classes)).mean(axis=0)
    tied = np.isclose(votes, votes.max(axis=1, keepdims=True))
    winner = np.where(tied, stack.mean(axis=0), -1.0).argmax(axis=1)
    rows = np.flatnonzero(tied.sum(axis=1) > 1)
    votes[rows, winner[rows]] += TIE
    return votes
