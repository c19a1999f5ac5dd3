"""F1 against the precision and sensitivity that are printed with it: `tables.f_score_bounds`."""

from collections.abc import Iterator

from workflow_scripts.claims import as_tables
from workflow_scripts.claims.outcome import Outcome
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured
from workflow_scripts.claims.tables.f_score import FScore
from workflow_scripts.claims.tables.f_score_bounds import judged
from workflow_scripts.claims.tables.printed_entries import Entry
from workflow_scripts.claims.tables.table_words import OVER_CLASSES, average_kind
from workflow_scripts.contracts.claims import Claim, Published

NAME = "F1 from precision and sensitivity"
_TRIPLES = (("precision", "sensitivity", "f1"), ("macro_precision", "macro_sensitivity", "macro_f1"))


def check(published: Published) -> Iterator[Outcome]:
    """F1 = 2PR/(P+R) of one class and one training; of means a band, because the mean of F1s is not the F1 of means.

    Reference: J. Opitz, S. Burst, Macro F1 and Macro F1, arXiv:1911.03347 (2019), who show that the F1 of means is
    never the smaller one.
    """
    sizes = Sizes(published)
    claims = [claim for claim in measured(published) if any(claim.metric in triple for triple in _TRIPLES)]
    for _, group in groups(claims, "study", "run", "subset", "class_name"):
        for claims_here in by_place(group):
            here = {claim.metric: claim for claim in claims_here}
            for triple in _TRIPLES:
                together = [here[metric] for metric in triple if metric in here]
                if triple[2] in here and len(together) > 1:
                    yield from _f1(together, len(sizes.classes(here[triple[2]].study, here[triple[2]].run)))


def _f1(claims: list[Claim], classes: int) -> Iterator[Outcome]:
    cells = {named.metric: named for named in map(as_tables.cell, claims)}
    table, entry = as_tables.table(claims, _average(claims[-1]), classes or None), Entry(claims[-1].id, {}, cells)
    score = FScore(entry.get("precision"), entry.get("sensitivity"), cells["f1"])
    yield from as_tables.outcomes(NAME, [judged(table, entry, score)], claims)


def _average(claim: Claim) -> str:
    """How an F1 was averaged, in words of a table; empty where the paper leaves it open."""
    words = str(claim.stated.get("average", "")).lower()
    if claim.metric == "macro_f1" or "average" in words or "mean" in words:
        return words if average_kind(words) == OVER_CLASSES and claim.metric != "macro_f1" else "macro"
    return "per class" if claim.class_name or words else ""
