"""Whether a printed order is more than chance: how many samples the better one is ahead."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from workflow_scripts.claims.arithmetic.ways_of_writing import MODES
from workflow_scripts.claims.outcome import CONSISTENT, NOT_CHECKABLE, NOTE, Outcome
from workflow_scripts.claims.printed import numerators, shown
from workflow_scripts.claims.sizes import Sizes
from workflow_scripts.contracts.claims import Claim, Published, Statement

NAME = "leads and chance"
# Two-sided, as is usual.
_LEVEL = 0.05
_INNOCENT = "The order is right of these samples. Whether it holds of others is not told by so few."


@dataclass(frozen=True)
class Lead:
    """A number that is told to be above another one of the same samples.

    entry: id of what tells so; samples: how many more it has right, the fewest and the most that the digits allow;
    low, high: the smallest and the largest p-value of McNemar's test that any pairing of the answers gives.
    """

    entry: str
    first: Claim
    second: Claim
    n: int
    samples: tuple[int, int]
    low: float
    high: float


def check(published: Published) -> Iterator[Outcome]:
    """A number that is told to be the highest, or above others, is so by more samples than chance alone would bring.

    Two numbers on the same samples are held against each other by McNemar's test without knowing how often both were
    right: if all other answers were the same, a lead of d samples has p = 2^(1-d), the smallest there can be; if no
    wrong answer were shared, the largest. What is within chance either way is a note. Reference: Q. McNemar,
    Psychometrika 12:153-157 (1947); the bounds are derived here.
    """
    sizes = Sizes(published)
    leads = [lead for ordered in _ordered(published) for lead in _leads(published, sizes, *ordered)]
    by_chance = [lead for lead in leads if lead.low > _LEVEL]
    for lead in leads:
        same = [like for like in by_chance if (like.first.study, like.n) == (lead.first.study, lead.n)]
        yield _outcome(published, lead, same)


def _ordered(published: Published) -> Iterator[tuple[str, Claim, tuple[str, ...]]]:
    """What is said to be above others: id of the entry, its accuracy, the runs that it is set against."""
    for claim in published.claims:
        if claim.relation == "highest" and claim.metric == "accuracy" and not claim.assumed:
            yield claim.id, claim, tuple(run for run in claim.among if run != claim.run)
    for statement in published.statements:
        if _orders_runs(statement):
            run = statement.run if statement.relation == "higher" else None
            about = [claim for claim in _accuracies(published, statement) if claim.run == run]
            if about:
                yield statement.id, about[0], statement.compared_values


def _orders_runs(statement: Statement) -> bool:
    by_accuracy = statement.metric in ("accuracy", None) and not statement.class_name
    return statement.compared_field == "run" and by_accuracy and not statement.assumed


def _accuracies(published: Published, about: Claim | Statement) -> list[Claim]:
    """Printed accuracies of the same samples, those of tables first."""
    same = [
        claim
        for claim in sorted(published.claims, key=lambda claim: claim.cell is None)
        if (claim.metric, claim.study, claim.subset) == ("accuracy", about.study, about.subset)
    ]
    return [claim for claim in same if claim.relation == "equal" and not (claim.against or claim.class_name)]


def _leads(published: Published, sizes: Sizes, entry: str, first: Claim, runs: tuple[str, ...]) -> Iterator[Lead]:
    """The lead over the nearest of the others; none where the number of samples is not known."""
    totals, rivals = sizes.of(first), [c for c in _accuracies(published, first) if c.run in runs]
    if not totals or not rivals:
        return
    second = max(rivals, key=lambda claim: claim.scaled)
    n = totals[-1]
    more, fewer = _right(first, n), _right(replace(second, n=first.n), n)
    if not (more and fewer) or first.scaled <= second.scaled:
        return
    least, most = min(more) - max(fewer), max(more) - min(fewer)
    # Every wrong answer of the one is a right one of the other.
    largest = mcnemar(n - max(fewer), n - min(more)) if least > 0 else 1.0
    yield Lead(entry, first, second, n, (max(least, 0), most), mcnemar(most, 0), largest)


def _right(claim: Claim, n: int) -> list[int]:
    return sorted({k for mode in MODES for k in numerators(claim, n, mode)})


def mcnemar(more: int, fewer: int) -> float:
    """Two-sided p-value of McNemar's exact test: right only by the first in `more` samples, only by the second in
    `fewer`; both from 0."""
    total, extreme = more + fewer, min(more, fewer)
    if total > 1000:
        return math.erfc((abs(more - fewer) - 1) / math.sqrt(2 * total)) if more != fewer else 1.0
    tail = sum(math.comb(total, k) for k in range(extreme + 1))
    return min(1.0, 2 * tail / 2**total)


def _outcome(published: Published, lead: Lead, by_chance: list[Lead]) -> Outcome:
    words = _in_words(published, lead)
    if lead.low > _LEVEL:
        why = f"Of {lead.n} samples: {'; '.join(dict.fromkeys(_in_words(published, like) for like in by_chance))}."
        why += " That p is McNemar's, were all other answers the same."
        compared_ids = tuple(dict.fromkeys(name for like in by_chance for name in (like.entry, like.second.id)))
        compared_ids = tuple(name for name in compared_ids if name != lead.entry)
        return Outcome(lead.entry, NAME, NOTE, why, "", compared_ids, _INNOCENT, f"{_counted(lead)} of {lead.n}")
    if lead.high <= _LEVEL:
        why = f"{words}: more than chance however the answers are paired (p at most {lead.high:.2g})."
        return Outcome(lead.entry, NAME, CONSISTENT, why, compared_ids=(lead.second.id,))
    why = f"{words} and at most {lead.high:.2g}. Missing: how often both were right."
    return Outcome(lead.entry, NAME, NOT_CHECKABLE, why, compared_ids=(lead.second.id,))


def _in_words(published: Published, lead: Lead) -> str:
    names = [published.run_name(str(claim.run)) for claim in (lead.first, lead.second)]
    order = f"{names[0]} {shown(lead.first)} over {names[1]} {shown(lead.second)}"
    return f"{order} is {_counted(lead)} of {lead.n}, p at least {lead.low:.2g}"


def _counted(lead: Lead) -> str:
    least, most = lead.samples
    return f"{most} samples" if least == most else f"{least} to {most} samples"
