"""The first screen of a report without a paper: which run is best, and what may be said of the others."""

from collections.abc import Mapping
from typing import Any

from workflow_scripts.reporting.ranking import ranking, sentences
from workflow_scripts.reporting.reproduced import Value, overall
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols


def ranking_screen(results: Results, premiums: Mapping[str, Mapping[str, Value]]) -> dict[str, Any]:
    """Runs, best first, with their headline metric under every protocol; nothing of a study that has a paper."""
    if results.published is not None:
        return {}
    ranked, metric = ranking(results), results.headline
    under = sorted(ordered_protocols(results), key=lambda protocol: protocol.name != ranked.protocol.name)
    return {
        "ranking": ranked,
        "ranking_sentences": sentences(results, ranked, premiums),
        "ranked_under": under,
        "ranked_values": {
            protocol.name: {run.name: overall(protocol.runs[run.name], metric) for run in ranked.runs}
            for protocol in under
        },
    }
