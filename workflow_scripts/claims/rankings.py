"""What a paper says of its numbers in words: differences, best and worst, above and below."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from workflow_scripts.claims.arithmetic.ways_of_writing import SLACK
from workflow_scripts.claims.matrices import Matrix, MatrixKey, averages, matrices
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, NOT_CHECKABLE, WORDS_ONLY, Outcome, verdict
from workflow_scripts.claims.printed import Interval, distance, interval, shown, unit_step, written
from workflow_scripts.contracts.claims import Claim, Published, Statement
from workflow_scripts.contracts.metric_names import SUBSET_METRICS

DIFFERENCES = "differences"
RANKS = "rankings"
WORDS = "claims in words"
CONFLICTS = "claims in words, each other"
# By which metrics a comparison may be meant that names none, where matrices are printed.
_FROM_MATRIX = ("accuracy", "macro_sensitivity", "macro_precision", "macro_specificity", "macro_f1")
_MATRIX_AVERAGE = {"accuracy": "the matrix"}


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its value, and the step in which it is printed (0: exact)."""

    value: float
    step: float = 0.0

    def above(self, side: "Side") -> bool:
        """Whether it is certainly the larger one: what is printed with equal digits keeps its order."""
        if abs(self.step - side.step) < SLACK:
            return self.value > side.value + SLACK
        return self.value - self.step / 2 > side.value + side.step + SLACK


@dataclass(frozen=True)
class Compared:
    """What the numbers of one metric say of a sentence. holds: None where their digits do not tell; listed: all of
    them, for a reader; gap: how far the subject is on the wrong side."""

    holds: bool | None
    listed: str
    gap: float


def _side(claim: Claim) -> Side:
    return Side(claim.scaled, unit_step(claim))


def check_differences(published: Published) -> Iterator[Outcome]:
    """A difference told in words is that of the two printed numbers.

    "About", "nearly", "roughly" are taken as one unit in the last digit told: nearly 3 % is from 2 to 4 points, or as
    many percent of the second number.
    Reference: Nature 577:167-169 (2020), see totals.py: calculations from printed numbers.
    """
    for claim in published.claims:
        if not claim.against or claim.metric == "class_ratio":
            continue
        changes: dict[str, Any] = {**claim.against, "against": {}}
        subtrahend = replace(claim, **changes)
        first, second = _printed(published, replace(claim, against={})), _printed(published, subtrahend)
        if first is None or second is None:
            names = [str(c.run) for c, difference in ((claim, first), (subtrahend, second)) if difference is None]
            missing = " and ".join(map(published.run_name, names))
            yield Outcome(claim.id, DIFFERENCES, NOT_CHECKABLE, f"Missing: the number of {missing} is not printed.")
            continue
        a, b = interval(first), interval(second)
        fits = interval(claim).overlaps(Interval(a.low - b.high, a.high - b.low))
        difference = written(first.scaled - second.scaled, claim, 2)
        why = f"{shown(first)} minus {shown(second)} is {difference}; {shown(claim)} is said."
        if not fits and second.scaled and _is_relative(claim, first, second):
            fits, why = True, f"{why} Of {shown(second)} it is that share."
        size = "" if fits else distance(first.scaled - second.scaled, claim)
        yield Outcome(claim.id, DIFFERENCES, verdict(fits), why, difference, (first.id, second.id), size=size)


def _is_relative(claim: Claim, first: Claim, second: Claim) -> bool:
    """Whether percents told of a difference are those of the second number."""
    return claim.unit == "percentage_points" and interval(claim).contains(
        (first.scaled - second.scaled) / second.scaled
    )


def _printed(published: Published, wanted: Claim) -> Claim | None:
    """The first claim of the same quantity that is printed as a number of its own."""
    for claim in published.claims:
        same = (claim.study, claim.metric, claim.run, claim.subset, claim.class_name, claim.source)
        wanted_identity = (wanted.study, wanted.metric, wanted.run, wanted.subset, wanted.class_name, wanted.source)
        if same == wanted_identity and not claim.against and claim.id != wanted.id:
            return claim
    return None


