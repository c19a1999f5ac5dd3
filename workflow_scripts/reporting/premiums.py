"""The leak premium of every run: published protocol minus each protocol without leaks."""

import numpy as np

from workflow_scripts.contracts.aggregation import Aggregation
from workflow_scripts.contracts.run_tables import PREDICTIONS, class_columns, units_of
from workflow_scripts.evaluation.drawn_together import drawn_together
from workflow_scripts.evaluation.grid import Grid
from workflow_scripts.evaluation.premium import leak_premium
from workflow_scripts.kinds.kind import CombinedKind
from workflow_scripts.reporting.reproduced import Value
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.runtime.run_address import PREDICTIONS_FILE
from workflow_scripts.runtime.seeds import seed_for


def premiums(results: Results) -> dict[str, dict[str, Value]]:
    """{leak-free protocol: {run: difference of the headline metric, with its interval}}; n: published test units.

    Both sides are judged as the published protocol judges, samples with samples or units with units: what is left is
    due to the split alone, and is a part of the published number. The difference of two numbers of which one is
    aggregated would take what aggregation gains from what leaks do. Where a split by sample tears units apart, the
    published side makes a unit of fewer samples than the other and is the less certain one: if anything, the premium
    then looks too small.

    Empty where no protocol has the role as_published, where nothing clusters, where that one has no leaks or no test
    subset, or where none that has a test subset is free of leaks. A run that learned from another study's samples has
    none: nothing of this one's can leak into it.
    """
    published = results.as_published
    if published is None or published.nothing_clusters or published.leak_free or published.reported != "test":
        return {}
    settings = results.settings
    by_protocol: dict[str, dict[str, Value]] = {}
    for protocol in results.leak_free:
        for name, run in published.runs.items():
            if run.kind.of_another_study:
                continue
            purpose = (settings.study, protocol.name, "test", settings.seed, "premium")
            rng = np.random.default_rng(seed_for(*purpose))
            draws = settings.evaluate.bootstrap
            judged = judged_as(results, protocol, name, published.aggregation)
            premium = leak_premium(run.units, judged, results.headline, draws, rng)
            difference, low, high = (
                None if np.isnan(number) else float(number)
                for number in (premium.difference, premium.low, premium.high)
            )
            by_protocol.setdefault(protocol.name, {})[name] = Value(difference, low, high, premium.n_published)
    return by_protocol


def judged_words(results: Results) -> str:
    """How both sides of the premium are judged, where the protocols differ in that; else empty."""
    published = results.as_published
    if published is None or all(protocol.aggregation == published.aggregation for protocol in results.leak_free):
        return ""
    how = published.aggregation.words
    return f"Both sides are judged as {published.name} judges, {how}: what aggregation gains is no part of it."


def judged_as(results: Results, protocol: Protocol, name: str, aggregation: Aggregation) -> Grid:
    """What a run judged under a protocol, its samples aggregated in this way whatever the protocol's own.

    Of another way than that, units are made anew from predictions.csv; a run that combines others has only predictions
    of what these judged, and is combined anew of theirs.
    """
    run = protocol.runs[name]
    if aggregation == protocol.aggregation:
        return run.units
    kind = run.kind
    if isinstance(kind, CombinedKind):
        grids = {source: judged_as(results, protocol, source, aggregation) for source in kind.own_sources()}
        units = {key: {source: grid[key] for source, grid in grids.items()} for key in run.jobs}
        return run.units.with_tables({key: kind.combine(tables).units for key, tables in units.items()})
    tables = {}
    for key, folder in zip(run.jobs, run.folders, strict=True):
        path = folder / PREDICTIONS_FILE
        predictions = drawn_together(PREDICTIONS.read(path), results.joined)
        tables[key] = units_of(predictions, class_columns(results.classes), aggregation, str(path))
    return run.units.with_tables(tables)
