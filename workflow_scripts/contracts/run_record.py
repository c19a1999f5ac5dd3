"""What later steps read of the record and of the ledger of a run's fold and seed."""

from dataclasses import dataclass, field

from workflow_scripts.contracts.copy_findings import CopyFindings
from workflow_scripts.contracts.record import MadeWith, Provenance
from workflow_scripts.contracts.step_settings.split_settings import Resample
from workflow_scripts.contracts.taken_in import TakenIn


@dataclass(frozen=True)
class Compression:
    """A compressed network beside the one it was made of, by subset: bytes of both, agreement, largest difference."""

    bytes: int
    bytes_before: int
    agreement: dict[str, float]
    largest_difference: dict[str, float]


@dataclass(frozen=True)
class SyntheticCount:
    """Training samples of a class; neighbours: with how many a sample was interpolated, 0 where none is synthetic."""

    real: int
    synthetic: int
    neighbours: int


@dataclass(frozen=True)
class Resampled:
    """The synthetic samples that a training learned from.

    share_within_group: of them, how many lie between two samples of one group; None where no group is known.
    with_parent_in: subset → how many lie between two samples of which one or both are of it.
    """

    how: Resample
    classes: dict[str, SyntheticCount]
    share_within_group: float | None
    with_parent_in: dict[str, int]

    @property
    def synthetic(self) -> int:
        """How many there are."""
        return sum(counted.synthetic for counted in self.classes.values())


@dataclass(frozen=True)
class Choice:
    """Which of several runs was taken, and the log loss of each on the validation subset."""

    chosen: str
    validation_log_loss: dict[str, float]


@dataclass(frozen=True)
class Calibration:
    """How probabilities were calibrated: the method, on how many validation units, and the numbers it fitted.

    parameters: of platt class → intercept and slope of the log odds; of isotonic class → where its steps are, then
    their heights; of temperature the one number under that name.
    """

    method: str
    units: int
    parameters: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Stack:
    """The logistic regression of a stacked run: class → intercept; source → class → coefficients of its log-odds.

    Log-odds are of each class but the first against the first. Of two classes the regression has the second alone.
    """

    intercepts: dict[str, float]
    coefficients: dict[str, dict[str, tuple[float, ...]]]


@dataclass(frozen=True)
class LinkedPatients:
    """What a run read of another study: how many of the fold's patients have samples there, and how many samples."""

    study: str
    embedding: str
    patients: int
    samples: int


@dataclass(frozen=True)
class RunRecord:
    """seen_in_training: of an external run, by subset: samples whose picture, or a copy of it, its network has learned
    from; near_copies: the search for such copies, where samples are pictures.

    resampled: of a trained run, where it learned from synthetic samples. selected: of a run that is one of several.
    calibration: of a calibrated run. stacked: of a run that weighs the scores of several. linked: of a run that reads
    another study's images. taken_in: of a run that was trained elsewhere.
    """

    provenance: Provenance
    made_with: MadeWith
    compression: Compression | None = None
    seen_in_training: dict[str, int] = field(default_factory=dict)
    near_copies: CopyFindings | None = None
    resampled: Resampled | None = None
    selected: Choice | None = None
    calibration: Calibration | None = None
    stacked: Stack | None = None
    linked: LinkedPatients | None = None
    taken_in: TakenIn | None = None


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
