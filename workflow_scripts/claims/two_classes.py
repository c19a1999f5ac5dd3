"""Two classes: every possible table of right and wrong answers, held against all printed metrics at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, NOT_CHECKABLE, NOTE, Outcome, shared_outcome
from workflow_scripts.claims.printed import ANY, CUT, ROUNDED, distance, interval, near, shown
from workflow_scripts.claims.readings import ROUNDED as KIND_ROUNDED
from workflow_scripts.claims.readings import Reading, Values, readings
from workflow_scripts.claims.scores import harmonic
from workflow_scripts.claims.sizes import ROUNDED_SHARE, Sizes, groups, measured, printed_together
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.metric_names import CLASS_METRICS, SUBSET_METRICS

if TYPE_CHECKING:
    import numpy as np

NAME = "2x2 tables"
# Beyond this many tables nearly everything fits and the enumeration takes long.
MOST_TABLES = 3_000_000
_MIXED = (
    "Each number may be an average of its own, of class values that were rounded before: {table} would give these "
    "numbers."
)
_KNOWN = ("accuracy", "precision", "sensitivity", "specificity", "f1")
# Which metrics F1 follows from, of one class and of means.
_PARTS = {"f1": ("precision", "sensitivity"), "macro_f1": ("macro_precision", "macro_sensitivity")}


@dataclass(frozen=True)
class Division:
    """Class sizes, every table with them, and what these give."""

    way: dict[str, int]
    tables: "np.ndarray"
    values: Values

    @property
    def words(self) -> str:
        return " and ".join(f"{size} {name}" for name, size in self.way.items())


def check(published: Published) -> Iterator[Outcome]:
    """The metrics printed together for one run and two classes must all come from one 2x2 table.

    All rounded, all cut off, or each in its own way; means over the classes plain, weighted by class size, or of class
    values that were rounded before; F1 of the classes or of the means; a class metric of a class that is not named may
    be of either class or a mean: the same way for all, else each of exact class values in its own. What fits only with
    rounded class values, each number in a way of its own, is a note. If no table fits, those numbers are suspects
    without any one of which a table fits. Reference: A. Fazekas, G. Kovács, Testing the
    consistency of performance scores reported for binary classification problems, arXiv:2310.12527 (2023).
    """
    sizes = Sizes(published)
    for (study, run, subset), group in groups(list(_candidates(published)), "study", "run", "subset"):
        ways = [way for way in sizes.by_class(study, subset, run) if len(way) == 2]
        for place in dict.fromkeys(map(printed_together, group)):
            here = [claim for claim in group if printed_together(claim) == place]
            if len({claim.metric for claim in here}) < 2:
                continue
            if ways and all(_count(way) <= MOST_TABLES for way in ways):
                behind = sizes.behind(here[0])
                for outcome in _alone_and_together(here, [_division(way) for way in ways], group):
                    outcome = replace(outcome, compared_ids=(*outcome.compared_ids, *behind))
                    noted = behind and outcome.outcome == CONTRADICTION
                    yield replace(outcome, outcome=NOTE, innocent=ROUNDED_SHARE) if noted else outcome


def excluding(claims: list[Claim], sizes: Sizes) -> str:
    """The class sizes, in words, of which no table gives all these numbers, each in an average of its own.

    claims: of one study, run and subset. Empty where a table does, or where sizes are unknown, too many or of more
    than two classes.
    """
    ways = sizes.by_class(claims[0].study, claims[0].subset, claims[0].run)
    unknown = not ways or any(len(way) != 2 or _count(way) > MOST_TABLES for way in ways)
    if unknown or any(claim.metric.removeprefix("macro_") not in _KNOWN for claim in claims):
        return ""
    divisions = [_division(way) for way in ways]
    possible = any(_by_all(_each_for_itself(claims, division, exact=False)).any() for division in divisions)
    return "" if possible else divisions[0].words


def _candidates(published: Published) -> Iterator[Claim]:
    for claim in measured(published):
        if claim.metric in (*SUBSET_METRICS, *CLASS_METRICS) and claim.metric.removeprefix("macro_") in _KNOWN:
            yield claim


def _count(way: dict[str, int]) -> int:
    first, second = way.values()
    return (first + 1) * (second + 1)


def tables(way: dict[str, int]) -> "np.ndarray":
    """Every 2x2 table with these class sizes: tables × true class × predicted class."""
    import numpy as np

    first, second = way.values()
    first_right, second_right = (part.ravel() for part in np.mgrid[: first + 1, : second + 1])
    return np.stack(
        [np.stack([first_right, first - first_right], -1), np.stack([second - second_right, second_right], -1)], -2
    )


def _division(way: dict[str, int]) -> Division:
    every = tables(way)
    return Division(way, every, Values(every, way))


def _alone_and_together(claims: list[Claim], divisions: list[Division], everywhere: list[Claim]) -> Iterator[Outcome]:
    """What no table gives even alone says nothing of the others; these are then judged together.

    claims: printed in one place; everywhere: all of the same run and subset. An F1 that no table gives may be that of a
    precision and a sensitivity that are printed.
    """
    possible = []
    for claim in claims:
        if any(fits.any() for _, _, fits in _views([claim], divisions, (ANY,), [])):
            possible.append(claim)
        elif any(_inside(claim, f1, ANY) for f1 in _of_printed(claim, everywhere)):
            why = "It is the F1 of the printed precision and sensitivity."
            yield Outcome(claim.id, NAME, CONSISTENT, why)
        # Of an accuracy alone the check of its granularity has more to say.
        elif claim.metric != "accuracy":
            why = f"No table of {divisions[0].words} gives {_words(claim)}, whatever the other numbers and the average."
            nearest, size = _instead(claim, [(division, None) for division in divisions])
            yield Outcome(claim.id, NAME, CONTRADICTION, why, nearest, size=size)
    if len({claim.metric for claim in possible}) > 1:
        yield from _judge(possible, divisions)


def _judge(claims: list[Claim], divisions: list[Division]) -> Iterator[Outcome]:
    for modes in ((ROUNDED, CUT), (ANY,)):
        for division, reading, fits in _views(claims, divisions, modes, claims):
            if (number := int(_by_all(fits).sum())) > 0:
                example = _table(division, _by_all(fits))
                count_in_words = (
                    f"{number} tables fit, for example {example}" if number > 1 else f"Only one table fits: {example}"
                )
                word = f" ({reading.words})" if reading.words else ""
                yield from shared_outcome(claims, NAME, CONSISTENT, f"{count_in_words}{word}.", example)
                return
    for division in divisions:
        fits = _by_all(_each_for_itself(claims, division, exact=True))
        if fits.any():
            example = _table(division, fits)
            why = f"{int(fits.sum())} tables fit, for example {example} (each number in an average of its own)."
            yield from shared_outcome(claims, NAME, CONSISTENT, why, example)
            return
    mixed = [(division, _by_all(_each_for_itself(claims, division, exact=False))) for division in divisions]
    innocent = next((_MIXED.format(table=_table(division, fits)) for division, fits in mixed if fits.any()), "")
    for outcome in _contradiction(claims, divisions):
        noted = innocent and outcome.outcome == CONTRADICTION
        yield replace(outcome, outcome=NOTE, innocent=innocent) if noted else outcome


def _each_for_itself(claims: list[Claim], division: Division, exact: bool) -> "np.ndarray":
    """Which of the claims every table fits by any reading, not the same for all; exact: of exact class values only."""
    import numpy as np

    views = _views(claims, [division], (ANY,), claims)
    return np.logical_or.reduce([fits for _, reading, fits in views if not exact or reading.kind != KIND_ROUNDED])


def _contradiction(claims: list[Claim], divisions: list[Division]) -> Iterator[Outcome]:
    """No table fits: the suspects are those numbers without which one does."""
    suspects: dict[str, tuple[str, str]] = {}
    for index, claim in enumerate(claims):
        for division, _, fits in _views(claims, divisions, (ANY,), claims):
            rest = _without(fits, index)
            if rest.any():
                suspects[claim.id] = _instead(claim, [(division, rest)])
                break
    everything = tuple(claim.id for claim in claims)
    for claim in claims:
        printed_together = [_words(other_claim) for other_claim in claims if other_claim is not claim]
        compared_ids = tuple(name for name in everything if name != claim.id)
        if not suspects:
            why = f"No table of {divisions[0].words} gives {', '.join(map(_words, claims))} at once, in any average."
            yield Outcome(claim.id, NAME, CONTRADICTION, why, compared_ids=compared_ids)
        elif claim.id in suspects:
            nearest, size = suspects[claim.id]
            why = f"No table of {divisions[0].words} gives {_words(claim)} together with {', '.join(printed_together)}."
            yield Outcome(claim.id, NAME, CONTRADICTION, why, nearest, compared_ids, size=size)
        else:
            why = f"Missing: metrics that fit each other; a table is there once {' or '.join(suspects)} is left out."
            yield Outcome(claim.id, NAME, NOT_CHECKABLE, why)


def _words(claim: Claim) -> str:
    return f"{shown(claim)} ({claim.metric.removeprefix('macro_')})"


def _views(
    claims: list[Claim], divisions: list[Division], modes: tuple[str, ...], together: list[Claim]
) -> "Iterator[tuple[Division, Reading, np.ndarray]]":
    """By every reading and way of writing, which of the claims every table fits: claims × tables.

    A claim alone is judged by the tables only; beside the precision and sensitivity in `together` its F1 may be theirs.
    """
    import numpy as np

    for reading in readings(claims, list(divisions[0].way)):
        for division in divisions:
            values = [[*division.values.of(claim, reading), *_of_printed(claim, together)] for claim in claims]
            for mode in modes:
                fits = [
                    np.logical_or.reduce(
                        [
                            np.broadcast_to(_inside(claim, values_of_metric, mode), len(division.tables))
                            for values_of_metric in possible_values
                        ]
                    )
                    for claim, possible_values in zip(claims, values, strict=True)
                ]
                yield division, reading, np.stack(fits)


def _of_printed(claim: Claim, printed_there: list[Claim]) -> "list[np.ndarray]":
    """The F1 of every precision and sensitivity as they are printed."""
    import numpy as np

    printed = [
        [
            component.scaled
            for component in printed_there
            if (component.metric, component.class_name) == (name, claim.class_name)
        ]
        for name in _PARTS.get(claim.metric, ())
    ]
    return [harmonic(*map(np.array, pair)) for pair in product(*printed)] if printed else []


def _inside(claim: Claim, values: "np.ndarray", mode: str) -> "np.ndarray":
    band = interval(claim, mode)
    return (values >= band.low - 1e-12) & (values <= band.high + 1e-12)


def _by_all(fits: "np.ndarray") -> "np.ndarray":
    """Which tables all claims fit, from claims × tables."""
    import numpy as np

    return np.logical_and.reduce(fits)


def _without(fits: "np.ndarray", index: int) -> "np.ndarray":
    import numpy as np

    return _by_all(np.delete(fits, index, axis=0))


def _table(division: Division, fits: "np.ndarray") -> str:
    right = division.tables[fits.argmax()].diagonal()
    parts = zip(right, division.way.items(), strict=True)
    return " and ".join(f"{k} of {size} {name}" for k, (name, size) in parts) + " right"


def _instead(claim: Claim, rest: "list[tuple[Division, np.ndarray | None]]") -> tuple[str, str]:
    """What the claim's number is in the tables that fit all others: the nearest one, and how far it is."""
    values, many = [], 0
    for division, fits in rest:
        for reading in readings([claim], list(division.way)):
            for by_table in division.values.of(claim, reading)[:1] if not reading.digits else ():
                values += (by_table if fits is None else by_table[fits]).tolist()
        many += len(division.tables) if fits is None else int(fits.sum())
    nearest = min(values, key=lambda value: abs(value - claim.scaled))
    nearest_in_words = f"{near(nearest, claim)} ({'the only table' if many == 1 else f'the nearest of {many} tables'})"
    return nearest_in_words, distance(nearest, claim)
