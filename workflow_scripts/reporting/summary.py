"""metrics.json, headline/ and curves/: what other tools read of a study.

No times: equal bytes for equal results.
"""

from pathlib import Path
from typing import Any

from workflow_scripts.contracts.claims import Claim
from workflow_scripts.contracts.protocol_roles import AS_PUBLISHED
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.contracts.subsets import SMOTE_BEFORE_SPLIT
from workflow_scripts.contracts.tables import SIGNIFICANT
from workflow_scripts.reporting.numbers import leaks, mean_history
from workflow_scripts.reporting.reproduced import Value, or_none, overall
from workflow_scripts.reporting.results import Protocol, Results
from workflow_scripts.reporting.run_order import headline_claims, main_run, ordered_protocols, shown_metrics
from workflow_scripts.runtime.files import atomic_path, write_json


def metrics(results: Results, premiums: dict[str, dict[str, Value]]) -> dict[str, Any]:
    """What metrics.json holds: numbers at the leaves, nine significant digits; what is undefined is left out.

    data: samples, classes, refused, made (1 or 0), seeds; protocols → leak_free (1 or 0), leak_pairs, test_samples,
    test_samples_with_a_leak (validation_… where the protocol has no test subset and reports the validation one), and
    smote_before_split (1) where it is so; runs → protocol → run → metric, metric_low, metric_high, n, and
    of the headline metric metric_difference from the reference run with _low, _high and _p_holm; leak_premium →
    protocol → run → value, low, high; headline → run → metric → paper, and per protocol value, low, high: the main run
    alone.
    """
    names = shown_metrics(results)
    main, claim, metric = _headline(results)
    values = {
        protocol.name: _leaf(overall(protocol.runs[main], metric), "value") for protocol in ordered_protocols(results)
    }
    paper = {"paper": _round(claim.scaled)} if claim else {}
    return {
        "data": {
            "samples": len(results.manifest),
            "classes": len(results.classes),
            "refused": len(results.quarantine),
            "synthetic": int(results.synthetic),
            "seeds": len(results.settings.seeds),
        },
        "protocols": {name: _leaks(results, name) for name in results.protocols},
        "runs": {
            name: {
                run.name: _run(run, names) | _compared(protocol, run.name, results.headline)
                for run in protocol.runs.values()
            }
            for name, protocol in results.protocols.items()
        },
        "leak_premium": {
            protocol: {run: _leaf(value, "value", n=False) for run, value in by_run.items()}
            for protocol, by_run in premiums.items()
        },
        "headline": {main: {metric: {**paper, "protocols": values}}},
    }


def _headline(results: Results) -> tuple[str, Claim | None, str]:
    """The main run, what the paper prints of it first, and the metric of that; without a paper the headline metric."""
    main = main_run(results)
    claim = next((claim for claim in headline_claims(results) if claim.run == main), None)
    return main, claim, claim.metric if claim else results.headline


def write_headlines(folder: Path, results: Results) -> None:
    """Write {protocol}.json for every protocol: the main run's headline number in one row of `dvc metrics show`.

    run, metric, n, value, value_interval (`low to high`, 95 %) and, under the protocol as published, paper: the printed
    number. What is undefined is left out.
    """
    main, claim, metric = _headline(results)
    for protocol in ordered_protocols(results):
        value = overall(protocol.runs[main], metric)
        row: dict[str, Any] = {"run": main, "metric": metric, **_leaf(value, "value")}
        if row.keys() >= {"low", "high"}:
            row["value_interval"] = f"{row.pop('low'):.3g} to {row.pop('high'):.3g}"
        if claim and protocol.role == AS_PUBLISHED:
            row["paper"] = _round(claim.scaled)
        write_json(folder / f"{protocol.name}.json", row)


def _leaks(results: Results, name: str) -> dict[str, int]:
    audited = leaks(results.protocols[name])
    return {
        "leak_free": int(audited.protocol.leak_free),
        "leak_pairs": sum(audited.pairs.values()),
        f"{audited.protocol.reported}_samples": audited.tested,
        f"{audited.protocol.reported}_samples_with_a_leak": audited.leaking,
        **({SMOTE_BEFORE_SPLIT: 1} if audited.protocol.rule.resample == SMOTE_BEFORE_SPLIT else {}),
    }


def _run(run: Any, names: list[str]) -> dict[str, float]:
    leaves: dict[str, float] = {}
    for metric in names:
        value = overall(run, metric)
        leaves.update(_leaf(value, metric, n=False))
        if value.n is not None:
            leaves["n"] = value.n
    return leaves


def _compared(protocol: Protocol, run: str, metric: str) -> dict[str, float]:
    """The run minus the reference of its protocol, over all seeds; empty of the reference."""
    rows = protocol.comparison[(protocol.comparison["seed"] == ALL) & (protocol.comparison["run"] == run)]
    if rows.empty:
        return {}
    leaves = {"difference": "", "low": "_low", "high": "_high", "p_holm": "_p_holm"}
    numbers = {f"{metric}_difference{end}": or_none(float(rows.iloc[0][column])) for column, end in leaves.items()}
    return {key: _round(number) for key, number in numbers.items() if number is not None}


def _leaf(value: Value, name: str, n: bool = True) -> dict[str, float]:
    prefix = "" if name == "value" else f"{name}_"
    numbers = {name: value.value, f"{prefix}low": value.low, f"{prefix}high": value.high}
    leaves = {key: _round(number) for key, number in numbers.items() if number is not None}
    return {**leaves, "n": value.n} if n and value.n is not None else leaves


def _round(number: float) -> float:
    return float(SIGNIFICANT % number)


def write_curves(folder: Path, results: Results) -> None:
    """Write {protocol}__{run}.csv for every trained run: mean over folds and seeds, epoch by epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    for protocol in results.protocols.values():
        for run in protocol.runs.values():
            if run.trained:
                with atomic_path(folder / f"{protocol.name}__{run.name}.csv") as temporary:
                    mean_history(run.histories).to_csv(
                        temporary, index=False, float_format=SIGNIFICANT, lineterminator="\n"
                    )
