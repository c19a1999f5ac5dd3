"""Make a run of the one that does best on validation samples, see kinds.selected."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.run_finish import Combined
from workflow_scripts.contracts.run_record import Choice
from workflow_scripts.contracts.run_tables import of_known_outcome
from workflow_scripts.evaluation.metric_tables import arrays, weighted_mean
from workflow_scripts.evaluation.voting import require_same
from workflow_scripts.kinds.selected import Selected
from workflow_scripts.runtime.errors import UserError


def combine(run: Selected, units: Mapping[str, pd.DataFrame]) -> Combined:
    """The units of the chosen run; the record says which it is, and the log loss of each.

    Nothing but the validation rows of `units` decides. UserError where there are none, or where the tables are of
    other units or classes.
    """
    candidates = dict(units)
    require_same(candidates)
    losses = {name: validation_log_loss(table, name) for name, table in candidates.items()}
    # Of equal losses the first in the order of declaration.
    chosen = min(losses, key=lambda name: losses[name])
    return Combined(candidates[chosen], {"selected": plain(Choice(chosen, losses))})


def validation_log_loss(table: pd.DataFrame, name: str) -> float:
    """Mean natural log loss of the validation rows of a units table, by their weights.

    Probabilities are cut at the machine epsilon.

    UserError where there are none; `name`: what the run is called.
    """
    rows = table[(table["subset"] == "validation") & of_known_outcome(table)]
    if not len(rows):
        raise UserError(
            f"the candidate {name} has no validation units to select on; give the protocol a validation share"
        )
    labels, p = arrays(rows)
    own = np.clip(p[np.arange(len(p)), labels], np.finfo(float).eps, 1)
    return weighted_mean(-np.log(own), rows)
