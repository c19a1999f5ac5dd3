"""What the sections of a study's report below the first screen show, as plain values for the templates."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.comparison_table import MCNEMAR, SIGN_FLIPS, TRAININGS
from workflow_scripts.contracts.dataset_record import DatasetRecord
from workflow_scripts.contracts.metric_names import POOLED_METRICS
from workflow_scripts.contracts.record import Provenance
from workflow_scripts.contracts.run_tables import ALL
from workflow_scripts.contracts.subsets import SUBSETS
from workflow_scripts.data.raw_folders import ending_words
from workflow_scripts.drawing.label_text import Labels
from workflow_scripts.reporting import formatting, glossary
from workflow_scripts.reporting.formatting import DASH
from workflow_scripts.reporting.numbers import cost, printed_claim, setting_rows, spent
from workflow_scripts.reporting.pages.documentation import linked
from workflow_scripts.reporting.pages.page import axis_for, markdown
from workflow_scripts.reporting.pages.page_figure import page_figure
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Protocol, Results, Run
from workflow_scripts.reporting.run_order import (
    ordered_protocols,
    ordered_runs,
    reference,
    run_words,
    shown_metrics,
    trained_run,
)
from workflow_scripts.reporting.trained_elsewhere import trained_elsewhere
from workflow_scripts.runtime.run_address import RECORD_FILE, FoldSeed
from workflow_scripts.runtime.study_paths import StudyPaths


def data_section(results: Results) -> dict[str, Any]:
    """Montage, counts, quarantine, equal pairs."""
    manifest, pairs = results.manifest, results.equal_pairs
    sources = sorted(set(manifest["source"]))
    classes = [_class_row(name, manifest[manifest["label"] == name], sources) for name in results.classes]
    across = pairs[pairs["label_a"] != pairs["label_b"]]
    refused = results.quarantine.groupby("reason", sort=True)["path"].agg(["size", "min"])
    return {
        "montage": None if results.montage is None else page_figure(results.montage, results.folder),
        "packing_order": results.arrays.order,
        "subject": results.subject,
        "numbered": Labels(results.classes).numbered,
        "sources": sources,
        "class_rows": [*classes, _class_row("Total", manifest, sources)],
        "refused": [
            {"reason": formatting.REASON_NAMES.get(reason, reason), "count": int(row["size"]), "first": row["min"]}
            for reason, row in refused.iterrows()
        ],
        "refused_total": len(results.quarantine),
        "refusable": results.refusable,
        "passed_over": ending_words(results.dataset.passed_over),
        "passed_over_total": sum(results.dataset.passed_over.values()),
        "links_not_followed": results.dataset.links_not_followed,
        "groups_alike": results.dataset.groups_alike,
        "left_out": results.dataset.left_out,
        "short_rows": _short_rows(results.dataset),
        "pair_rows": [
            {
                "kind": formatting.LEAK_NAMES.get(kind, kind),
                "pairs": int((pairs["kind"] == kind).sum()),
                "across": int((across["kind"] == kind).sum()),
            }
            for kind in sorted(set(pairs["kind"]))
        ],
        "across": across.head(50).to_dict("records"),
        "across_more": len(across) > 50,
    }


def _short_rows(dataset: DatasetRecord) -> list[dict[str, Any]]:
    """Classes with fewer samples than the settings want: how many are listed, made by copying, and used in the end."""
    rows = [
        {"label": label, **plain(numbers), "used": dataset.counts.get(label, 0)}
        for label, numbers in dataset.wanted.items()
    ]
    return [row for row in rows if min(row["listed"], row["used"]) < row["wanted"]]


def _class_row(name: str, part: pd.DataFrame, sources: list[str]) -> dict[str, Any]:
    counts = part["source"].value_counts()
    return {
        "name": name,
        "samples": len(part),
        "sources": {source: int(counts.get(source, 0)) for source in sources},
        "groups": int(part.loc[part["group"] != "", "group"].nunique()),
    }


def split_section(results: Results) -> dict[str, Any]:
    """Counts per subset and class, first fold."""
    rows = {}
    for name, protocol in results.protocols.items():
        counts = protocol.record.counts["0"]
        table = [{"name": label, "counts": [counts[subset][label] for subset in SUBSETS]} for label in results.classes]
        table.append({"name": "Total", "counts": [sum(counts[subset].values()) for subset in SUBSETS]})
        rows[name] = table
    return {"split_rows": rows, "folds": results.settings.folds}


def runs_section(results: Results) -> dict[str, Any]:
    """One table of runs a protocol, with the paper's own numbers where it has them."""
    tables = []
    for protocol in ordered_protocols(results):
        pooled = POOLED_METRICS if results.settings.folds[protocol.name] > 1 else ()
        metrics = list(dict.fromkeys([*shown_metrics(results), *pooled]))
        rows = [_run_row(results, protocol.runs[name], metrics) for name in ordered_runs(results)]
        ends = [row["found"][results.headline] for row in rows]
        sizes = {row["n"] for row in rows}
        numbers = [end for value in ends for end in (value.value, value.low, value.high)]
        axis = axis_for(results.headline, [*numbers, *(row["paper_scaled"] for row in rows)], 4, 116)
        tables.append(
            {
                "protocol": protocol,
                "metrics": metrics,
                "rows": rows,
                "axis": axis,
                "has_paper": any(row["paper"] for row in rows),
                # What is the same for all runs stands in the caption, so that the table fits its screen.
                "n": sizes.pop() if len(sizes) == 1 else None,
            }
        )
    return {
        "run_tables": tables,
        "lower_is_better": formatting.lower_is_better,
        "groups_known": results.dataset.groups_known,
        "one_seed": len(results.settings.seeds) == 1,
        "seeds_of_runs": len(results.settings.seeds),
        "runs": ordered_runs(results),
    }


