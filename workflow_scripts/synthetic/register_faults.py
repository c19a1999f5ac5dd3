"""What real registers have, and ingest must see: women without an outcome, and visits that stand there twice."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

NO_OUTCOME, DUPLICATE_VISIT = "no_outcome", "duplicate_visit"
# Of so many women one has no outcome, and one of those with an index sample has a visit that stands there twice; at
# least FEWEST of each.
ONE_IN, FEWEST = 3000, 2


def plant(
    visits: pd.DataFrame, outcomes: pd.DataFrame, indexed: Sequence[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame, Mapping[str, str]]:
    """The tables with faults in them, and patient → fault; `indexed`: the women with an index sample."""
    count = max(FEWEST, len(outcomes) // ONE_IN)
    women = outcomes["patient"].to_numpy()
    twice = _chosen(sorted(indexed), count, rng)
    without = _chosen(sorted(set(women) - set(twice)), count, rng)
    first = visits.groupby("patient", sort=False).head(1)
    again = first[first["patient"].isin(twice)]
    # Behind the row that they repeat.
    visits = pd.concat([visits, again]).sort_index(kind="stable").reset_index(drop=True)
    outcomes = outcomes[~outcomes["patient"].isin(without)].reset_index(drop=True)
    return visits, outcomes, dict.fromkeys(without, NO_OUTCOME) | dict.fromkeys(twice, DUPLICATE_VISIT)


def _chosen(names: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """So many of the names, or as many as there are."""
    return [names[position] for position in rng.permutation(len(names))[:count]]
