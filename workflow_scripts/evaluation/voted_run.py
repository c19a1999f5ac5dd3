"""Make a run of the votes of others, see kinds.vote."""

from collections.abc import Mapping

import pandas as pd

from workflow_scripts.contracts.run_finish import Combined
from workflow_scripts.evaluation.voting import vote
from workflow_scripts.kinds.vote import Vote


def combine(run: Vote, units: Mapping[str, pd.DataFrame]) -> Combined:
    """The vote; its record says the weight of each member."""
    voted, weights = vote(dict(units), run.how, run.weights)
    return Combined(voted, {"weights": weights})