def check_ranks(published: Published) -> Iterator[Outcome]:
    """A number that is called the highest is the highest of the runs that it is compared with.

    Reference: as for differences.
    """
    for claim in published.claims:
        if claim.relation != "highest":
            continue
        printed_by_run = {run: _printed(published, replace(claim, run=run)) for run in claim.among if run != claim.run}
        missing = [run for run, printed_claim in printed_by_run.items() if printed_claim is None]
        printed = [printed_claim for printed_claim in printed_by_run.values() if printed_claim]
        above = [printed_claim for printed_claim in printed if _side(printed_claim).above(_side(claim))]
        if above:
            best = max(above, key=lambda printed_claim: printed_claim.scaled)
            names = ", ".join(f"{published.run_name(str(c.run))} has {shown(c)}" for c in above)
            why = f"{shown(claim)} is called the highest; {names}."
            nearest = f"{published.run_name(str(best.run))} {shown(best)}"
            compared_ids, size = tuple(c.id for c in above), distance(best.scaled, claim)
            yield Outcome(claim.id, RANKS, CONTRADICTION, why, nearest, compared_ids, size=size)
        elif missing:
            names = ", ".join(map(published.run_name, missing))
            yield Outcome(claim.id, RANKS, NOT_CHECKABLE, f"Missing: the numbers of {names}.")
        else:
            yield Outcome(claim.id, RANKS, CONSISTENT, f"The highest of {len({*claim.among, claim.run})}.")


def check_words(published: Published) -> Iterator[Outcome]:
    """A relation told in words holds between the numbers that are printed or follow from printed matrices.

    Where the paper names no metric: consistent if it holds by all that are known, a contradiction if by none; by some
    only, what is missing is which one is meant. Reference: as for differences.
    """
    whole = {matrix.key: matrix for matrix in matrices(published)}
    for statement in published.statements:
        metrics = (statement.metric,) if statement.metric else (*_FROM_MATRIX, *_printed_only())
        relation_by_metric: dict[str, Compared] = {}
        for metric in metrics:
            names = (statement.subject, *statement.compared_values)
            sides = [_value(published, whole, statement, metric, name) for name in names]
            values = [side for side in sides if side is not None]
            if len(values) == len(names):
                listed = _listed(published, statement, values)
                relation_by_metric[metric] = Compared(
                    _holds(statement.relation, values), listed, _gap(statement, values)
                )
        yield _of_words(statement, relation_by_metric)


def _printed_only() -> list[str]:
    return [metric for metric in SUBSET_METRICS if metric not in _FROM_MATRIX]


def _value(
    published: Published, whole: dict[MatrixKey, Matrix], statement: Statement, metric: str, name: str
) -> Side | None:
    """What is known of one side: from the printed matrices where all sides have one, else as printed, tables first."""
    sides = [_about(statement, subject) for subject in (statement.subject, *statement.compared_values)]
    if all(side[:3] in whole for side in sides):
        study, run, subset, class_name = _about(statement, name)
        return _from_matrix(whole[study, run, subset], metric, class_name)
    study, run, subset, class_name = _about(statement, name)
    for claim in sorted(published.claims, key=lambda claim: claim.cell is None):
        about = (claim.study, claim.run, claim.subset, claim.class_name, claim.metric)
        if about == (study, run, subset, class_name, metric) and not claim.against:
            return _side(claim)
    return None


def _about(statement: Statement, name: str) -> tuple[str, str | None, str | None, str | None]:
    subject: dict[str, Any] = {statement.compared_field: name}
    about = replace(statement, **subject)
    return about.study, about.run, about.subset, about.class_name


def _from_matrix(matrix: Matrix, metric: str, class_name: str | None) -> Side | None:
    about = Claim("", "", matrix.study, metric, 0, "fraction", class_name=class_name)
    averages_of_metric = averages(matrix, about)
    if averages_of_metric is None:
        return None
    value = averages_of_metric.get(class_name or _MATRIX_AVERAGE.get(metric, "mean over classes"))
    return None if value is None else Side(value)


def _holds(relation: str, values: list[Side]) -> bool | None:
    """Whether the first value stands to the others as told; None where the printed digits do not tell."""
    first, *compared = values
    above = sum(side.above(first) for side in compared)
    below = sum(first.above(side) for side in compared)
    ties = len(compared) - above - below
    if relation == "second":
        return False if above > 1 else None if ties else above == 1
    wrong = above if relation == "higher" else below
    return False if wrong else None if ties else True