def _run_row(results: Results, run: Run, metrics: list[str]) -> dict[str, Any]:
    """A run's metrics, compared with what the paper prints of it."""
    claim = printed_claim(results, run.name, results.headline)
    printed = "" if claim is None else f"{claim.printed} %" if claim.unit == "percent" else claim.printed
    values = {metric: overall(run, metric) for metric in metrics}
    return {
        "name": run.name,
        "words": run_words(run),
        "found": values,
        "n": values[results.headline].n or 0,
        "paper": printed,
        "paper_scaled": claim.scaled if claim else None,
    }


def comparisons_section(results: Results) -> dict[str, Any]:
    """Each run against the reference, over all seeds, in the order of the runs' tables."""
    items = []
    for protocol in ordered_protocols(results):
        pooled = protocol.comparison[protocol.comparison["seed"] == ALL].set_index("run")
        rows = [_comparison(run, pooled.loc[run]) for run in ordered_runs(results) if run in pooled.index]
        items.append(
            {
                "protocol": protocol,
                "figure": page_figure(protocol.figure, results.folder),
                "rows": rows,
                "test": test_words(pooled, len(results.settings.seeds)),
                "areas": _areas(protocol),
                "areas_test": protocol.delong["test"].max() if len(protocol.delong) else "",
            }
        )
    positive = results.classes[-1] if len(results.classes) == 2 else ""
    return {"comparisons": items, "reference": reference(results), "positive": positive}


# How the p of a comparison was found; the end of a sentence that begins with "p".
_TESTS = {
    MCNEMAR: "is McNemar's exact test of the samples that only one of both gets right; where these are few it is "
    "stricter than the interval, which is approximate, and goes before it",
    SIGN_FLIPS: "comes from turning the leads of whole groups round, because the samples of a group share their fate",
    TRAININGS: "sets the difference against how much it varies between groups and between trainings (Student's t)",
}


def test_words(compared: pd.DataFrame, seeds: int) -> str:
    """How p was found, and what it knows nothing of; `compared`: rows of COMPARISON over all seeds."""
    if compared.empty:
        return ""
    blind = " One training of each run is compared: how far another would differ, p does not know."
    return f"p {_TESTS[compared['test'].iloc[0]]}.{blind if seeds == 1 else ''}"


