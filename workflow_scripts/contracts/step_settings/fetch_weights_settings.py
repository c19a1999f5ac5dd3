"""What the step `fetch_weights` receives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FetchWeightsSettings:
    """What the step receives: the name of a model whose published weights are fetched, as a run has it."""

    model: str
