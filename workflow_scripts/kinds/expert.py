"""What an expert answered for each sample, beside what networks predict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Filled, about
from workflow_scripts.kinds.kind import MadeKind, RunJob

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_finish import Made
    from workflow_scripts.contracts.run_record import RunRecord


@dataclass(frozen=True)
class Expert(MadeKind):
    """An expert's answers, judged as a network's: same samples, same metrics, same paired tests."""

    position = 6

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

    def make(self, job: RunJob) -> "Made":
        """One answer a sample, with probability 1. UserError where an answer is missing or is no class."""
        from workflow_scripts.contracts.dataset import read_manifest
        from workflow_scripts.contracts.run_finish import Made
        from workflow_scripts.contracts.run_tables import class_columns
        from workflow_scripts.data.fold_samples import read_fold
        from workflow_scripts.runtime.errors import UserError
        from workflow_scripts.runtime.wording import nearest

        classes, table = read_fold(job.files.dataset, job.files.arrays, job.files.split, job.fold)
        manifest = read_manifest(job.files.dataset)
        if self.column not in manifest:
            raise UserError(f"run {job.run}: no table of the study has the column {self.column!r}; name one that has")
        answers = manifest.set_index("id")[self.column]
        predicted = table[table["subset"] != "train"].assign(fold=job.fold)
        chosen = predicted["id"].map(answers).astype("string").fillna("")
        for sample, answer in zip(predicted["id"], chosen, strict=True):
            if answer not in classes:
                what = f"is {answer!r}; {nearest(answer, classes)}" if answer else "is empty; give every sample one"
                raise UserError(f"run {job.run}: the answer {self.column} of {sample} {what}")
        for column, name in zip(class_columns(classes), classes, strict=True):
            predicted[column] = (chosen == name).to_numpy(dtype=float)
        return Made(predicted, classes)
