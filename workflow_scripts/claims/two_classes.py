"""Two classes: whether one table of right and wrong answers gives all metrics that are printed together.

Apart from `tables.two_class_rows`, which knows no class sizes: here they are, and so each average can be tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from workflow_scripts.claims.arithmetic.rates import Rate
from workflow_scripts.claims.arithmetic.rows import Suspect, values_within
from workflow_scripts.claims.arithmetic.tables_within import Strips, strips_of_any
from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, ANY_IN_WORDS, CUT, ROUNDED
from workflow_scripts.claims.outcome import (
    CONSISTENT,
    CONTRADICTION,
    FITS_ONLY_IF,
    NOT_CHECKABLE,
    Outcome,
    shared_outcome,
    strength_of,
)
from workflow_scripts.claims.premises import of_a_share
from workflow_scripts.claims.printed import distance, near, shown, unit_step
from workflow_scripts.claims.readings import ROUNDED as OF_ROUNDED
from workflow_scripts.claims.readings import Reading, is_of_printed, rates, readings
from workflow_scripts.claims.sizes import Sizes, by_place, groups, measured, other_rows
from workflow_scripts.claims.trainings import Together, is_open, of_several
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.metric_names import CLASS_METRICS, SUBSET_METRICS

NAME = "2x2 tables"
_KNOWN = ("accuracy", "precision", "sensitivity", "specificity", "f1")
# Ways of writing all numbers of a table, the plainest first, and what a paper would have to say.
_WRITING = {
    ROUNDED: "",
    CUT: "all numbers were cut off, not rounded",
    ANY: ANY_IN_WORDS,
}
_MIXED = "each number is an average of its own"
_MIXED_ROUNDED = f"{_MIXED}, some of class values that were rounded before"
Way = dict[str, int]


@dataclass(frozen=True)
class Fit:
    """Tables that give all numbers, and by which reading; words: what a paper would have to say, empty of a plain one;
    remark: for a reader, of a plain one."""

    way: Way
    strips: Strips
    reading: Reading | None
    mode: str
    words: str
    remark: str = ""


def check(published: Published) -> Iterator[Outcome]:
    """The metrics printed together for one run and two classes must all come from one 2x2 table.

    All rounded, all cut off, or each in its own way; means over the classes plain, weighted by class size, pooled, of
    the classes that are predicted, or of class values that were rounded before; F1 of the classes or of the means; a
    class metric of a class that is not named may be of either class or a mean: the same way for all, else each in its
    own; the accuracy may be the balanced one. Where the paper leaves open whether they are of one training, they may be
    means or medians of several. If nothing fits, those numbers are suspects without any one of which a table fits.
    Reference: A. Fazekas, G. Kovács, Testing the consistency of performance scores reported for binary classification
    problems, arXiv:2310.12527 (2023); intervals instead of a search: own derivation.
    """
    sizes = Sizes(published)
    candidates = list(_candidates(published))
    for (study, run, subset), group in groups(candidates, "study", "run", "subset"):
        ways = two_class_ways(sizes, study, subset, run)
        for here in by_place(group):
            if not ways or len({claim.metric for claim in here}) < 2:
                continue
            outcomes = _alone_and_together(here, ways, group, other_rows(here, candidates))
            yield from of_a_share(outcomes, sizes.behind(here[0]))


def two_class_ways(sizes: Sizes, study: str, subset: str | None, run: str | None) -> list[Way]:
    """Every way in which the samples may fall into two classes, neither of them empty; none of more classes."""
    return [way for way in sizes.by_class(study, subset, run) if len(way) == 2 and min(way.values()) > 0]


def excluding(claims: list[Claim], sizes: Sizes) -> str:
    """The class sizes, in words, of which no table gives all these numbers, each in an average of its own.

    claims: of one study, run and subset. Empty where a table does, or where sizes are unknown or of more than two
    classes.
    """
    ways = two_class_ways(sizes, claims[0].study, claims[0].subset, claims[0].run)
    if not ways or any(claim.metric.removeprefix("macro_") not in _KNOWN for claim in claims):
        return ""
    # Numbers of two places: F1 need not follow from what is printed in the other.
    return "" if any(_by_any(claims, way, claims).number for way in ways) else _in_words(ways[0])


def _candidates(published: Published) -> Iterator[Claim]:
    for claim in measured(published):
        if claim.metric in (*SUBSET_METRICS, *CLASS_METRICS) and claim.metric.removeprefix("macro_") in _KNOWN:
            yield claim


def _in_words(way: Way) -> str:
    return " and ".join(f"{size} {name}" for name, size in way.items())


def _tables(choices: Sequence[Sequence[Rate]], way: Way) -> Strips:
    positives, negatives = way.values()
    return strips_of_any(choices, [positives], [negatives])


def _by_any(claims: Sequence[Claim], way: Way, together: Sequence[Claim], rounded: bool = True) -> Strips:
    """Tables that give all numbers, each by a reading and a way of writing of its own.

    together: of the precision and sensitivity printed there an F1 may be; rounded: of class values that were rounded
    before as well.
    """
    names = list(way)
    open_readings = [r for r in readings(claims, names) if rounded or r.kind != OF_ROUNDED]
    return _tables([_choice(claim, open_readings, names, together) for claim in claims], way)


def _choice(claim: Claim, every: Sequence[Reading], names: list[str], together: Sequence[Claim]) -> list[Rate]:
    """What a number may be by any of the readings, each once."""
    choice = [rate for reading in every for rate in rates(claim, reading, names, together)]
    named = {rate.metric: rate for rate in choice if rate.value is None}
    return [*named.values(), *(rate for rate in choice if rate.value is not None)]


def _alone_and_together(
    claims: list[Claim], ways: list[Way], everywhere: list[Claim], rows: list[list[Claim]]
) -> Iterator[Outcome]:
    """What no table gives even alone says nothing of the others; these are then judged together.

    claims: printed in one place; everywhere: all of the same run and subset; rows: the other ones of the table. An F1
    that no table gives may be that of a precision and a sensitivity that are printed.
    """
    possible = []
    for claim in claims:
        if any(_possible_alone(claim, way) for way in ways):
            possible.append(claim)
        elif is_of_printed(claim, everywhere):
            yield Outcome(claim.id, NAME, CONSISTENT, "It is the F1 of the printed precision and sensitivity.")
        # Of an accuracy alone the check of its granularity has more to say.
        elif claim.metric != "accuracy":
            yield from _otherwise([claim], ways, _impossible_alone(claim, ways))
    if len({claim.metric for claim in possible}) > 1:
        fit = _fit(possible, ways)
        yield from (
            _fitting(possible, fit, ways, rows) if fit else _otherwise(possible, ways, _contradiction(possible, ways))
        )


def _possible_alone(claim: Claim, way: Way) -> bool:
    names = list(way)
    return any(
        _tables([[rate]], way).number for reading in readings([claim], names) for rate in rates(claim, reading, names)
    )


def _impossible_alone(claim: Claim, ways: list[Way]) -> Iterator[Outcome]:
    why = f"No table of {_in_words(ways[0])} gives {_words(claim)}, whatever the other numbers and the average."
    suspect = _nearest(claim, [], ways, ())
    nearest, size = near(suspect.nearest, claim), distance(suspect.nearest, claim)
    yield Outcome(claim.id, NAME, CONTRADICTION, why, nearest, size=size)


def _fit(claims: list[Claim], ways: list[Way]) -> Fit | None:
    """The plainest way in which one table gives all numbers; None where there is none."""
    open_readings = list(readings(claims, list(ways[0])))
    plain = [reading for reading in open_readings if reading.plain]
    if fit := _first(claims, ways, plain, (ROUNDED,)):
        return fit
    if not any(_by_any(claims, way, claims).number for way in ways):
        return None
    unsaid = [reading for reading in open_readings if not reading.plain]
    for chosen, modes in ((plain, (CUT,)), (unsaid, (ROUNDED, CUT)), (open_readings, (ANY,))):
        if fit := _first(claims, ways, chosen, modes):
            return fit
    for rounded, words in ((False, _MIXED), (True, _MIXED_ROUNDED)):
        for way in ways:
            if (strips := _by_any(claims, way, claims, rounded)).number:
                return Fit(way, strips, None, ANY, words)
    return None


def _first(claims: list[Claim], ways: list[Way], every: Sequence[Reading], modes: tuple[str, ...]) -> Fit | None:
    """The first reading and way of writing, the same for all numbers, by which a table gives them."""
    for mode in modes:
        for reading in every:
            for way in ways:
                names = list(way)
                strips = _tables([rates(claim, reading, names, claims, mode) for claim in claims], way)
                if strips.number:
                    unsaid = [_WRITING[mode], "" if reading.plain else reading.words]
                    words = ", and ".join(part for part in unsaid if part)
                    return Fit(way, strips, reading, mode, words, reading.words if reading.plain else "")
    return None


def _fitting(claims: list[Claim], fit: Fit, ways: list[Way], rows: list[list[Claim]]) -> Iterator[Outcome]:
    number, example = fit.strips.number, _example(fit)
    why = f"{number} tables fit, for example {example}" if number > 1 else f"Only one table fits: {example}"
    why += f" ({fit.remark or fit.words})." if fit.remark or fit.words else "."
    if fit.words:
        why += _of_all_rows(fit, ways, rows)
        yield from shared_outcome(claims, NAME, FITS_ONLY_IF, why, example, reading=fit.words)
        return
    for claim, outcome in zip(claims, shared_outcome(claims, NAME, CONSISTENT, why, example), strict=True):
        suspect = _nearest(claim, [c for c in claims if c is not claim], [fit.way], claims)
        yield replace(outcome, strength=strength_of(max(suspect.high - suspect.low, 0.0), unit_step(claim)))


def _of_all_rows(fit: Fit, ways: list[Way], rows: list[list[Claim]]) -> str:
    """That the reading fits the other rows of the table as well, where it does: then it is probably theirs."""
    if not rows or fit.reading is None:
        return ""
    fitting = [_first(row, ways, [fit.reading], (fit.mode,)) for row in rows]
    return f" By this reading the other {len(rows)} rows of the table fit as well." if all(fitting) else ""


def _otherwise(claims: list[Claim], ways: list[Way], contradiction: Iterator[Outcome]) -> Iterator[Outcome]:
    """What no table gives as means of several trainings or folds, where the paper leaves that open."""
    several = of_several(Together(tuple(claims), ways[0])) if is_open(claims) else ""
    for outcome in contradiction:
        if several and outcome.outcome == CONTRADICTION:
            outcome = replace(outcome, outcome=FITS_ONLY_IF, reading=several)
        yield outcome


def _contradiction(claims: list[Claim], ways: list[Way]) -> Iterator[Outcome]:
    """No table fits: the suspects are those numbers without which one does."""
    suspects: dict[str, Suspect] = {}
    for claim in claims:
        rest = [compared for compared in claims if compared is not claim]
        fitting = [way for way in ways if _by_any(rest, way, claims).number]
        if fitting:
            suspects[claim.id] = _nearest(claim, rest, fitting, claims)
    everything = tuple(claim.id for claim in claims)
    for claim in claims:
        compared_ids = tuple(name for name in everything if name != claim.id)
        if not suspects:
            why = f"No table of {_in_words(ways[0])} gives {', '.join(map(_words, claims))} at once, in any average."
            yield Outcome(claim.id, NAME, CONTRADICTION, why, compared_ids=compared_ids)
        elif claim.id in suspects:
            suspect, together = suspects[claim.id], ", ".join(_words(c) for c in claims if c is not claim)
            why = f"No table of {_in_words(ways[0])} gives {_words(claim)} together with {together}."
            size = distance(suspect.nearest, claim)
            yield Outcome(claim.id, NAME, CONTRADICTION, why, _instead(claim, suspect), compared_ids, size=size)
        else:
            why = f"Missing: metrics that fit each other; a table is there once {' or '.join(suspects)} is left out."
            yield Outcome(claim.id, NAME, NOT_CHECKABLE, why)


def _nearest(claim: Claim, rest: list[Claim], ways: list[Way], together: Sequence[Claim]) -> Suspect:
    """What the number is in the tables that give the rest, by the plainest reading by which there are any.

    There must be some by any reading.
    """
    suspects = []
    for way in ways:
        names = list(way)
        for reading in readings([claim, *rest], names):
            strips = _tables([rates(compared, reading, names, together) for compared in rest], way)
            if strips.number:
                break
        else:
            strips, reading = _by_any(rest, way, together), next(readings([claim], names))
        if strips.number:
            suspects += [values_within(rate, strips) for rate in rates(claim, reading, names)]
    return min(suspects, key=lambda suspect: abs(suspect.nearest - claim.scaled))


def _instead(claim: Claim, suspect: Suspect) -> str:
    which = "the only table" if suspect.tables == 1 else f"the nearest of {suspect.tables} tables"
    return f"{near(suspect.nearest, claim)} ({which})"


def _words(claim: Claim) -> str:
    return f"{shown(claim)} ({claim.metric.removeprefix('macro_')})"


def _example(fit: Fit) -> str:
    table = fit.strips.example()
    right = (table[0], table[3])
    parts = zip(right, fit.way.items(), strict=True)
    return " and ".join(f"{k} of {size} {name}" for k, (name, size) in parts) + " right"
