"""paper/: a study's counterparts of the paper's own figures and tables, and the list of them."""

from workflow_scripts.contracts.tables import Table

# file: name in the folder, empty where it could not be made; kind: figure or table; place: the paper's name for it;
# how_to_read: what to look at; missing: why there is no file.
PAPER_FIGURES = Table(
    "paper_figures",
    {"file": "str", "kind": "str", "place": "str", "title": "str", "how_to_read": "str", "missing": "str"},
    key=("place", "title"),
)

# One line per printed number of a table. column, row: as printed; printed: the number, in `unit`. Then for each
# protocol P the columns P, P_low, P_high (in the same unit), P_rank (1: the largest) and P_p_holm (difference of the
# run from the reference in the headline metric, corrected for the comparisons of this table).
PRINTED = Table(
    "printed numbers",
    {"claim": "str", "row": "str", "column": "str", "unit": "str", "printed": "str", "printed_rank": "str"},
    open=True,
    key=("claim",),
)
