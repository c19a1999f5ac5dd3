"""The same quantity printed twice, and whole sequences of numbers that repeat."""

from collections.abc import Iterator

from workflow_scripts.claims.outcome import INCONSISTENT, Outcome, each, verdict
from workflow_scripts.claims.printed import interval, shown
from workflow_scripts.claims.sizes import groups
from workflow_scripts.contracts.claims import Claim, Published

NAME = "printed twice"
SEQUENCES = "repeated sequence"
# Three numbers of two digits agree by chance once in many thousand papers; two may.
FEWEST = 3
_IDENTITY = ("study", "metric", "run", "subset", "class_name", "source", "predicted")
_SAME_SCALE = {"last_epoch_accuracy": "accuracy"}


def check(published: Published) -> Iterator[Outcome]:
    """A quantity that is printed in several places (abstract, text, tables) is one number at the printed digits.

    Each place may have rounded or cut off. Reference: A. Grey, M. J. Bolland, A. Avenell, A. A. Klein, C. K. Gunsalus,
    Check for publication integrity before misconduct, Nature 577:167-169 (2020), section Errors.
    """
    claims = [claim for claim in published.claims if not claim.against]
    for _, group in groups(claims, *_IDENTITY):
        if len(group) < 2:
            continue
        for claim in group:
            odd = [other for other in group if not interval(claim).meets(interval(other))]
            others = odd or [other for other in group if other is not claim]
            there = "; ".join(dict.fromkeys(f"{shown(other)} ({other.place})" for other in others))
            word = "It is also printed as" if odd else "It is printed alike:"
            yield Outcome(claim.id, NAME, verdict(not odd), f"{word} {there}.", shown(others[0]) if odd else "")


def check_sequences(published: Published) -> Iterator[Outcome]:
    """Training and test accuracies of several runs are different measurements and do not agree throughout.

    Three or more runs, not all with the same number. Reference: Nature 577:167-169 (2020), as above, section Data
    duplication and reporting: are identical results reported for different measurements.
    """
    known: dict[tuple, dict[str, Claim]] = {}
    for claim in sorted(published.claims, key=lambda claim: claim.cell is None):
        metric = _SAME_SCALE.get(claim.metric, claim.metric)
        if claim.run and not claim.against and metric == "accuracy" and claim.relation == "equal":
            known.setdefault((claim.study, claim.subset), {}).setdefault(claim.run, claim)
    for (study, subset), runs in known.items():
        trained = known.get((study, "train"), {})
        pairs = [(trained[run], runs[run]) for run in trained if run in runs]
        if subset in (None, "train") or len(pairs) < FEWEST or len({first.scaled for first, _ in pairs}) == 1:
            continue
        if all((first.printed, first.unit) == (second.printed, second.unit) for first, second in pairs):
            values = ", ".join(f"{shown(first)} ({first.run})" for first, _ in pairs)
            why = f"{values} are printed both for training and for {subset}."
            yield from each([claim for pair in pairs for claim in pair], SEQUENCES, INCONSISTENT, why)
