"""Tables of what lay in a source and was chosen from: series, slides; a row of each, taken or not, and why."""

from dataclasses import dataclass

from workflow_scripts.contracts.tables import Table

# What the column `reason` holds of what was taken.
TAKEN = "taken"


@dataclass(frozen=True)
class ListedTable:
    """A contract with the columns reason and detail, and the name of its file in the folder of the dataset.

    `things`: what its rows are, in the plural.
    """

    table: Table
    file: str
    things: str
