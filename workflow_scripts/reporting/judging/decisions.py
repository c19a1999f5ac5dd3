"""The verdict where there is one: on a printed order, and on a printed number."""

from dataclasses import dataclass

from workflow_scripts.claims.printed import interval
from workflow_scripts.contracts import verdict_table
from workflow_scripts.contracts.claims import UNITS, Claim
from workflow_scripts.contracts.paper_premises import FIXED_TEST_SET
from workflow_scripts.evaluation.equivalence import (
    FEWEST_AT_THE_EDGE,
    Difference,
    Needed,
    Printed,
    decide_counted,
    needed,
    verdict,
)
from workflow_scripts.evaluation.paper_chance import PaperSample, paper_chance, paper_chance_of_share
from workflow_scripts.evaluation.quantities import CONFUSIONS, Measured
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.comparable import judged, printed_n
from workflow_scripts.reporting.judging.orders import FEW_GROUPS, Order, few_seeds, fraction_words, judge, power_words
from workflow_scripts.reporting.judging.reproduced_estimates import Answer
from workflow_scripts.reporting.reproduced import answered_by
from workflow_scripts.reporting.results import Protocol, Results

# The kind of a protocol whose split was made elsewhere, as a public one is.
_FIXED = "file"


@dataclass(frozen=True)
class ProtocolArm:
    """A protocol with its runs measured."""

    protocol: Protocol
    measures: Measured


@dataclass(frozen=True)
class Evidence:
    """What a verdict on a number rests on, in the unit of `difference`; see contracts.verdict_table for each part."""

    difference: Difference
    margin: float


@dataclass(frozen=True)
class Decision:
    """A verdict of contracts.verdict_table, and why, in one or two sentences.

    p_value: of no difference, or of no order but the printed one; None of what is counted. evidence: of a number.
    """

    verdict: str
    why: str
    p_value: float | None = None
    evidence: Evidence | None = None


def decide_order(results: Results, arm: ProtocolArm, order: Order) -> Decision:
    """Whether the runs, subsets or classes here are in the printed order; raises AbsentError where a number is not."""
    judgement = judge(results, arm.protocol, arm.measures, order)
    order_holds = order.by + fraction_words(judgement, len(results.settings.seeds))
    power = power_words(printed_n(results, order.subject), None, judgement.discordance)
    decision = judgement.decision
    return Decision(decision.verdict, " ".join(filter(None, (order_holds, power))), decision.p_value)


def decide_number(
    results: Results, claim: Claim, arm: ProtocolArm, obtained: Answer, free: ProtocolArm | None, leak_free: Answer
) -> Decision:
    """Whether the obtained number is the printed one within the margin, and what that without leaks says."""
    printed, value = interval(claim), obtained.value.value
    if obtained.uncertain is None:
        assert value is not None  # else `missing` says why, and nothing is decided
        counted = decide_counted(Printed(printed.low, printed.high), value)
        against = gap(claim, value - claim.scaled)
        return Decision(counted, f"Counted exactly: {against} against the printed number.")
    among = _paper_size(results, claim, obtained) if claim.metric == CONFUSIONS else 1.0
    window = Printed(printed.low / among, printed.high / among)
    difference = difference_to(results, claim, arm.protocol, obtained, window)
    margin = results.margins.of(claim.metric)
    decided = verdict(difference, margin)
    sentences = [
        _difference_words(claim, difference, margin, among),
        *_premises(results, claim, arm.protocol, obtained),
    ]
    if decided == verdict_table.CANNOT_TELL:
        seeds, n = len(results.settings.seeds), obtained.value.n or 0
        folds = len(obtained.quantity.points) if obtained.quantity else len(arm.protocol.record.counts)
        sentences.append(needed_words(needed(difference, margin, n, seeds), difference, n, seeds, folds))
    elif free is not None and leak_free.uncertain is not None:
        without = verdict(difference_to(results, claim, free.protocol, leak_free, window), margin)
        sentences.append(f"{results.without_leaks.capitalize()}, for itself: {without}.")
    return Decision(decided, " ".join(filter(None, sentences)), difference.p_value, Evidence(difference, margin))


def difference_to(results: Results, claim: Claim, protocol: Protocol, obtained: Answer, window: Printed) -> Difference:
    """Obtained minus published with the chance of both sides; `window` in the unit of the obtained uncertainty."""
    assert obtained.uncertain is not None  # it is not counted
    size = relative_size(results, claim, protocol, obtained)
    sample = PaperSample(window.middle, size or 1.0, claim.trainings or 1, _same_images(claim, protocol))
    if obtained.quantity is not None:
        chance = paper_chance(obtained.quantity, claim.metric, sample)
    else:
        images = obtained.value.n or 0
        chance = paper_chance_of_share(obtained.uncertain, images, len(results.settings.seeds), sample)
    return Difference(obtained.uncertain, window, chance)


