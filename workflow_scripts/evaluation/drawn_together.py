"""Copies of one picture are drawn together, as samples of one group are: five of them are no five independent ones.

A split by sample may put copies into one subset: an image that was augmented before the split, say, or a scene that was
photographed twice. Where no group says that they belong together, the pairs that ingest found do. Equal rows of a table
are no such pairs: two patients may have given the same answers.
"""

import pandas as pd

from workflow_scripts.contracts.dataset import EQUAL_ROWS
from workflow_scripts.evaluation.bootstrap import group_names
from workflow_scripts.splitting.clusters import join


def joined_by_copies(manifest: pd.DataFrame, pairs: pd.DataFrame) -> pd.Series:
    """Of the units of a dataset that copies join with other groups: the name of what they are drawn in, by unit.

    `manifest` and `pairs` (contracts MANIFEST, EQUAL_PAIRS) are those of the dataset; which pairs are believed is what
    splits by group believe (splitting.clusters). Empty where no pair joins anything that groups and units leave apart.
    """
    names, copies = group_names(manifest), pairs[pairs["kind"] != EQUAL_ROWS].reset_index(drop=True)
    clusters = pd.Series(join(manifest, copies).codes, index=manifest.index)
    several = names.groupby(clusters).transform("nunique") > 1
    named = "copies of " + names.groupby(clusters).transform("first")
    return named[several].set_axis(manifest.loc[several, "unit"]).groupby(level=0).first()


def drawn_together(table: pd.DataFrame, joined: pd.Series) -> pd.DataFrame:
    """A table of units or predictions whose groups are what is drawn together; `joined`: see joined_by_copies."""
    return table.assign(group=table["unit"].map(joined).fillna(table["group"])) if len(joined) else table
