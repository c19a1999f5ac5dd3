"""What later steps read of the record of a split."""

from dataclasses import dataclass, field
from typing import Literal

from workflow_scripts.contracts.record import Provenance


@dataclass(frozen=True)
class Censoring:
    """Patients that are lost before the horizon (years), and the weights of the others.

    followed_to_horizon: fold → chance of its training patients to be followed beyond the horizon, in (0, 1].
    """

    patients: int
    lost: int
    horizon: float
    followed_to_horizon: dict[str, float]
    largest_weight: float


@dataclass(frozen=True)
class SplitRecord:
    """leak_free: what was found in the data; note: what a reader must know.

    nothing_clusters: splits by sample and by group are one. counts: fold → subset → class → samples. leaks: why → pairs
    with a test sample; leaks_train_validation: between these two. …_samples_with_a_leak: fold → samples of the subset
    that the protocol reports. censoring: where patients are lost. outputs: names of the split's files → sha256.
    """

    leak_free: bool
    groups_known: bool
    nothing_clusters: bool
    note: str
    counts: dict[str, dict[str, dict[str, int]]]
    leaks: dict[str, int]
    leaks_train_validation: dict[str, int]
    provenance: Provenance
    test_samples_with_a_leak: dict[str, int] = field(default_factory=dict)
    validation_samples_with_a_leak: dict[str, int] = field(default_factory=dict)
    censoring: Censoring | None = None
    outputs: dict[str, str] = field(default_factory=dict)

    def pairs(self, reported: Literal["test", "validation"]) -> dict[str, int]:
        """Why → pairs that leak into the reported subset."""
        return self.leaks if reported == "test" else self.leaks_train_validation

    def leaking(self, reported: Literal["test", "validation"]) -> int:
        """Samples of the reported subset with a leak, over all folds."""
        by_fold = self.test_samples_with_a_leak if reported == "test" else self.validation_samples_with_a_leak
        return sum(by_fold.values())
