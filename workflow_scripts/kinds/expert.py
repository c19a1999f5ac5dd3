"""What an expert answered for each sample, beside what networks predict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, about
from workflow_scripts.kinds.made_kind import MadeKind

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class Expert(MadeKind):
    """An expert's answers, judged as a network's: same samples, same metrics, same paired tests."""

    position = 6
    maker = "workflow_scripts.evaluation.expert_run:make"

    kind: Annotated[Literal["expert"], about("Answers of a person, from the user's own table.")]
    column: Annotated[
        Filled,
        about(
            "Column of the user's table of groups or patients (`ingest.groups`, `ingest.patients`) that holds the "
            "class that the expert chose, as the study calls its classes. An answer counts as certain: AUC and "
            "calibration say little of it."
        ),
    ]

    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def words(self, name: str, record: "RunRecord") -> str:
        return f"an expert's answers, column {self.column}"
