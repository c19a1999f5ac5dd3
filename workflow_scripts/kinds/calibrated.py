"""A finished run whose probabilities are brought to what happened on validation samples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, about
from workflow_scripts.kinds.kind import CombinedKind, RunKind, SourceRun

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class Calibrated(CombinedKind):
    """A run with its probabilities calibrated on the validation subset of the same fold and seed.

    Nothing is trained again and no test unit plays a part. Validation units are seen twice, by the run that chose its
    epoch on them and here: their own numbers are too good.
    """

    position = 6
    needs_validation = True
    maker = "workflow_scripts.evaluation.calibrated_run:combine"

    kind: Annotated[Literal["calibrated"], about("A run with calibrated probabilities.")]
    source: Annotated[Filled, about("Name of a run of this study.")]
    method: Annotated[
        Literal["platt", "temperature", "isotonic"],
        about(
            "platt: logistic regression on the log odds (slope and intercept); temperature: log probabilities divided "
            "by one number, which changes no predicted class; isotonic: the best rising step function, which needs "
            "hundreds of units and gives probabilities of 0 and 1. Of more than two classes platt and isotonic "
            "calibrate each against the rest and scale to sum 1."
        ),
    ] = "platt"

    def sources(self) -> tuple[SourceRun, ...]:
        return (SourceRun(self.source),)

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        if self.source not in runs or isinstance(runs[self.source], Calibrated):
            what = "is calibrated itself" if self.source in runs else "is no run of this study"
            yield (
                f"run {name!r} calibrates {self.source!r}, which {what}; name another, or remove the run: "
                f"`{name}: null`"
            )

    def words(self, name: str, record: "RunRecord") -> str:
        how = {"platt": "Platt scaling", "temperature": "temperature scaling", "isotonic": "isotonic regression"}
        return f"{self.source}, calibrated by {how[self.method]} on validation units"