def _listed(published: Published, statement: Statement, values: list[Side]) -> str:
    names = map(published.run_name, (statement.subject, *statement.compared_values))
    return ", ".join(f"{name} {side.value:.3f}" for name, side in zip(names, values, strict=True))


def _gap(statement: Statement, values: list[Side]) -> float:
    """How far the first value is on the wrong side of the farthest one; 0 of one that is second."""
    first, *compared = (side.value for side in values)
    ahead = {"higher": max(compared) - first, "lower": first - min(compared)}
    return max(ahead.get(statement.relation, 0.0), 0.0)


def _of_words(statement: Statement, relation_by_metric: dict[str, Compared]) -> Outcome:
    decided = {metric: compared.holds for metric, compared in relation_by_metric.items() if compared.holds is not None}
    quoted = f"“{statement.words}”"
    listed = "; ".join(
        f"{metric.replace('_', ' ')}: {compared.listed}" for metric, compared in relation_by_metric.items()
    )
    if not decided:
        missing = (
            f"digits enough to tell them apart ({listed})"
            if relation_by_metric
            else "the numbers behind it are not printed"
        )
        return Outcome(statement.id, WORDS, NOT_CHECKABLE, f"{quoted}. Missing: {missing}.")
    yes = [metric.replace("_", " ") for metric, holds in decided.items() if holds]
    no = [metric.replace("_", " ") for metric, holds in decided.items() if not holds]
    if yes and no:
        why = f"{quoted} holds by {', '.join(yes)}, not by {', '.join(no)}. Missing: which is meant."
        return Outcome(statement.id, WORDS, NOT_CHECKABLE, why, listed)
    gap = max(relation_by_metric[metric].gap for metric in decided)
    size = f"{gap:.3f}" if gap else WORDS_ONLY
    why = f"{quoted} is what the numbers say." if yes else f"{quoted} is not what the numbers say."
    return Outcome(statement.id, WORDS, verdict(bool(yes)), why, listed, size="" if yes else size)


def check_conflicts(published: Published) -> Iterator[Outcome]:
    """Two statements do not exclude each other: A below B and B below A, or above and below at once.

    Where leaving out one statement mends all, only that one is named; where each of several would, each of them. What
    the printed numbers bear out is never named. Reference: as for differences.
    """
    statements = published.statements
    pairs = [(a, b) for number, a in enumerate(statements) for b in statements[number + 1 :] if _exclude(a, b)]
    true = {outcome.claim for outcome in check_words(published) if outcome.outcome == CONSISTENT}
    for group in _joined(pairs):
        members = list({statement.id: statement for pair in group for statement in pair}.values())
        mending = [statement for statement in members if all(statement in pair for pair in group)]
        for statement in [statement for statement in mending or members if statement.id not in true]:
            against = [b if a is statement else a for a, b in group if statement in (a, b)]
            there = "; ".join(f"“{excluded.words}” ({excluded.place})" for excluded in against)
            why = f"“{statement.words}” excludes {there}."
            yield Outcome(
                statement.id,
                CONFLICTS,
                CONTRADICTION,
                why,
                compared_ids=tuple(excluded.id for excluded in against),
                size=WORDS_ONLY,
            )


def _joined(pairs: list[tuple[Statement, Statement]]) -> list[list[tuple[Statement, Statement]]]:
    """The pairs, those that share a statement together."""
    joined: list[list[tuple[Statement, Statement]]] = []
    for pair in pairs:
        touching = [group for group in joined if any(statement in earlier for earlier in group for statement in pair)]
        joined = [group for group in joined if group not in touching]
        joined.append([earlier for group in touching for earlier in group] + [pair])
    return joined


def _exclude(a: Statement, b: Statement) -> bool:
    same = (a.study, a.compared_field, a.metric) == (b.study, b.compared_field, b.metric)
    fixed = all(getattr(a, f) == getattr(b, f) for f in ("run", "subset", "class_name") if f != a.compared_field)
    if not (same and fixed) or "second" in (a.relation, b.relation):
        return False
    if a.relation == b.relation:
        return a.subject in b.compared_values and b.subject in a.compared_values
    return a.subject == b.subject and bool(set(a.compared_values) & set(b.compared_values))
