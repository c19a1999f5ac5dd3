"""A study's counterparts of the paper's own figures and tables.

In: what the study left, and with --paper the folder of the paper's numbers; the modules figures.py and figure_*.py of
that folder say which figures there are. Out, in --out: figNN_*.png and the other files of a figure (drawing.saving),
tableNN.csv (printed numbers next to obtained ones,
with ranks), paper_figures.csv, the list of them, which also names what could not be made from these results, and why,
and, last, record.json.
"""

import argparse
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.kinds.step_settings.report_settings import StudySettings
from workflow_scripts.reporting.arguments import study_arguments
from workflow_scripts.reporting.paper_figures.figure_modules import figure_modules
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.study_paths import ORIGINALS_FILE

if TYPE_CHECKING:
    from workflow_scripts.reporting.paper_figures.paper_figure import PaperFigure
    from workflow_scripts.reporting.results import Results


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.reporting.results_reading import read_results, records_read

    settings = parse(StudySettings, args.settings)
    (args.out / "record.json").unlink(missing_ok=True)
    results = read_results(args.study_folder, settings, args.paper)
    if results.arrays.of_pictures:
        require(args.study_folder / "examples" / "record.json", ORIGINALS_FILE)
    figures = paper_figures_of(settings.paper, settings.study)
    drawn = [draw(paper_figure, results, args.out) for paper_figure in figures]
    lines = [line for line, _ in drawn]
    missing = [line["place"] for line in lines if line["missing"]]
    files = [args.out / name for name in write(results, lines, args.out)]
    files += [path for _, paths in drawn for path in paths if path not in files]
    inputs = input_digests(args.study_folder, records_read(args.study_folder, settings))
    record = make_record(args.settings, args.code, inputs, outputs=input_digests(args.out, files))
    write_record(args.out / "record.json", record)
    entry.log.info("%d figures, %d could not be drawn", len(lines) - len(missing), len(missing))


def write(results: "Results", lines: list[dict[str, str]], folder: Path) -> list[str]:
    """Write the paper's tables and, last, paper_figures.csv: `lines` of the figures, then those of the tables.

    Returns the names of all files that there are then.
    """
    import pandas as pd

    from workflow_scripts.contracts.paper_figure_table import PAPER_FIGURES, PRINTED
    from workflow_scripts.reporting.paper_figures.paper_tables import printed_tables

    lines = list(lines)
    for table in printed_tables(results):
        PRINTED.write(folder / table.file, table.frame)
        head = {"file": table.file, "kind": "table", "place": table.place, "title": table.place}
        lines.append({**head, "how_to_read": table.how_to_read, "missing": ""})
    PAPER_FIGURES.write(folder / "paper_figures.csv", pd.DataFrame(lines, columns=list(PAPER_FIGURES.columns)))
    return ["paper_figures.csv", *(line["file"] for line in lines if line["file"])]


def paper_figures_of(paper: str, study: str) -> "list[PaperFigure]":
    """The figures that a paper's code folder lists for a study, see figure_modules."""
    listed = [figure for name in figure_modules(paper) for figure in importlib.import_module(name).PAPER_FIGURES]
    return [figure for figure in listed if study in figure.studies]


def draw(paper_figure: "PaperFigure", results: "Results", folder: Path) -> tuple[dict[str, str], list[Path]]:
    """Write a figure; its line in paper_figures.csv and its files.

    Where it cannot be drawn the line says what is missing, and there are no files.
    """
    from workflow_scripts.drawing.saving import save_figure
    from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError

    line = {
        "file": "",
        "kind": "figure",
        "place": paper_figure.place,
        "title": paper_figure.title,
        "how_to_read": paper_figure.how_to_read,
        "missing": "",
    }
    try:
        drawn = paper_figure.draw(results)
    except NotDrawnError as error:
        entry.log.info("%s is not drawn: it %s", paper_figure.place, error)
        return {**line, "missing": str(error)}, []
    paths = save_figure(drawn, folder / f"{paper_figure.file}.png", synthetic=results.synthetic)
    return {**line, "file": paths[0].name}, paths


if __name__ == "__main__":
    entry.run(main, study_arguments(__doc__, "folder of the figures and tables", paper=True))
