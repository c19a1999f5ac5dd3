"""What the step `track` receives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackSettings:
    """What the step receives. tracking: address of an MLflow server; None: a database under the results."""

    study: str
    tracking: str | None
    headline: str
    title: str
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    folds: dict[str, int]
