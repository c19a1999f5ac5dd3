"""Printed orders: the best of several runs, one above another, one class below the others."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workflow_scripts.contracts.claims import Claim, Statement
from workflow_scripts.evaluation.detectable import detectable_paired, detectable_unpaired
from workflow_scripts.evaluation.order_verdict import OrderDecision, decide_leads, fraction_in_order
from workflow_scripts.evaluation.quantities import Measured, discordant
from workflow_scripts.evaluation.uncertainty import FEWEST_GROUPS, FEWEST_TRAININGS, Uncertain, with_common_spread
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.judging.reproduced_estimates import quantity
from workflow_scripts.reporting.reproduced import answered_by
from workflow_scripts.reporting.results import Protocol, Results

FEW_GROUPS = f"Samples of at least {FEWEST_GROUPS} groups are needed, patients where they are known."


@dataclass(frozen=True)
class Order:
    """A claimed order. subject: the number that is spoken of; field, rivals: it again with that field replaced.

    relation: higher, lower, second, or highest (no rival is above). by: said where the paper does not name the metric.
    """

    subject: Claim
    field: str
    rivals: tuple[str, ...]
    relation: str
    by: str = ""

    @property
    def runs(self) -> list[str]:
        """Every run that it needs."""
        own = [self.subject.run] if self.subject.run else []
        return list(dict.fromkeys([*own, *(self.rivals if self.field == "run" else ())]))


@dataclass(frozen=True)
class OrderVerdict:
    """Decision, fraction of draws in the printed order, leads, folds that each is a mean of, largest discordance with a
    rival (None: not of runs)."""

    decision: OrderDecision
    fraction: float
    leads: list[Uncertain]
    folds: int
    discordance: float | None


def order_of(entry: Claim | Statement, headline: str) -> Order | None:
    """The order that an entry says; None of a claim that says none. headline: the metric where none is named."""
    if isinstance(entry, Statement):
        metric = entry.metric or headline
        subject = Claim(
            entry.id, entry.place, entry.study, metric, 0.0, "fraction", subset=entry.subset, run=entry.run,
            class_name=entry.class_name,
        )  # fmt: skip
        by = "" if entry.metric else f"By what is not said; here by {formatting.metric_name(metric).lower()}. "
        return Order(subject, entry.compared_field, entry.compared_values, entry.relation, by)
    if entry.relation == "highest":
        return Order(entry, "run", tuple(run for run in entry.among if run != entry.run), "highest")
    return None


def judge(results: Results, protocol: Protocol, measures: Measured, order: Order) -> OrderVerdict:
    """The order by the leads over the rivals; raises AbsentError where a number is not there."""
    sign = -1 if order.relation == "lower" else 1
    pooled_leads, leads, folds = [], [], 1
    over = tuple(sorted({answered_by(protocol, claim.subset) for claim in (order.subject, *_claims(order))}))
    resampler = measures.resampler(over)
    for rival in order.rivals:
        lead = quantity(results, protocol, measures, replace(order.subject, against={order.field: rival}))
        leads.append(replace(lead.uncertain, value=sign * lead.uncertain.value))
        pooled_leads.append(sign * lead.pooled(resampler))
        folds = len(lead.points)
    discordance = None
    if order.field == "run":
        subset = answered_by(protocol, order.subject.subset)
        assert order.subject.run is not None  # it was measured above
        own = measures.runs[order.subject.run]
        discordance = max(discordant(own, measures.runs[name], subset) for name in order.rivals)
        of_runs = (replace(order.subject, run=name) for name in order.runs)
        points = [quantity(results, protocol, measures, claim).points for claim in of_runs]
        leads = with_common_spread(leads, points)
    above, strict = int(order.relation == "second"), order.relation != "highest"
    fraction = fraction_in_order(pooled_leads, leads, above, strict)
    return OrderVerdict(decide_leads(leads, above, strict), fraction, leads, folds, discordance)


def _claims(order: Order) -> list[Claim]:
    fields: list[dict[str, Any]] = [{order.field: rival} for rival in order.rivals]
    return [replace(order.subject, **rival) for rival in fields]


def few_seeds(seeds: int, folds: int) -> str:
    """That there are too few training seeds, and how many more it takes: each beyond the first counts in every fold."""
    fewest = 1 + math.ceil((FEWEST_TRAININGS - 1) / folds)
    more = formatting.plural(fewest - seeds, "more seed is", "more seeds are")
    return f"{formatting.plural(seeds, 'training seed')}: how far trainings differ is unknown, at least {more} needed."


def fraction_words(judgement: OrderVerdict, seeds: int) -> str:
    """In which fraction of the draws the order holds, and what is unknown."""
    if np.isnan(judgement.fraction):
        return "The order is undefined in the bootstrap draws."
    text = f"The order is as printed in {100 * judgement.fraction:.0f} % of the bootstrap draws."
    if any(not lead.are_groups_enough for lead in judgement.leads):
        return f"{text} {FEW_GROUPS}"
    if any(not lead.is_known for lead in judgement.leads):
        return f"{text} {few_seeds(seeds, judgement.folds)}"
    return text


def power_words(n: int | None, accuracy: float | None, discordance: float | None) -> str:
    """How large a difference of two accuracies the paper's number of samples could show at all.

    accuracy: to start from; discordance: as seen here, where both runs are. Empty where n is unknown.
    """
    if not n or (discordance is None and accuracy is None):
        return ""
    if discordance:
        smallest = detectable_paired(discordance, n)
        how = f"paired, with the {100 * discordance:.1f} % of samples that differ here"
    elif accuracy is not None:
        smallest, how = detectable_unpaired(accuracy, n), "two proportions, an upper bound for pairs"
    else:
        return ""
    shown = f"show differences in accuracy from {100 * smallest:.1f} points on"
    if math.isinf(smallest):
        shown = "are too few to show any difference in accuracy"
    return f"The paper's {formatting.grouped(n)} samples {shown} (80 % power, 5 %; {how})."
