"""Two classes: every possible table of right and wrong answers, held against all printed metrics at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workflow_scripts.claims.outcome import CONSISTENT, INCONSISTENT, NOT_CHECKABLE, Outcome, each
from workflow_scripts.claims.printed import interval, near
from workflow_scripts.claims.scores import f1_of_means, score, scores
from workflow_scripts.claims.sizes import Sizes, groups, measured, printed_together
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.metric_names import CLASS_METRICS, SUBSET_METRICS

if TYPE_CHECKING:
    import numpy as np

NAME = "2x2 tables"
# Beyond this many tables nearly everything fits and the enumeration takes long.
MOST_TABLES = 3_000_000
_KNOWN = ("accuracy", "precision", "sensitivity", "specificity", "f1")


def check(published: Published) -> Iterator[Outcome]:
    """The metrics printed together for one run and two classes must all come from one 2x2 table.

    Each number may have been rounded or cut off; a class metric of a class that is not named may be of either, the same
    for all. If no table fits, those numbers are suspects without any one of which a table fits. Reference: A. Fazekas,
    G. Kovács, Testing the consistency of performance scores reported for binary classification problems,
    arXiv:2310.12527 (2023).
    """
    sizes = Sizes(published)
    for (study, run, subset), group in groups(list(_candidates(published)), "study", "run", "subset"):
        ways = [way for way in sizes.by_class(study, subset, run) if len(way) == 2]
        for place in dict.fromkeys(map(printed_together, group)):
            here = [claim for claim in group if printed_together(claim) == place]
            if len({claim.metric for claim in here}) < 2:
                continue
            if ways and all(_count(way) <= MOST_TABLES for way in ways):
                yield from _alone_and_together(here, ways)


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
    right, other = (part.ravel() for part in np.mgrid[: first + 1, : second + 1])
    return np.stack([np.stack([right, first - right], -1), np.stack([second - other, other], -1)], -2)


def _alone_and_together(claims: list[Claim], ways: list[dict[str, int]]) -> Iterator[Outcome]:
    """What no table gives even alone says nothing of the others; these are then judged together."""
    possible = []
    for claim in claims:
        if any(fits.any() for way in ways for _, fits in _views([claim], way)):
            possible.append(claim)
        else:
            why = f"No table of {_sizes(ways[0])} gives this number, whatever the others."
            everything = [(way, scores(tables(way))["accuracy"] >= 0) for way in ways]
            yield Outcome(claim.id, NAME, INCONSISTENT, why, _instead(claim, everything))
    if len({claim.metric for claim in possible}) > 1:
        yield from _judge(possible, ways)


def _sizes(way: dict[str, int]) -> str:
    return " and ".join(f"{size} {name}" for name, size in way.items())


def _judge(claims: list[Claim], ways: list[dict[str, int]]) -> Iterator[Outcome]:
    views = [(way, named, fits) for way in ways for named, fits in _views(claims, way)]
    found = [(way, named, fits.all(0)) for way, named, fits in views]
    number = sum(int(fits.sum()) for _, _, fits in found)
    if number:
        way, named, fits = next(view for view in found if view[2].any())
        told = f"{number} tables fit, for example" if number > 1 else "Only one table fits:"
        told = f"{told} {_table(way, fits)}"
        word = f" ({named} being positive)" if named else ""
        yield from each(claims, NAME, CONSISTENT, f"{told}{word}.", _table(way, fits))
        return
    suspects = {}
    for index, claim in enumerate(claims):
        rest = [(way, _without(fits, index)) for way, _, fits in views]
        rest = [(way, fits) for way, fits in rest if fits.any()]
        if rest:
            suspects[claim.id] = _instead(claim, rest)
    sizes = _sizes(ways[0])
    for claim in claims:
        if not suspects:
            yield Outcome(claim.id, NAME, INCONSISTENT, f"No table of {sizes} gives these metrics, nor all but one.")
        elif claim.id in suspects:
            why = f"No table of {sizes} gives this number together with the others printed there."
            yield Outcome(claim.id, NAME, INCONSISTENT, why, suspects[claim.id])
        else:
            why = f"Missing: metrics that fit each other; a table is there once {' or '.join(suspects)} is left out."
            yield Outcome(claim.id, NAME, NOT_CHECKABLE, why)


def _views(claims: list[Claim], way: dict[str, int]) -> "Iterator[tuple[str, np.ndarray]]":
    """For each class that an unnamed class metric may be of: its name ("" if none is unnamed), claims × tables."""
    import numpy as np

    names = list(way)
    found = scores(tables(way))
    unnamed = any(claim.metric in CLASS_METRICS and claim.class_name is None for claim in claims)
    for positive in range(2 if unnamed else 1):
        fits = []
        for claim in claims:
            index = names.index(claim.class_name) if claim.class_name in names else positive
            fitting = _inside(claim, score(found, claim.metric, index))
            if claim.metric == "macro_f1":
                fitting |= _inside(claim, f1_of_means(found))
            fits.append(fitting)
        yield names[positive] if unnamed else "", np.stack(fits)


def _inside(claim: Claim, values: "np.ndarray") -> "np.ndarray":
    band = interval(claim)
    return (values >= band.low - 1e-12) & (values <= band.high + 1e-12)


def _without(fits: "np.ndarray", index: int) -> "np.ndarray":
    import numpy as np

    return np.delete(fits, index, axis=0).all(0)


def _table(way: dict[str, int], fits: "np.ndarray") -> str:
    right = tables(way)[fits.argmax()].diagonal()
    return " and ".join(f"{k} of {size} {name}" for k, (name, size) in zip(right, way.items(), strict=True)) + " right"


def _instead(claim: Claim, rest: "list[tuple[dict[str, int], np.ndarray]]") -> str:
    """What the claim's number is in the tables that fit all others: the nearest one."""
    values = []
    for way, fits in rest:
        found = scores(tables(way)[fits])
        for index in (0, 1):
            if (value := score(found, claim.metric, index)) is not None:
                values += value.tolist()
    nearest = min(values, key=lambda value: abs(value - claim.scaled))
    many = sum(int(fits.sum()) for _, fits in rest)
    return f"{near(nearest, claim)} ({'the only table' if many == 1 else f'the nearest of {many} tables'})"
