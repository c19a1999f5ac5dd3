"""consistency.csv: what each check says of each printed number."""

from workflow_scripts.contracts.tables import Table

# study: a study of the paper (of what applies to several, the first one); claim: id of a claim, statement, layer or
# setting in published.yaml; published: as printed; outcome: consistent, inconsistent, note or not checkable; nearest:
# the nearest possible values, or what was found instead; why: one sentence or two, with what is missing where it could
# not be checked; check: which one says so, "none" where no check speaks of the claim; size: how far the number is from
# the nearest that fits, in its own unit; innocent: of a note, under which reading all is well; issue: of an
# inconsistency or a note, which of the paper's distinct issues it belongs to, from 1. One row a claim and check.
CONSISTENCY = Table(
    "consistency",
    {
        "study": "str",
        "claim": "str",
        "paper_place": "str",
        "published": "str",
        "outcome": "str",
        "nearest": "str",
        "why": "str",
        "check": "str",
        "size": "str",
        "innocent": "str",
        "issue": "str",
    },
    key=("study", "claim", "check"),
)
