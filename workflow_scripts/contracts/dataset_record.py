"""What later steps read of the record of a dataset."""

from dataclasses import dataclass, field

from workflow_scripts.contracts.arrays import PIXELS, ArrayDescription
from workflow_scripts.contracts.copy_findings import CopyFindings
from workflow_scripts.contracts.dataset import Modality
from workflow_scripts.contracts.record import Provenance
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest


@dataclass(frozen=True)
class DatasetFacts:
    """classes: in the order of every table; groups_known: whether every sample has a group."""

    classes: tuple[str, ...]
    groups_known: bool


@dataclass(frozen=True)
class Wanted:
    """Of a class whose number of samples the settings name: how many they want, how many there are, and are copies."""

    wanted: int
    listed: int
    copies: int


@dataclass(frozen=True)
class IngestedFrom:
    """What the record says of the settings of ingest that a report shows; empty where it does not."""

    adapters: tuple[str, ...] = ()
    ingest: Ingest | None = None


@dataclass(frozen=True)
class DatasetRecord(DatasetFacts):
    """What a report shows of a dataset.

    counts: class → samples; refused: reason → files; left_out: label → samples; passed_over: ending → files;
    equal_pairs: kind → pairs; wanted: by class; groups_alike: names of groups that are nearly equal; near_copies: the
    search for them, where there was one.
    """

    counts: dict[str, int]
    samples: int
    refused: dict[str, int]
    left_out: dict[str, int]
    equal_pairs: dict[str, int]
    synthetic: bool
    scale: str | None
    modality: Modality
    settings: IngestedFrom
    provenance: Provenance
    passed_over: dict[str, int] = field(default_factory=dict)
    links_not_followed: int = 0
    groups_alike: tuple[tuple[str, ...], ...] = ()
    wanted: dict[str, Wanted] = field(default_factory=dict)
    near_copies: CopyFindings | None = None
    public_sets: tuple[str, ...] = ()


@dataclass(frozen=True)
class ArraysRecord:
    """What a report shows of the arrays: what a row is, and what was done to a sample, in this order."""

    array: ArrayDescription
    provenance: Provenance
    order: tuple[str, ...] = ()

    @property
    def of_pictures(self) -> bool:
        """Whether the samples are pictures."""
        return self.array.kind == PIXELS
