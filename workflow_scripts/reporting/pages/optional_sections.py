"""Sections that not every report has: the paper's own figures and tables, sources, compressed runs, times."""

from typing import Any

from workflow_scripts.contracts.claims import TIMES, UNITS, Claim
from workflow_scripts.contracts.ground_truth_table import MEAN
from workflow_scripts.contracts.metric_names import SOURCE_METRICS, SUBGROUP_METRICS
from workflow_scripts.contracts.paper_figure_table import PAPER_FIGURES, PRINTED
from workflow_scripts.reporting import captions, formatting
from workflow_scripts.reporting.numbers import cost
from workflow_scripts.reporting.pages.page_figure import page_figure
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Results, Run
from workflow_scripts.reporting.run_order import (
    ordered_protocols,
    ordered_runs,
    protocol_words,
    reported_words,
    run_words,
)

MOST_CONFUSED = 10


def paper_figures_section(results: Results) -> dict[str, Any]:
    """The paper's figures and tables as this study has them, and what could not be made."""
    folder = results.folder / "paper"
    if results.published is None:
        return {"paper_figures": [], "paper_figures_missing": []}
    listed = PAPER_FIGURES.read(folder / "paper_figures.csv")
    paper_figures = []
    for line in listed[listed["file"] != ""].to_dict("records"):
        if line["kind"] == "table":
            paper_figures.append({**line, **_table(results, folder / line["file"])})
        else:
            paper_figures.append({**line, "figure": page_figure(folder / line["file"], results.folder)})
    return {"paper_figures": paper_figures, "paper_figures_missing": listed[listed["missing"] != ""].to_dict("records")}


def _table(results: Results, path: Any) -> dict[str, Any]:
    """Rows and columns as printed; a cell holds the printed number and two lines a protocol."""
    frame = PRINTED.as_text(path)
    columns, rows = list(dict.fromkeys(frame["column"])), list(dict.fromkeys(frame["row"]))
    cells = {}
    for line in frame.to_dict("records"):
        lines = []
        for protocol in ordered_protocols(results):
            name = protocol.name
            if line[name]:
                ends = f"{line[f'{name}_low']} to {line[f'{name}_high']}" if line[f"{name}_low"] else ""
                rank = f", rank {line[f'{name}_rank']}" if line[f"{name}_rank"] else ""
                p = line[f"{name}_p_holm"]
                against = f"p {formatting.p_value(float(p))}" if p else ""
                # Two lines, because the tables are wide.
                lines += [f"{protocol_words(protocol)}: {line[name]}{rank}", ", ".join(filter(None, [ends, against]))]
        rank = f" (rank {line['printed_rank']})" if line["printed_rank"] else ""
        cells[line["row"], line["column"]] = {"printed": line["printed"] + rank, "found": list(filter(None, lines))}
    return {"columns": columns, "rows": rows, "cells": cells}


def explained_section(results: Results) -> dict[str, Any]:
    """Pictures of explained runs, and the class pairs that are confused most."""
    pictures, pairs = [], []
    shown: set[str] = set()
    for protocol in ordered_protocols(results):
        for run, kinds in sorted(protocol.explained.items()):
            for kind, path in kinds.items():
                title, how_to_read = captions.EXPLAINED[kind]
                pictures.append(
                    {
                        "figure": page_figure(path, results.folder),
                        "kind": kind,
                        "folder": f"explanation/{protocol.name}/{run}",
                        "alt": f"{title} of {run} under {protocol.name}",
                        "title": f"{title}, {run}, {protocol_words(protocol)}.",
                        "how_to_read": captions.once(how_to_read.format(subject=results.subject), shown),
                    }
                )
            rows = protocol.confusions[run].head(MOST_CONFUSED).to_dict("records")
            pairs.append({"run": run, "protocol": protocol.name, "of": reported_words(protocol), "rows": rows})
    return {"explained": pictures, "confused": pairs}


def sources_section(results: Results) -> dict[str, Any]:
    """Accuracy over all classes, within the classes of the own source, and share taken for another source's class."""
    names = sorted(set(results.manifest["source"]))
    if len(names) < 2:
        return {"source_rows": [], "shapeless_runs": []}
    rows = [
        {
            "run": name,
            "protocol": protocol_words(protocol),
            "source": source,
            "values": {metric: overall(protocol.runs[name], metric, class_name=source) for metric in SOURCE_METRICS},
        }
        for protocol in ordered_protocols(results)
        for name in ordered_runs(results)
        for source in names
    ]
    shapeless = [
        {"run": name, "sees": " and ".join(features)}
        for name in ordered_runs(results)
        if (features := results.kind(name).sees_no_shape())
    ]
    evaluated = [row for row in rows if row["values"]["accuracy"].value is not None]
    return {"source_rows": evaluated, "shapeless_runs": shapeless}


