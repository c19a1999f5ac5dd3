"""The same quantity printed twice, and whole sequences of numbers that repeat.

Apart from `tables.repeated_rows` and `tables.restated_cells`, which compare whole rows: here one number is compared.
"""

from collections.abc import Iterator

from workflow_scripts.claims.arithmetic.ways_of_writing import ANY, PLAIN
from workflow_scripts.claims.outcome import CONSISTENT, CONTRADICTION, FITS_ONLY_IF, NOTE, Outcome, shared_outcome
from workflow_scripts.claims.printed import distance, interval, shown
from workflow_scripts.claims.sizes import Sizes, groups
from workflow_scripts.claims.two_classes import excluding
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.metric_names import CLASS_METRICS

NAME = "printed twice"
SEQUENCES = "repeated sequence"
# Three numbers of two digits agree by chance once in many thousand papers; two may.
FEWEST = 3
_CUT_AND_TWICE = "one place is cut off and the other rounded more than once"
_FOR_EXAMPLE = "94.49 % gives 94.4 % where it is cut off and, by way of 94.5 %, 95 %."
_ANOTHER = "the places print the values of different classes, or different averages over them"
_NOT_SAID = "Of which class or which average it is, is not said; each place may print another one."
_MISPRINT = "One of the two may be a misprint, or a number of an earlier draft."
_IDENTITY = ("study", "metric", "run", "subset", "class_name", "source", "predicted")
_SAME_SCALE = {"last_epoch_accuracy": "accuracy"}


def check(published: Published) -> Iterator[Outcome]:
    """A quantity that is printed in several places (abstract, text, tables) is one number at the printed digits.

    Each place may have rounded or cut off; what fits only rounded more than once in one place and cut off in the other
    fits only if that was done. Two numbers of a metric of which the paper says neither class nor average fit only if
    they are of different ones, unless no table of right and wrong answers gives both. Reference: A. Grey, M. J.
    Bolland, A. Avenell, A. A. Klein, C. K. Gunsalus, Check for publication integrity before misconduct, Nature
    577:167-169 (2020), section Errors.
    """
    claims = [claim for claim in published.claims if not claim.against]
    sizes = Sizes(published)
    for _, group in groups(claims, *_IDENTITY):
        if len(group) < 2:
            continue
        for claim in group:
            odd = [compared for compared in group if not interval(claim, PLAIN).overlaps(interval(compared, PLAIN))]
            all_compared = odd or [
                compared for compared in group if compared is not claim and not _other_split(published, claim, compared)
            ]
            if not all_compared:
                continue
            there = "; ".join(dict.fromkeys(f"{shown(compared)} ({compared.place})" for compared in all_compared))
            word = "It is also printed as" if odd else "It is printed alike:"
            why, nearest = f"{shown(claim)}. {word} {there}.", shown(all_compared[0]) if odd else ""
            size = f"{distance(all_compared[0].scaled, claim)} as printed"
            compared_ids = tuple(compared.id for compared in all_compared)
            if not odd:
                yield Outcome(claim.id, NAME, CONSISTENT, why, nearest, compared_ids)
                continue
            outcome, innocent, reading = _judge(claim, odd, sizes)
            if outcome == CONTRADICTION and (tried := _excluded(claim, odd, sizes)):
                why += f" No table of {tried} gives both, whatever the class or the average."
            yield Outcome(claim.id, NAME, outcome, why, nearest, compared_ids, innocent, size, reading)


def _judge(claim: Claim, odd: list[Claim], sizes: Sizes) -> tuple[str, str, str]:
    """Outcome, innocent sentence and reading of a claim whose quantity is also printed otherwise."""
    if all(interval(claim, ANY).overlaps(interval(compared, ANY)) for compared in odd):
        return FITS_ONLY_IF, _FOR_EXAMPLE, _CUT_AND_TWICE
    if _is_open(claim, odd, sizes) and not _excluded(claim, odd, sizes):
        return FITS_ONLY_IF, _NOT_SAID, _ANOTHER
    return CONTRADICTION, _MISPRINT, ""


def _is_open(claim: Claim, odd: list[Claim], sizes: Sizes) -> bool:
    """Whether class and average are left open; the area under the curve is that of both classes where there are two."""
    name = claim.metric.removeprefix("macro_")
    same = name == "auc" and len(sizes.classes(claim.study, claim.run)) == 2
    average_is_stated = all("average" in entry.stated for entry in (claim, *odd))
    return name in CLASS_METRICS and claim.class_name is None and not average_is_stated and not same


def _excluded(claim: Claim, odd: list[Claim], sizes: Sizes) -> str:
    """The class sizes of which no table gives both numbers; empty where one does, or where nothing is known."""
    return excluding([claim, *odd], sizes) if _is_open(claim, odd, sizes) else ""


def _other_split(published: Published, share: Claim, second_share: Claim) -> bool:
    """Whether two equal shares are of splits that differ elsewhere: 60:20:20 and 80:20 have 20 alike by chance."""
    if share.metric != "share" or share.place == second_share.place:
        return False
    splits = [
        {c.subset: c.scaled for c in published.claims if (c.metric, c.study, c.place) == ("share", share.study, place)}
        for place in (share.place, second_share.place)
    ]
    return any(splits[0][subset] != splits[1][subset] for subset in splits[0].keys() & splits[1].keys())


def check_sequences(published: Published) -> Iterator[Outcome]:
    """Training and test accuracies of several runs are different measurements; that all of them agree is worth a note.

    Three or more runs, not all with the same number. It may be chance, or one and the same measurement. Reference:
    Nature 577:167-169 (2020), as above, section Data duplication and reporting: are identical results reported for
    different measurements.
    """
    accuracy_by_run: dict[tuple[str, str | None], dict[str, Claim]] = {}
    for claim in sorted(published.claims, key=lambda claim: claim.cell is None):
        metric = _SAME_SCALE.get(claim.metric, claim.metric)
        if claim.run and not claim.against and metric == "accuracy" and claim.relation == "equal":
            accuracy_by_run.setdefault((claim.study, claim.subset), {}).setdefault(claim.run, claim)
    for (study, subset), runs in accuracy_by_run.items():
        trained = accuracy_by_run.get((study, "train"), {})
        pairs = [(trained[run], runs[run]) for run in trained if run in runs]
        if subset in (None, "train") or len(pairs) < FEWEST or len({first.scaled for first, _ in pairs}) == 1:
            continue
        if all((first.printed, first.unit) == (second.printed, second.unit) for first, second in pairs):
            values = ", ".join(f"{shown(first)} ({published.run_name(str(first.run))})" for first, _ in pairs)
            why = f"{values} stand in two places, read as accuracies of training and of {subset}."
            assumed = dict.fromkeys(s for pair in pairs for claim in pair for s in claim.assumed.values())
            innocent = " ".join(assumed) or "They may agree by chance, or both be of the same images."
            yield from shared_outcome([claim for pair in pairs for claim in pair], SEQUENCES, NOTE, why, "", innocent)
