"""The verdict where there is one: on a printed order, and on a printed number."""

from dataclasses import dataclass, replace

from workflow_scripts.claims.printed import interval
from workflow_scripts.contracts import verdict_table
from workflow_scripts.contracts.claims import UNITS, Claim
from workflow_scripts.evaluation.equivalence import Needed, Printed, decide_counted, needed, verdict
from workflow_scripts.evaluation.quantities import CONFUSIONS, Measured
from workflow_scripts.evaluation.uncertainty import Uncertain
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.comparable import printed_n
from workflow_scripts.reporting.judging.orders import Order, few_seeds, fraction_words, judge, power_words
from workflow_scripts.reporting.judging.reproduced_estimates import Answer
from workflow_scripts.reporting.results import Protocol, Results


@dataclass(frozen=True)
class ProtocolArm:
    """A protocol with its runs measured."""

    protocol: Protocol
    measures: Measured


@dataclass(frozen=True)
class Decision:
    """A verdict of contracts.verdict_table, and why, in one or two sentences."""

    verdict: str
    why: str


def decide_order(results: Results, arm: ProtocolArm, order: Order) -> Decision:
    """Whether the runs, subsets or classes here are in the printed order; raises AbsentError where a number is not."""
    judgement = judge(results, arm.protocol, arm.measures, order)
    order_holds = order.by + fraction_words(judgement, len(results.settings.seeds))
    chance = verdict_table.OWN_CHANCE if judgement.verdict in verdict_table.DECIDED else ""
    power = power_words(printed_n(results, order.subject), None, judgement.discordance)
    return Decision(judgement.verdict, " ".join(filter(None, (order_holds, power, chance))))


def decide_number(results: Results, claim: Claim, obtained: Answer, leak_free: Answer) -> Decision:
    """Whether the obtained number is the printed one within the margin, and what that without leaks says."""
    printed = interval(claim)
    uncertain, value = obtained.uncertain, obtained.value.value
    if uncertain is None:
        assert value is not None  # else `missing` says why, and nothing is decided
        counted = decide_counted(Printed(printed.low, printed.high), value)
        against = gap(claim, value - claim.scaled)
        return Decision(counted, f"Counted exactly: {against} against the printed number.")
    margin = results.margin
    among = _paper_size(results, claim, obtained) if claim.metric == CONFUSIONS else 1.0
    window = Printed(printed.low / among, printed.high / among)
    decided = verdict(window, uncertain, margin)
    why = _difference(claim, window, uncertain, margin, among)
    if decided == verdict_table.CANNOT_TELL:
        seeds, n = len(results.settings.seeds), obtained.value.n or 0
        why += f" {needed_words(needed(window, uncertain, margin, n, seeds), uncertain, n, seeds)}"
    elif leak_free.uncertain is not None:
        why += f" {results.without_leaks.capitalize()}: {verdict(window, leak_free.uncertain, margin)}."
    if decided in (verdict_table.HIGHER, verdict_table.LOWER):
        why += f" {verdict_table.OWN_CHANCE}"
    return Decision(decided, why)


def _paper_size(results: Results, claim: Claim, obtained: Answer) -> float:
    """Samples of a class in the paper's subset, of which its confusions are a part; else the number here."""
    plain = replace(claim, metric="samples", n=None, predicted=None)
    for count in results.paper.claims:
        wanted = (plain.study, plain.metric, plain.subset, plain.class_name)
        if (count.study, count.metric, count.subset, count.class_name) == wanted and not count.source:
            return count.value
    return obtained.scale


def _difference(claim: Claim, window: Printed, uncertain: Uncertain, margin: float, scale: float) -> str:
    low, high = uncertain.interval()
    if low != low:
        return "No interval: too few groups, or the metric is undefined in too many draws."
    ends = [gap(claim, scale * end) for end in (low - window.high, high - window.low)]
    allowed = gap(claim, scale * margin)[1:]
    return f"Obtained minus published: {ends[0]} to {ends[1]}, rounding included; margin ±{allowed}."


def gap(claim: Claim, value: float) -> str:
    """A difference in the claim's unit, with its sign."""
    if claim.unit in ("percent", "percentage_points", "tenths"):
        return f"{formatting.points(value)} points"
    digits = {"count": 1 if claim.metric == CONFUSIONS else 0, "MB": 1}.get(claim.unit, 3)
    unit = {"count": "", "MB": " MB"}.get(claim.unit, "")
    return f"{value / UNITS[claim.unit]:+.{digits}f}{unit}".replace("-", "−")


def needed_words(more: Needed, uncertain: Uncertain, n: int, seeds: int) -> str:
    """How many more samples or seeds would decide."""
    if uncertain.sampling is None:
        return "More groups are needed."
    if not uncertain.is_known:
        return few_seeds(seeds)
    if more.units:
        return f"With this value about {formatting.plural(more.units - n, 'more sample', 'more samples')} would tell."
    if more.seeds:
        return f"With this value about {formatting.plural(more.seeds - seeds, 'more seed', 'more seeds')} would tell."
    if more.both:
        units, trainings = max(more.both[0] - n, 0), max(more.both[1] - seeds, 0)
        more_seeds = formatting.plural(trainings, "more seed")
        return f"With this value about {formatting.grouped(units)} more samples and {more_seeds} would tell."
    return "The number is printed too coarsely for this margin: more samples or seeds would not help."
