"""consistency.csv: what each check says of each printed number."""

from workflow_scripts.contracts.tables import Table

# study: a study of the paper (of what applies to several, the first one); claim: id of a claim, statement, layer or
# setting in published.yaml; published: as printed; outcome: see claims/outcome.py; nearest:
# the nearest possible values, or what was found instead; why: one sentence or two, with what is missing where it could
# not be checked; check: which one says so, "none" where no check speaks of the claim; size: how far the number is from
# the nearest that fits, in its own unit; innocent: how it may have come about without a fault; issue: of a
# contradiction, of what fits only if … and of a note, which of the paper's distinct issues it belongs to, from 1;
# reading: of what fits only if …, the reading that the paper does not state; tried: the readings that were tried, with
# semicolons; strength: of what is consistent, how much that says (exact, strong, weak). One row a claim and check.
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
        "reading": "str",
        "tried": "str",
        "strength": "str",
    },
    key=("study", "claim", "check"),
)
