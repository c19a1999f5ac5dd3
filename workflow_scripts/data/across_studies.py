"""What a network of one study meets in another: classes of other names."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.runtime.errors import UserError


def translate(
    table: pd.DataFrame, there: list[str], here: list[str], classes: Mapping[str, str | None] | None
) -> pd.DataFrame:
    """The table with probabilities of this study's classes.

    `classes`: class there → class here, None to leave it out; None: both have the same classes. UserError when a class
    is unknown on its side or is not named, or when nothing stands for a class of this study.
    """
    meaning = {name: name for name in there} if classes is None else classes
    for what, odd in (
        ("is no class that the network tells apart", sorted(set(meaning) - set(there))),
        ("is missing on the left; map it to a class or to null", sorted(set(there) - set(meaning))),
        ("is no class of this study", sorted({name for name in meaning.values() if name} - set(here))),
        ("is a class of this study that nothing stands for", sorted(set(here) - set(meaning.values()))),
    ):
        if odd:
            raise UserError(f"classes of an external run: {odd[0]!r} {what}")
    groups = [[name for name in there if meaning[name] == target] for target in here]
    values = np.stack([table[class_columns(names)].to_numpy().sum(axis=1) for names in groups], axis=1)
    total = values.sum(axis=1, keepdims=True)
    # Where all of the probability is on classes left out, nothing speaks for any of this study's.
    values = np.where(total > 0, values / np.where(total > 0, total, 1), 1 / len(here))
    result = table.drop(columns=class_columns(there))
    result[class_columns(here)] = values
    return result
