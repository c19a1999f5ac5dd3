"""The names that tell the jobs of a step apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StepNames:
    """The names that tell the jobs of a step apart, as the wildcards of its rule; empty where it has no such wildcard.

    raw: folder of a data set that is downloaded; model: name of a file of published weights.
    """

    study: str = ""
    adapter: str = ""
    protocol: str = ""
    run: str = ""
    fold: int = 0
    seed: int = 0
    raw: str = ""
    model: str = ""
    embedding: str = ""
