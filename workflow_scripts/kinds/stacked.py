"""Logistic regression on what several finished runs say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import about, distinct
from workflow_scripts.kinds.kind import CombinedKind, RunKind, SourceRun
from workflow_scripts.runtime.wording import listed

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class Stacked(CombinedKind):
    """Late fusion: a logistic regression on the log-odds of several runs, for each fold and seed by itself.

    It is fitted on the validation units, whose scores are held out: no source has learned from them. What it says of
    these units itself it has seen; test units are new to sources and regression alike.
    """

    position = 9
    needs_validation = True
    maker = "workflow_scripts.evaluation.stacked_run:combine"

    kind: Annotated[Literal["stacked"], about("Late fusion: logistic regression on the scores of several runs.")]
    runs: Annotated[
        tuple[str, ...],
        about(
            "Names of runs of this study. The regression takes the log-odds that each gives every class against the "
            "first one.",
            min_length=2,
            check=distinct,
        ),
    ]
    C: Annotated[
        float, about("Inverse strength of the ridge penalty, as in scikit-learn; smaller is more penalty.", gt=0)
    ] = 1.0

    def sources(self) -> tuple[SourceRun, ...]:
        return tuple(SourceRun(run) for run in self.runs)

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        for run in self.runs:
            if run not in runs or isinstance(runs[run], Stacked):
                what = "is stacked itself" if run in runs else "is no run of this study"
                yield (
                    f"run {name!r} names the run {run!r}, which {what}; name another, or remove the run: `{name}: null`"
                )

    def words(self, name: str, record: "RunRecord") -> str:
        return f"logistic regression on the log-odds of {listed(self.runs)}"
