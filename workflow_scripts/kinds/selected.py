"""Of several finished runs the one that does best on validation samples."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct
from workflow_scripts.contracts.record import read_view
from workflow_scripts.contracts.run_record import RunRecord
from workflow_scripts.kinds.kind import CombinedKind, RunKind, SourceRun
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.results_layout import remedy
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Selected(CombinedKind):
    """Of several runs, for each fold and seed the one with the lowest log loss on the validation subset.

    A declared grid (learning rate, dropout, batch size) is tuned so: every candidate is a run of its own, judged on
    the test subset as any run is, and what is selected has seen none of it.
    """

    position = 7
    explained_by_sources = True
    explained_by_record = True
    needs_validation = True
    maker = "workflow_scripts.evaluation.selected_run:combine"

    kind: Annotated[Literal["selected"], about("The best of several runs on the validation subset.")]
    candidates: Annotated[
        tuple[str, ...],
        about(
            "Names of runs of this study that learn. Of each fold and seed the one with the lowest log loss of the "
            "validation subset is taken; of equal ones the first of this list.",
            min_length=2,
            check=distinct,
        ),
    ]

    def sources(self) -> tuple[SourceRun, ...]:
        return tuple(SourceRun(candidate) for candidate in self.candidates)

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        for candidate in self.candidates:
            if candidate not in runs or not runs[candidate].learns:
                what = "learns nothing itself" if candidate in runs else "is no run of this study"
                yield (
                    f"run {name!r} names the candidate {candidate!r}, which {what}; name another, or remove the run: "
                    f"`{name}: null`"
                )

    def words(self, name: str, record: RunRecord) -> str:
        first = f"; in the first fold and seed {record.selected.chosen}" if record.selected else ""
        return f"of {listed(self.candidates)} the one with the lowest validation log loss{first}"

    def shares(self, record: Path | None) -> tuple[float, ...]:
        """1 of the candidate that was taken, as its record says, 0 of the others. UserError where it names none."""
        if record is None:
            raise TypeError("only its record says which candidate was taken")
        choice = read_view(RunRecord, record).selected
        if choice is None or choice.chosen not in self.candidates:
            raise UserError(f"{record} names none of {listed(self.candidates)} as the one taken; {remedy(record)}")
        return tuple(float(candidate == choice.chosen) for candidate in self.candidates)

    def combined(self, probabilities: "np.ndarray", shares: Sequence[float]) -> "np.ndarray":
        chosen: np.ndarray = probabilities[shares.index(max(shares))]
        return chosen