def _same_images(claim: Claim, protocol: Protocol) -> bool:
    """Whether the paper tests on a fixed public set, and the protocol takes a split that was made elsewhere."""
    return FIXED_TEST_SET in claim.stated and protocol.rule.kind == _FIXED


def relative_size(results: Results, claim: Claim, protocol: Protocol, obtained: Answer) -> float | None:
    """The paper's samples over those here, of the class where it is about one; None where the paper does not say."""
    if claim.class_name and (printed := _class_size(results, claim)) and obtained.value.n:
        return printed / obtained.value.n
    total = printed_n(results, claim)
    subset = answered_by(protocol, claim.subset)
    here = judged(protocol, claim.run, subset) if claim.run in protocol.runs else 0
    return total / here if total and here else None


def _class_size(results: Results, claim: Claim) -> float | None:
    """Samples of a class in the paper's subset, where it prints them."""
    wanted = (claim.study, "samples", claim.subset, claim.class_name)
    sizes = (count for count in results.paper.claims if not count.source and not count.run)
    return next((c.value for c in sizes if (c.study, c.metric, c.subset, c.class_name) == wanted), None)


def _paper_size(results: Results, claim: Claim, obtained: Answer) -> float:
    """Samples of a class in the paper's subset, of which its confusions are a part; else the number here."""
    return _class_size(results, claim) or obtained.scale


def _premises(results: Results, claim: Claim, protocol: Protocol, obtained: Answer) -> list[str]:
    """What is taken of the paper's side, where it does not say it."""
    if _same_images(claim, protocol):
        return ["The very same test images are judged: what their choice does cancels."]
    if relative_size(results, claim, protocol, obtained) is None:
        return ["The paper's samples are taken to be as many as here."]
    return []


def _difference_words(claim: Claim, difference: Difference, margin: float, scale: float) -> str:
    """The interval of the difference, the margin, and the parts of the interval."""
    low, high = difference.interval()
    if low != low:
        return "No interval: too few groups, or the metric is undefined in too many draws."
    ends = [gap(claim, scale * end) for end in (low, high)]
    allowed = gap(claim, scale * margin)[1:]
    return f"Obtained minus published: {ends[0]} to {ends[1]}, the paper's own chance included; margin ±{allowed}."


def gap(claim: Claim, value: float) -> str:
    """A difference in the claim's unit, with its sign."""
    if claim.unit in ("percent", "percentage_points", "tenths"):
        return f"{formatting.points(value)} points"
    digits = {"count": 1 if claim.metric == CONFUSIONS else 0, "MB": 1}.get(claim.unit, 3)
    unit = {"count": "", "MB": " MB"}.get(claim.unit, "")
    return f"{value / UNITS[claim.unit]:+.{digits}f}{unit}".replace("-", "−")


def needed_words(more: Needed, difference: Difference, n: int, seeds: int, folds: int) -> str:
    """How many more seeds or samples would decide, or that none would; folds: of how many the number is a mean."""
    joined = difference.uncertain
    if not joined.are_groups_enough:
        return FEW_GROUPS
    if not joined.is_known:
        few = few_seeds(seeds, folds)
        without = "The interval leaves out trainings, here and there: it is too short."
        return f"{few} {without}" if joined.training is None else few
    if difference.is_at_the_edge:
        return (
            f"Within a point of 0 or 100 % trainings spread to one side: {formatting.plural(seeds, 'seed')} may show "
            f"none of the few that fall far, and it takes {FEWEST_AT_THE_EDGE}."
        )
    if more.paper_units is not None:
        times = f"{more.paper_units:.1f}" if more.paper_units < 10 else f"{more.paper_units:.0f}"
        return f"At this value the paper's own samples can never tell: it would take {times} times as many."
    if more.paper_trainings:
        return "With this value it can never be told of the paper's one training: it takes the mean of more."
    if more.seeds:
        return f"With this value about {formatting.plural(more.seeds - seeds, 'more seed', 'more seeds')} would tell."
    if more.units:
        return f"With this value about {formatting.plural(more.units - n, 'more sample', 'more samples')} would tell."
    if more.both:
        units, trainings = max(more.both[0] - n, 0), max(more.both[1] - seeds, 0)
        more_seeds = formatting.plural(trainings, "more seed")
        return f"With this value about {formatting.grouped(units)} more samples and {more_seeds} would tell."
    return "The number is printed too coarsely for this margin: more samples or seeds would not help."