def truth_section(results: Results) -> dict[str, Any]:
    """The ground truth of synthetic data compared with what was recovered; of slides their mean and the worst one."""
    rows = []
    slides = results.truth[(results.truth["what"] == "tissue") & (results.truth["part"] != MEAN)]
    better = slides.sort_values("value", kind="stable").index[1:]
    for line in results.truth.drop(better).to_dict("records"):
        where = " ".join(filter(None, (line["run"], line["part"])))
        of = f"{where}, {line['protocol']}" if line["protocol"] else where
        numbers = {key: formatting.number("share", line[key]) for key in ("value", "chance", "untrained")}
        rows.append(
            {"words": formatting.TRUTH_NAMES[line["what"], line["measure"]], "of": of, "n": line["n"], **numbers}
        )
    return {"truth_rows": rows, "truth_has_maps": bool(results.truth["chance"].notna().any())}


def subgroups_section(results: Results) -> dict[str, Any]:
    """Accuracy, sensitivity and specificity in subgroups, the main run's first; columns that the manifest lacks."""
    wanted = results.settings.evaluate.subgroups
    rows = [
        {
            "run": name,
            "protocol": protocol_words(protocol),
            "column": column,
            "value": part.partition("=")[2],
            "values": {metric: overall(run, metric, class_name=part) for metric in SUBGROUP_METRICS},
        }
        for name in ordered_runs(results)
        for protocol in ordered_protocols(results)
        for run in [protocol.runs[name]]
        for column in wanted
        for part in _parts(run, column)
    ]
    return {
        "subgroup_rows": {name: [row for row in rows if row["run"] == name] for name in ordered_runs(results)},
        "subgroups_missing": [column for column in wanted if column not in results.manifest],
        "subgroups_positive": results.classes[-1] if len(results.classes) == 2 else "",
    }


def _parts(run: Run, column: str) -> list[str]:
    """Subgroups of a column that were evaluated on the reported subset, in their order."""
    rows = run.metrics[(run.metrics["level"] == "subgroup") & (run.metrics["subset"] == run.reported)]
    return [part for part in rows["class"].unique() if part.startswith(f"{column}=")]


def compression_section(results: Results) -> dict[str, Any]:
    """Size and agreement of compressed runs; their times stand under the costs."""
    rows = []
    for protocol in ordered_protocols(results):
        for name in ordered_runs(results):
            records = [record.compression for record in protocol.runs[name].records if record.compression]
            if records:
                (source,) = protocol.runs[name].kind.own_sources()
                before = protocol.runs[source]
                rows.append(
                    {
                        "run": name,
                        "words": run_words(protocol.runs[name]),
                        "protocol": protocol_words(protocol),
                        "bytes": sum(record.bytes for record in records) / len(records),
                        "bytes_before": sum(record.bytes_before for record in records) / len(records),
                        "agreement": sum(record.agreement[protocol.reported] for record in records) / len(records),
                        "largest": max(record.largest_difference[protocol.reported] for record in records),
                        "value": overall(protocol.runs[name], results.headline),
                        "value_before": overall(before, results.headline),
                    }
                )
    return {"compression_rows": rows}


def times_section(results: Results) -> dict[str, Any]:
    """The times that the paper prints compared with those measured here."""
    claims = [
        claim
        for claim in (results.published.claims if results.published else ())
        if claim.study == results.settings.study and claim.metric in TIMES and not claim.against
    ]
    rows = []
    for claim in claims:
        by_protocol = {
            protocol.name: _time(protocol.runs[claim.run], claim) if claim.run in protocol.runs else None
            for protocol in ordered_protocols(results)
        }
        if any(value is not None for value in by_protocol.values()):
            rows.append({"claim": claim, "found": by_protocol})
    return {"time_rows": rows}


def _time(run: Run, claim: Claim) -> float | None:
    """Mean over folds and seeds, in the claim's unit; None where nothing was trained."""
    measured = [ledger.train.training_seconds for ledger in run.ledgers if ledger.train]
    # One that was taken over from another protocol took none.
    trainings = [duration for duration in measured if duration]
    speed = cost(run).predict_speed
    tested = [int((units["subset"] == run.reported).sum()) for units in run.units.values()]
    seconds = None
    if claim.metric in ("training_time", "epoch_time") and trainings:
        seconds = sum(trainings) / len(trainings)
        # A training may end before all its epochs.
        seconds /= sum(map(len, run.histories)) / len(run.histories) if claim.metric == "epoch_time" else 1
    elif claim.metric in ("test_time", "time_per_sample") and speed:
        seconds = (sum(tested) / len(tested) if claim.metric == "test_time" else 1) / speed
    return None if seconds is None else seconds / UNITS[claim.unit]
