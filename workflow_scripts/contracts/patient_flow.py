"""dataset/flow.csv: from the patients of the table to those at the landmark, and what became of these."""

from workflow_scripts.contracts.tables import Table

KEPT, LEFT_OUT, OUTCOME = KINDS = ("kept", "left_out", "outcome")
# What became of a patient within the horizon, as the manifest says it. Free of the event: followed to the horizon.
EVENT, EVENT_FREE, LOST, COMPETING = OUTCOMES = ("event", "event_free", "lost", "competing")
# The published labels; lost and competing have the second.
LABELS = ("event", "no_event")

# order: from 1; kept: patients who are still there, left_out: of those before, these are not, outcome: of those at the
# landmark, these had that. what: in words; a competing event has its name.
PATIENT_FLOW = Table(
    "flow of patients",
    {"order": "int", "kept": "str", "what": "str", "patients": "int"},
    key=("order",),
    values={"kept": KINDS},
)
