"""Finished runs vote."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct, limit
from workflow_scripts.contracts.record import read_record
from workflow_scripts.kinds.kind import CombinedKind, RunKind, SourceRun
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.named_objects import load_named
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    import numpy as np

    from workflow_scripts.contracts.run_record import RunRecord


# Takes M×N×K probabilities, `how` and the share of each member.
_COMBINE = "workflow_scripts.evaluation.voting:combine"


@dataclass(frozen=True)
class Vote(CombinedKind):
    """Finished runs vote; nothing is trained."""

    position = 2
    explained_by_sources = True
    maker = "workflow_scripts.evaluation.voted_run:combine"

    kind: Annotated[Literal["vote"], about("Vote of several runs.")]
    members: Annotated[tuple[str, ...], about("Names of runs of this study.", min_length=2, check=distinct)]
    how: Annotated[
        Literal["soft", "weighted", "hard"],
        about(
            "soft: mean of the probabilities; weighted: their mean, weighted by `weights`; hard: share of the "
            "votes (ties: the larger mean probability)."
        ),
    ] = "soft"
    weights: Annotated[
        tuple[Annotated[float, limit(ge=0)], ...] | None,
        about("weighted only: one number a member. null: the members' accuracy on the validation subset."),
    ] = None

    def sources(self) -> tuple[SourceRun, ...]:
        return tuple(SourceRun(member) for member in self.members)

    @property
    def needs_validation(self) -> bool:
        """Whether members are weighed by their accuracy there."""
        return self.how == "weighted" and self.weights is None

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        for member in self.members:
            if member not in runs or isinstance(runs[member], Vote):
                what = "is a vote itself" if member in runs else "is no run of this study"
                yield (
                    f"run {name!r} names the member {member!r}, which {what}; name another, or remove the run: "
                    f"`{name}: null`"
                )
        if self.weights and len(self.weights) != len(self.members):
            yield f"run {name!r}: {len(self.weights)} weights for {len(self.members)} members"
        if self.weights is not None and self.how != "weighted":
            yield f"run {name!r}: weights count for `how: weighted` only, and this vote is {self.how}"
        if self.weights is not None and not sum(self.weights) > 0:
            yield f"run {name!r}: weights {list(self.weights)} do not sum above zero"

    def words(self, name: str, record: "RunRecord") -> str:
        return f"{self.how} vote of {listed(self.members)}"

    def decision_lines(self) -> tuple[str, ...]:
        return ("Vote", self.how, "of class probabilities")

    @property
    def explained_by_record(self) -> bool:
        """Whether the weights stand nowhere but in the record."""
        return self.how == "weighted"

    def shares(self, record: Path | None) -> tuple[float, ...]:
        """How much each member counts: as its record says, where the vote is weighted. UserError where it does not."""
        if record is None:
            return super().shares(None)
        weights = read_record(record).get("weights", {})
        if set(weights) != set(self.members):
            raise UserError(f"{record} has no weight for each member of {record.parents[1].name}; {remedy(record)}")
        return tuple(weights[member] for member in self.members)

    def combined(self, probabilities: "np.ndarray", shares: Sequence[float]) -> "np.ndarray":
        voted: np.ndarray = load_named(_COMBINE)(probabilities, self.how, shares)
        return voted
