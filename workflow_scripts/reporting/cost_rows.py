"""What each run of a study is, how large it is and what it cost: the rows of costs.csv."""

import pandas as pd

from workflow_scripts.contracts.run_costs import COSTS
from workflow_scripts.reporting.numbers import cost
from workflow_scripts.reporting.results import Protocol, Results, Run
from workflow_scripts.reporting.run_order import ordered_protocols, ordered_runs, run_words

JOULES_OF_KWH = 3.6e6


def cost_rows(results: Results) -> pd.DataFrame:
    """A row a protocol and run, as COSTS has it; NaN where nobody knows."""
    rows = [
        {"protocol": protocol.name, "run": name, "scale": results.settings.scale or "", **_facts(protocol, name)}
        for protocol in ordered_protocols(results)
        for name in ordered_runs(results)
    ]
    return pd.DataFrame(rows, columns=list(COSTS.columns))


def _facts(protocol: Protocol, name: str) -> dict[str, str | float | None]:
    run = protocol.runs[name]
    spent = cost(run)
    # A run that is made in one go is trained within its one job.
    within = sum(ledger.training_seconds or 0.0 for ledger in run.ledgers)
    training = spent.train_seconds if spent.train_seconds is not None else within or None
    return {
        "model": _model(run),
        "precision": _precision(run, protocol),
        "trainings": spent.jobs,
        "parameters": _parameters(run, protocol),
        "training_seconds": training,
        "other_seconds": spent.predict_seconds - within,
        "energy_kwh": None if spent.joules is None else spent.joules / JOULES_OF_KWH,
        "devices": ", ".join(spent.devices),
    }


def _model(run: Run) -> str:
    networks = [part.model for part in run.kind.networks().values()]
    return " + ".join(dict.fromkeys(networks)) or run_words(run)


def _source(run: Run, protocol: Protocol) -> Run | None:
    """The one run of its study that it is made of; None where there are several, or none."""
    sources = run.kind.own_sources()
    return protocol.runs.get(sources[0]) if len(sources) == 1 else None


def _precision(run: Run, protocol: Protocol) -> str:
    if run.kind.number_format:
        return run.kind.number_format
    if run.settings.train:
        return run.settings.train.precision
    source = _source(run, protocol)
    return _precision(source, protocol) if source else ""


def _parameters(run: Run, protocol: Protocol) -> int | None:
    own = cost(run).parameters
    source = _source(run, protocol)
    return _parameters(source, protocol) if own is None and source else own
