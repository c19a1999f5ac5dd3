"""The leak premium of every run: published protocol minus each protocol without leaks."""

import numpy as np

from workflow_scripts.evaluation.premium import leak_premium
from workflow_scripts.reporting.obtained import Value
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.runtime.seeds import seed_for


def premiums(results: Results) -> dict[str, dict[str, Value]]:
    """{leak-free protocol: {run: difference of the headline metric, with its interval}}; n: published test units.

    Empty where no protocol has the role as_published, where nothing clusters, where that one has no leaks or no test
    subset, or where none that has a test subset is free of leaks. A run that learned from another study's samples has
    none: nothing of this one's can leak into it.
    """
    published = results.as_published
    if published is None or published.nothing_clusters or published.leak_free or published.reported != "test":
        return {}
    settings = results.settings
    found: dict[str, dict[str, Value]] = {}
    for protocol in results.leak_free:
        for name, run in published.runs.items():
            if settings["runs"][name]["spec"]["kind"] == "external":
                continue
            purpose = (settings["study"], protocol.name, "test", settings["seed"], "premium")
            rng = np.random.default_rng(seed_for(*purpose))
            draws = settings["evaluate"]["bootstrap"]
            premium = leak_premium(_units(run), _units(protocol.runs[name]), results.headline, draws, rng)
            numbers = [
                None if np.isnan(number) else float(number)
                for number in (premium.difference, premium.low, premium.high)
            ]
            found.setdefault(protocol.name, {})[name] = Value(*numbers, premium.n_published)
    return found


def _units(run: Run) -> dict[tuple[int, int], object]:
    return dict(zip(run.jobs, run.units, strict=True))