def _areas(protocol: Protocol) -> list[dict[str, Any]]:
    """Pairs of runs by their areas under the ROC curve, each fold and seed; none for more than two classes."""
    pairs = protocol.delong[protocol.delong["other"] != ""]
    return [
        {
            "pair": f"{row.run} − {row.other}",
            "fold": row.fold,
            "seed": row.seed,
            "aucs": f"{formatting.number('auc', row.auc)} − {formatting.number('auc', row.other_auc)}",
            "difference": DASH if formatting.missing(row.difference) else f"{row.difference:+.3f}".replace("-", "−"),
            "error": formatting.number("auc", row.variance**0.5),
            "z": DASH if formatting.missing(row.z) else f"{row.z:.2f}".replace("-", "−"),
            "p": formatting.p_value(row.p),
            "p_holm": formatting.p_value(row.p_holm),
        }
        for row in pairs.itertuples()
    ]


def _comparison(run: str, row: pd.Series) -> dict[str, Any]:
    low, high = formatting.points(row["low"]), formatting.points(row["high"])
    return {
        "run": run,
        "difference": formatting.points(row["difference"]),
        "interval": "" if formatting.missing(float(row["low"])) else f"{low} to {high}",
        "only_run": int(row["only_run"]),
        "only_reference": int(row["only_reference"]),
        "p": formatting.p_value(row["p"]),
        "p_holm": formatting.p_value(row["p_holm"]),
        "n": int(row["n"]),
    }


def how_it_was_made(results: Results) -> dict[str, Any]:
    """Costs, settings, provenance, notes."""
    records = _records(results)
    versions: dict[str, set[str]] = {}
    for _, _, entry in records:
        for package, version in entry.versions.items():
            versions.setdefault(package, set()).add(version)
    return {
        "costs": [
            {"run": name, "protocol": protocol.name, "cost": cost(protocol.runs[name])}
            for name in ordered_runs(results)
            for protocol in ordered_protocols(results)
        ],
        "spent": spent(results),
        "setting_rows": setting_rows(results, trained_run(results)),
        "settings_texts": _settings_texts(results),
        "plain": formatting.plain,
        "mixed": results.mixed,
        "elsewhere": trained_elsewhere(results),
        "versions": [(package, ", ".join(sorted(numbers))) for package, numbers in sorted(versions.items())],
        "processors": sorted({entry.processor for _, _, entry in records}),
        "digests": [
            {"name": name, "path": path, "code": entry.code, "settings": entry.settings, "record": entry.identity}
            for name, path, entry in records
        ],
        "notes": markdown(results.notes),
        "glossary": [(term, linked(meaning, results.folder)) for term, meaning in glossary.in_reports()],
    }


def _settings_texts(results: Results) -> list[tuple[str, str]]:
    """Name and JSON of every block of the study's settings."""
    settings = results.settings
    texts = [(f"Protocol {name}", plain(rule)) for name, rule in sorted(settings.protocols.items())]
    texts += [(f"Run {name}", plain(settings.runs[name])) for name in ordered_runs(results)]
    texts += [("Preprocessing", plain(settings.preprocess)), ("Ingest", plain(results.dataset.settings.ingest) or {})]
    texts += [("Evaluation", plain(settings.evaluate))]
    return [(name, json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)) for name, value in texts]


def _records(results: Results) -> list[tuple[str, str, Provenance]]:
    """What every record behind the page says of itself: its name in words, its place in the study's folder."""
    paths = StudyPaths(Path())
    records = [
        ("Dataset", paths.dataset_record.as_posix(), results.dataset.provenance),
        ("Arrays", paths.arrays_record.as_posix(), results.arrays.provenance),
    ]
    records += [
        (f"Split {protocol.name}", paths.split_record(protocol.name).as_posix(), protocol.record.provenance)
        for protocol in ordered_protocols(results)
    ]
    return records + [
        (
            f"{protocol.name}, {name}, fold {fold}, seed {seed}",
            (paths.fold_seed(protocol.name, name, FoldSeed(fold, seed)) / RECORD_FILE).as_posix(),
            entry.provenance,
        )
        for protocol in ordered_protocols(results)
        for name in ordered_runs(results)
        for (fold, seed), entry in zip(protocol.runs[name].jobs, protocol.runs[name].records, strict=True)
    ]
