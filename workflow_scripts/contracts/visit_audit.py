"""dataset/audit.csv: what in a table of visits looks as if it knew the outcome, or was made of all rows."""

from workflow_scripts.contracts.tables import Table

TELLS_THE_OUTCOME = "tells_the_outcome"
WINDOW_DEPENDS_ON_OUTCOME = "window_depends_on_outcome"
LOOKS_IMPUTED = "looks_imputed"
LOOKS_MISSING = "looks_missing"
AFTER_OUTCOME = "after_outcome"
FINDINGS = (TELLS_THE_OUTCOME, WINDOW_DEPENDS_ON_OUTCOME, LOOKS_IMPUTED, LOOKS_MISSING, AFTER_OUTCOME)

# column: of the user's table, or what was measured of the window; value: what was seen; limit: beyond it, it is listed.
# tells_the_outcome: AUC of the last value, of the mean or of being missing, between those with the event and those
# free of it; window_depends_on_outcome: the same AUC of a number that the window gives; looks_imputed and
# looks_missing: cells; after_outcome: visits.
VISIT_AUDIT = Table(
    "audit of visits",
    {"column": "str", "finding": "str", "value": "float", "limit": "float", "detail": "str"},
    values={"finding": FINDINGS},
)
