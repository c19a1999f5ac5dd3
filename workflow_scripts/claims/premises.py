"""What a check rests on: a number is called a contradiction by what its paper says, never by what was read into it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, NOTE, Outcome
from workflow_scripts.claims.sizes import ROUNDED_SHARE
from workflow_scripts.contracts.claims import Claim, Interpreted, PaperEntry
from workflow_scripts.contracts.metric_names import CLASS_METRICS, POOLED_METRICS, SUBSET_METRICS

_MEASURED = (*SUBSET_METRICS, *POOLED_METRICS, *CLASS_METRICS)
_MEANS = tuple(name for name in SUBSET_METRICS if name.startswith("macro_"))


@dataclass(frozen=True)
class _Unsaid:
    """A premise that papers seldom state.

    metrics: those that need it; unnamed: those that need it where no class is named; sentence: how all may be well
    without it; reading: in words that complete "fits only if …", where every such number fits without it, else empty.
    """

    metrics: tuple[str, ...]
    sentence: str
    reading: str = ""
    unnamed: tuple[str, ...] = ()

    def is_needed_by(self, claim: Claim) -> bool:
        """Whether a check of the number rests on it."""
        return claim.metric in self.metrics or (claim.metric in self.unnamed and claim.class_name is None)


_UNSAID = {
    "one_training": _Unsaid(
        _MEASURED,
        "The paper does not say that the number is of one training; a mean of several trainings or folds need not be "
        "what any one of them gives.",
    ),
    "average": _Unsaid(
        _MEANS,
        "The paper does not say how the classes were averaged, or of which class a number is; another may fit.",
        unnamed=CLASS_METRICS,
    ),
    "split_unit": _Unsaid(
        ("share",),
        "The paper does not say what was divided: shares of patients or slides are no shares of their images.",
        "patients or slides were divided, not the samples that are counted",
    ),
}


def weighed(outcome: Outcome, entries: Mapping[str, PaperEntry], premises: tuple[str, ...]) -> Outcome:
    """The outcome; a contradiction as what fits only if …, or as a note, where a premise is assumed or not stated.

    entries: id → what the paper prints; premises: fields of a claim, and names of contracts.paper_premises.UNSAID. It
    fits only if … where a reading is known that makes it fit: of the paper's file (`fits_if`), or of the premise.
    """
    if outcome.outcome != CONTRADICTION:
        return outcome
    involved = [entries[name] for name in (outcome.claim, *outcome.compared_ids)]
    interpreted = [entry for entry in involved if isinstance(entry, Interpreted)]
    open_premises = [(entry, premise) for entry in interpreted for premise in premises]
    sentences = [
        read[premise] for entry, premise in open_premises for read in (entry.assumed, entry.inferred) if premise in read
    ]
    readings = [entry.fits_if[premise] for entry, premise in open_premises if premise in entry.fits_if]
    claims = [entry for entry in involved if isinstance(entry, Claim)]
    for premise, unsaid in _UNSAID.items():
        needing = [claim for claim in claims if unsaid.is_needed_by(claim) and premise not in claim.stated]
        if premise in premises and needing:
            sentences.append(unsaid.sentence)
            readings += [unsaid.reading] if unsaid.reading else []
    if not sentences:
        return outcome
    innocent, reading = " ".join(dict.fromkeys(sentences)), ", or if ".join(dict.fromkeys(readings))
    return replace(outcome, outcome=FITS_ONLY_IF if reading else NOTE, innocent=innocent, reading=reading)


def of_a_share(outcomes: Iterable[Outcome], shares: tuple[str, ...]) -> Iterator[Outcome]:
    """The outcomes; where the number of samples follows from stated shares, which may be rounded ones, none accuses.

    shares: ids of these, empty where the number is printed.
    """
    for outcome in outcomes:
        outcome = replace(outcome, compared_ids=(*outcome.compared_ids, *shares))
        noted = shares and outcome.outcome == CONTRADICTION
        yield replace(outcome, outcome=NOTE, innocent=ROUNDED_SHARE) if noted else outcome
