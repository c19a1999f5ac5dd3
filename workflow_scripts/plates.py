"""A study's counterparts of the paper's own figures and tables.

In: what the study left, and with --paper the folder of the paper's numbers; which figures there are says that folder's
figures.py. Out, in --out: figNN_*.png, tableNN.csv (printed numbers beside obtained ones, with ranks), plates.csv, the
list of them, which also names what could not be made from these results, and why, and, last, record.json.
"""

import argparse
import importlib.util
from pathlib import Path

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.record import input_digests, make_record, write_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.reporting.arguments import study_arguments


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.reporting.results import read_results, records_read

    (args.out / "record.json").unlink(missing_ok=True)
    require(args.study_folder / "arrays" / "record.json", "images.npy", "masks.npy", "originals.npz", "index.csv")
    results = read_results(args.study_folder, args.settings, args.paper)
    lines = [draw(plate, results, args.out) for plate in plates_of(args.settings["paper"], args.settings["study"])]
    missing = [line["place"] for line in lines if line["missing"]]
    files = [args.out / name for name in write(results, lines, args.out)]
    inputs = input_digests(args.study_folder, records_read(args.study_folder, args.settings))
    record = make_record(args.settings, args.code, inputs, outputs=input_digests(args.out, files))
    write_record(args.out / "record.json", record)
    entry.log.info("%d figures, %d could not be drawn", len(lines) - len(missing), len(missing))


def write(results, lines: list[dict[str, str]], folder: Path) -> list[str]:
    """Write the paper's tables and, last, plates.csv: `lines` of the figures, then those of the tables.

    Returns the names of all files that there are then.
    """
    import pandas as pd

    from workflow_scripts.contracts.plates import PLATES, PRINTED
    from workflow_scripts.reporting.plates.tables import printed_tables

    lines = list(lines)
    for table in printed_tables(results):
        PRINTED.write(folder / table.file, table.frame)
        head = {"file": table.file, "kind": "table", "place": table.place, "title": table.place}
        lines.append({**head, "reading": table.reading, "missing": ""})
    PLATES.write(folder / "plates.csv", pd.DataFrame(lines, columns=list(PLATES.columns)))
    return ["plates.csv", *(line["file"] for line in lines if line["file"])]


def plates_of(paper: str, study: str) -> list:
    """The figures that a paper's figures.py lists for a study; none where it has no such module."""
    name = f"workflow_scripts.studies.{paper}.figures"
    if importlib.util.find_spec(name) is None:
        return []
    return [plate for plate in importlib.import_module(name).PLATES if study in plate.studies]


def draw(plate, results, folder: Path) -> dict[str, str]:
    """Write a figure; its line in plates.csv, which says what is missing where it cannot be drawn."""
    from workflow_scripts.drawing.style import save_figure
    from workflow_scripts.reporting.plates.plate import NotDrawnError

    line = {
        "file": "",
        "kind": "figure",
        "place": plate.place,
        "title": plate.title,
        "reading": plate.reading,
        "missing": "",
    }
    try:
        figure = plate.draw(results)
    except NotDrawnError as error:
        entry.log.info("%s is not drawn: it %s", plate.place, error)
        return {**line, "missing": str(error)}
    save_figure(figure, folder / f"{plate.file}.png", made=results.made)
    return {**line, "file": f"{plate.file}.png"}


if __name__ == "__main__":
    entry.run(main, study_arguments(__doc__, "folder of the figures and tables", paper=True))
