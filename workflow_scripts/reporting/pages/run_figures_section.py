"""What a report shows of the figures of every run."""

from typing import Any

from workflow_scripts.reporting import captions
from workflow_scripts.reporting.pages.page_figure import page_figure
from workflow_scripts.reporting.reproduced import overall
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import main_run, ordered_protocols, ordered_runs, protocol_words

# With more classes the labels of a matrix need the whole width of the page.
NARROW = 5


def figures_section(results: Results) -> dict[str, Any]:
    """The figures of every run and the Grad-CAM sheets. The main run's are open from the start."""

    def answers(kind: str) -> str:
        place_in_paper = results.published.figure(results.settings.study, kind) if results.published else ""
        return place_in_paper.replace(". ", ".\u00a0").replace("Table ", "Table\u00a0")

    sheets: list[dict[str, Any]] = []
    shown: set[str] = set()
    for protocol in ordered_protocols(results):
        runs = []
        for name in ordered_runs(results):
            run = protocol.runs[name]
            figures = [
                {
                    "figure": page_figure(path, results.folder),
                    "layout": _layout(kind, len(results.classes)),
                    "alt": f"{captions.FIGURES[kind][0]} of {name} under {protocol.name}",
                    "title": f"{captions.FIGURES[kind][0]}, {name}, {protocol_words(protocol)}.",
                    "how_to_read": captions.once(captions.FIGURES[kind][1], shown),
                    "answers": answers(kind),
                }
                for kind, path in run.figures.items()
            ]
            value = overall(run, results.headline)
            runs.append({"name": name, "figures": figures, "value": value, "open": name == main_run(results)})
        sheets.append({"name": protocol_words(protocol), "folder": protocol.name, "runs": runs})
    kinds = ("montage", "comparison", "headline", *captions.EXPLAINED)
    return {"figure_sheets": sheets, "answered_figures": {kind: answers(kind) for kind in kinds}}


def _layout(kind: str, classes: int) -> str:
    """Class of a run's figure: as wide as the page, over all columns with lettering that must not shrink, or none."""
    if kind == "risk" or (kind in ("confusion", "roc") and classes > NARROW):
        return "wide"
    return "lettered" if kind in ("roc", "curves") else ""
