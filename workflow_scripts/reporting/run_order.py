"""In which order protocols and runs are shown, which run comes first, and what they are called."""

from workflow_scripts.contracts.aggregation import EACH_SAMPLE
from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.protocol_roles import AS_PUBLISHED
from workflow_scripts.contracts.step_settings.split_settings import repeats_of
from workflow_scripts.contracts.subsets import REPORTED_WORDS, SMOTE_BEFORE_SPLIT, SMOTE_MARK, marked
from workflow_scripts.evaluation.metric_registry import load
from workflow_scripts.reporting import formatting
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Protocol, Results, Run


def ordered_protocols(results: Results) -> list[Protocol]:
    """The protocol as published first, then the others by name."""
    return sorted(results.protocols.values(), key=lambda protocol: (protocol.role != AS_PUBLISHED, protocol.name))


def headline_claims(results: Results) -> list[Claim]:
    """The paper's headline claims about this study; none without a paper, or for data the paper has no number on."""
    return results.published.headline(results.settings.study) if results.published else []


def main_run(results: Results) -> str:
    """The run shown first: of the first headline claim, else the reference of the comparisons, else the only one."""
    for claim in headline_claims(results):
        if claim.run in results.settings.runs:
            return claim.run
    return reference(results) or next(iter(results.settings.runs))


def trained_run(results: Results) -> str | None:
    """The main run, or the first trained run of its study that it is made of; else None."""
    main = main_run(results)
    return next((name for name in (main, *results.kind(main).own_sources()) if results.kind(name).leaves_weights), None)


def reference(results: Results) -> str:
    """The run that the others were compared with; empty where there is only one run."""
    for protocol in results.protocols.values():
        if len(protocol.comparison):
            return protocol.comparison["reference"].iloc[0]
    return ""


def ordered_runs(results: Results) -> list[str]:
    """The main run first, then the others by name; without a paper by the headline metric, the best one first."""
    first, shown = main_run(results), results.settings.runs
    if results.published is None:
        values = {name: overall(run, results.headline).value for name, run in ranking_protocol(results).runs.items()}
        sign = 1 if formatting.lower_is_better(results.headline) else -1
        return sorted(shown, key=lambda run: (values[run] is None, sign * (values[run] or 0), run != first, run))
    return sorted(shown, key=lambda run: (run != first, run))


def ranking_protocol(results: Results) -> Protocol:
    """The protocol that runs are ranked under: the first without known leaks, else the first that is shown."""
    return next(iter(results.leak_free), ordered_protocols(results)[0])


def shown_metrics(results: Results) -> list[str]:
    """The metrics of a whole subset that tables show: the headline metric, the usual ones, those that were added."""
    added = [name for name in results.settings.evaluate.metrics if load(name).metric.level == "overall"]
    return list(dict.fromkeys([results.headline, *formatting.TABLE_METRICS, *added]))


# What a rule's words say of synthetic training samples.
_RESAMPLED = {
    "none": "",
    "smote": ", SMOTE within each training subset",
    SMOTE_BEFORE_SPLIT: f", {SMOTE_MARK}",
}


def rule_words(protocol: Protocol) -> str:
    """A split's rule in words."""
    rule = protocol.rule
    if rule.kind == "holdout":
        kind = "hold-out " + " : ".join(f"{100 * part:g}" for part in rule.fractions)
    else:
        kind = f"{rule.folds} folds" if rule.kind == "kfold" else "the user's own split"
        kind = f"{repeats_of(rule)} times {kind}" if repeats_of(rule) > 1 else kind
    resampled = _RESAMPLED[protocol.rule.resample]
    units = "" if protocol.aggregation == EACH_SAMPLE else f", {protocol.aggregation.words} is judged"
    return f"{kind}, {_kept_together(protocol)}{units}{resampled}"


def _kept_together(protocol: Protocol) -> str:
    if protocol.rule.by == "sample":
        return "each sample for itself"
    if protocol.rule.by == "unit":
        return "units kept together"
    if protocol.record.groups_known:
        return "groups kept together"
    return "duplicate free: not every group is known, so patients may repeat"


def protocol_words(protocol: Protocol) -> str:
    """A protocol's name; with what its numbers are of where it has no test subset, or SMOTE before the split."""
    marks = [] if protocol.reported == "test" else [REPORTED_WORDS[protocol.reported]]
    marks += [SMOTE_MARK] * (protocol.rule.resample == SMOTE_BEFORE_SPLIT)
    return protocol.name + (f" ({', '.join(marks)})" if marks else "")


def reported_words(protocol: Protocol) -> str:
    """What a protocol's numbers are of, for headings and captions."""
    subset = "test subset" if protocol.reported == "test" else REPORTED_WORDS[protocol.reported]
    return marked(subset, protocol.rule.resample)


def run_words(run: Run) -> str:
    """What a run is, in a few words: its kind and its networks or members."""
    return run.kind.words(run.name, run.records[0])
