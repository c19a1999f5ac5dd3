"""References of the text to its tables, figures and equations."""

from collections.abc import Iterator
from dataclasses import replace

from workflow_scripts.claims.outcome import CONSISTENT, NOTE, Outcome
from workflow_scripts.contracts.claims import Published
from workflow_scripts.contracts.paper_answers import Reference, caption

NAME = "references"
_DRAFT = "The number may be that of an earlier draft or of a template; no result rests on it."


def check(published: Published) -> Iterator[Outcome]:
    """What the text refers to by its number exists, and is what it is about as far as the file says so.

    What does not is a note: a label, no result, is wrong. Reference: A. Grey, M. J. Bolland, A. Avenell, A. A. Klein,
    C. K. Gunsalus, Check for publication integrity before misconduct, Nature 577:167-169 (2020), section Errors.
    """
    outcomes = [_judge(published, reference) for reference in published.references]
    noted = [outcome.claim for outcome in outcomes if outcome.outcome == NOTE]
    for outcome in outcomes:
        also = noted if outcome.outcome == NOTE else []
        yield replace(outcome, compared_ids=tuple(name for name in also if name != outcome.claim))


def _judge(published: Published, reference: Reference) -> Outcome:
    shows = caption(published.numbered, reference.to)
    meant = caption(published.numbered, reference.means) if reference.means else None
    instead = f"{reference.means}, {meant}" if meant else ""
    if shows is None:
        last = len(published.numbered.get(reference.to.split()[0], ()))
        why = f"There is no {reference.to}: the last one is {last}." if last else f"There is no {reference.to}."
        return Outcome(reference.id, NAME, NOTE, why, instead, innocent=_DRAFT, size="a label")
    if reference.means and reference.means != reference.to:
        why = f"{reference.to} is: {shows}. What the sentence is about stands in {reference.means}."
        return Outcome(reference.id, NAME, NOTE, why, instead, innocent=_DRAFT, size="a label")
    return Outcome(reference.id, NAME, CONSISTENT, f"{reference.to} is: {shows}.")
