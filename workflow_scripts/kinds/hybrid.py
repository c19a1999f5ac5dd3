"""The course of visits and the images of the same patients, joined in one network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from workflow_scripts.contracts.blocks import Positive, about, distinct
from workflow_scripts.kinds.kind import MAKE_WITH_LINKED, LinkedEmbedding, RunKind, StudyRuns
from workflow_scripts.kinds.made_kind import MadeKind
from workflow_scripts.runtime.wording import nearest

if TYPE_CHECKING:
    from workflow_scripts.contracts.run_record import RunRecord

Source = Literal["visits", "images"]
VISITS: Source = "visits"
IMAGES: Source = "images"


@dataclass(frozen=True)
class Hybrid(MadeKind):
    """Patients are judged by their visits and by their images in another study; both branches learn together.

    Visits go through a recurrent cell; images, as a frozen network stored them, are reduced and weighed by gated
    attention; what both give is classified by two layers. With one input it is the same of that branch alone, on the
    same patients.
    """

    position = 10
    rule = MAKE_WITH_LINKED
    reads = "sequence"
    learns = True
    needs_validation = True
    maker = "workflow_scripts.training.hybrid_run:make"

    kind: Annotated[Literal["hybrid"], about("Visits and images of the same patients, joined in one network.")]
    images: Annotated[
        LinkedEmbedding | None, about("Where the images of the patients are stored; null: images are not looked at.")
    ] = None
    inputs: Annotated[
        tuple[Source, ...],
        about("What is looked at: both, or one alone, to compare with.", min_length=1, check=distinct),
    ] = (VISITS, IMAGES)
    cell: Annotated[Literal["lstm", "gru"], about("Recurrent cell of the branch visits.")] = "lstm"
    hidden: Annotated[Positive, about("How many numbers each branch gives, and width of the hidden layer.")] = 32
    gate: Annotated[Positive, about("Width of the two layers that weigh an image.")] = 32
    dropout: Annotated[
        float,
        about("Share of numbers left out at random, of each image and of what the branches give.", ge=0, lt=1),
    ] = 0.25
    epochs: Annotated[Positive, about("Passes over the training patients at most.")] = 100
    patience: Annotated[
        Positive,
        about("Epochs without a lower validation loss after which training stops; the best epoch is kept."),
    ] = 15
    batch_size: Annotated[int, about("Patients per optimiser step.", ge=2)] = 32
    learning_rate: Annotated[float, about("Learning rate of Adam.", gt=0)] = 0.001
    weight_decay: Annotated[float, about("Weight decay of Adam.", ge=0)] = 0.0001
    class_weights: Annotated[
        Literal["none", "balanced"],
        about("Weights of the classes in the loss; balanced: inverse to their number of training patients."),
    ] = "none"

    def linked_embedding(self) -> LinkedEmbedding | None:
        return self.images

    def mistakes(self, name: str, runs: Mapping[str, RunKind]) -> Iterator[str]:
        if IMAGES in self.inputs and self.images is None:
            yield (
                f"run {name!r}: the input images needs `images: {{study: <study>, embedding: <name>}}`; without "
                "images write inputs: [visits]"
            )
        if IMAGES not in self.inputs and self.images is not None:
            yield f"run {name!r}: images is given, and inputs has no images; write images: null, or add it there"

    def mistakes_between(self, study: StudyRuns, studies: Mapping[str, StudyRuns]) -> Iterator[str]:
        if self.images is None:
            return
        linked = studies.get(self.images.study)
        if linked is None:
            yield f"images.study {self.images.study!r} does not exist; {nearest(self.images.study, studies)}"
            return
        if linked.modality == study.modality:
            yield f"images.study {linked.name} has samples of the modality {linked.modality}, no images; name another"
        elif self.images.embedding not in linked.embeddings:
            hint = nearest(self.images.embedding, linked.embeddings) if linked.embeddings else "it has none"
            yield f"images.embedding {self.images.embedding!r} is no embedding of {linked.name}; {hint}"
        if study.linked != linked.name:
            yield (
                f"its images are of {linked.name}, and ingest.visits.linked is {study.linked or 'null'}; write linked: "
                f"{linked.name} there, so that all runs are judged on the patients that both studies have"
            )

    def modalities(self) -> Mapping[str, tuple[str, ...]]:
        return {"a course of visits": ("table",)}

    def words(self, name: str, record: "RunRecord") -> str:
        parts = {
            VISITS: f"{self.cell.upper()} on visits",
            IMAGES: f"attention over the stored images {self.images}" if self.images else "",
        }
        looked_at = [parts[branch] for branch in (VISITS, IMAGES) if branch in self.inputs]
        if record.linked is None:
            return f"{looked_at[0]} alone"
        how = "joined and trained together" if len(looked_at) > 1 else "alone"
        return f"{' and '.join(looked_at)}, {how}; {record.linked.patients} patients have both"
