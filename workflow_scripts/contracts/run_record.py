"""What later steps read of the record and of the ledger of a run's fold and seed."""

from dataclasses import dataclass, field

from workflow_scripts.contracts.record import MadeWith, Provenance


@dataclass(frozen=True)
class Compression:
    """A compressed network beside the one it was made of, by subset: bytes of both, agreement, largest difference."""

    bytes: int
    bytes_before: int
    agreement: dict[str, float]
    largest_difference: dict[str, float]


@dataclass(frozen=True)
class RunRecord:
    """seen_in_training: of an external run, by subset: samples whose picture its network has learned from."""

    provenance: Provenance
    made_with: MadeWith
    compression: Compression | None = None
    seen_in_training: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ledger:
    """What a job cost: seconds, MiB, joules, images per second; None where nobody has measured it.

    train: the ledger of the training, in that of a trained run.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_memory_mib: float
    device: str | None = None
    images_per_second: float | None = None
    predict_images_per_second: float | None = None
    training_seconds: float | None = None
    parameters: int | None = None
    gpu_seconds: float | None = None
    peak_device_memory_mib: float | None = None
    processor_joules: float | None = None
    device_joules: float | None = None
    train: "Ledger | None" = None

    @property
    def joules(self) -> float | None:
        """Energy of the job; None where a counter of what it used is missing: half of it would look like all."""
        counted = [self.processor_joules] if self.gpu_seconds is None else [self.processor_joules, self.device_joules]
        numbers = [number for number in counted if number is not None]
        return sum(numbers) if len(numbers) == len(counted) else None
