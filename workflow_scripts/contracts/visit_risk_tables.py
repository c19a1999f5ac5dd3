"""explanation/<protocol>/<run>/: how the risk of single patients came about, visit by visit and column by column."""

from workflow_scripts.contracts.tables import Table

# A row a visit. called: high or low, at the threshold. years: of the visit minus the landmark; risk: what would have
# been predicted after this visit, as long after it as the landmark is after the last one; without: what is predicted at
# the landmark if this visit had measured nothing.
VISIT_RISKS = Table(
    "risk over time",
    {
        "id": "str",
        "label": "str",
        "called": "str",
        "threshold": "float",
        "visit": "int",
        "years": "float",
        "risk": "float",
        "without": "float",
    },
    key=("id", "visit"),
    values={"called": ("high", "low")},
)

# A row a column of the user's table. risk: what is predicted at the landmark; without: what would be if the column had
# been measured at no visit.
COLUMN_RISKS = Table(
    "drivers of risk", {"id": "str", "column": "str", "risk": "float", "without": "float"}, key=("id", "column")
)
