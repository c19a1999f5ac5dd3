"""Apply a finished, trained run to a folder of new images.

In: the run's folder, the folder of images, and from the study's results the way its images were packed and the images
that it has learned from. Out, in results/<study>/predict/<name>/: predictions.csv (a row for each image, with a warning
where it is out of the training distribution, and the sample that was learned from of which it is a copy),
quarantine.csv (files that cannot be read, and those passed over), the figure gradcam, index.html (all of it, in most
doubt first) and, last, record.json.
"""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.data.new_images import image_files, warn_of_formulas, warn_of_passed_over
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file, write_text
from workflow_scripts.runtime.run_address import WEIGHTS_FILE
from workflow_scripts.runtime.study_paths import StudyPaths

if TYPE_CHECKING:
    import pandas as pd

    from workflow_scripts.application.new_pictures import PictureReader

PAGE = "index.html"
TABLES = ("predictions.csv", "quarantine.csv")


def arguments() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="results/<study>/runs/<protocol>/<run>/fold0-seed0")
    parser.add_argument("--images", type=Path, required=True, help="folder with image files, in any folders below it")
    parser.add_argument("--name", required=True, help="name of the folder that receives the predictions")
    parser.add_argument("--labels", type=Path, help="CSV of path and label, to hold the predictions against")
    parser.add_argument(
        "--doubtful", type=int, default=6, help="images in most doubt with Grad-CAM, beside one a class (default: 6)"
    )
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--log", type=Path, default=Path("logs/apply.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.application import sheet
    from workflow_scripts.application.judging import Judge
    from workflow_scripts.application.new_pictures import PictureReader
    from workflow_scripts.application.page_content import page_content
    from workflow_scripts.contracts.dataset import QUARANTINE
    from workflow_scripts.contracts.explanation import APPLIED
    from workflow_scripts.data.new_labels import read_labels
    from workflow_scripts.reporting.pages.new_images_page import new_images_page
    from workflow_scripts.training.finished import FinishedRun, Network

    if args.doubtful < 0:
        raise UserError("--doubtful: show 0 images or more")
    paths, passed_over = image_files(args.images)
    run = FinishedRun.read(args.run)
    labels = read_labels(args.labels, run.weights.classes, args.images, paths) if args.labels else {}
    out = _new_folder(run.study, args.name)
    network = Network.of(run, args.device)
    judge, reader = Judge.of(run, network), PictureReader(args.images, run)
    table = judge.table(reader, paths)
    QUARANTINE.write(out / "quarantine.csv", _quarantine([*reader.refused, *passed_over]))
    warn_of_passed_over(passed_over)
    warn_of_formulas(paths)
    if table.empty:
        raise UserError(f"none of the {len(paths)} files can be read; {out / 'quarantine.csv'} says why")
    APPLIED.write(out / "predictions.csv", table)
    drawn = sheet.draw(out / "gradcam.png", reader, network, sheet.chosen(table, args.doubtful), len(table))
    content = page_content(args.name, reader, judge.learned, table, labels, out / "gradcam.png", len(passed_over))
    write_text(out / PAGE, new_images_page(content))
    _write_record(args, reader, table, len(passed_over), [out / PAGE, *(out / name for name in TABLES), *drawn])
    _say(table, reader, out)


def _say(table: "pd.DataFrame", reader: "PictureReader", out: Path) -> None:
    """What came out, in a line, and where the page is."""
    from workflow_scripts.data.out_of_distribution import WITHIN

    outside = int((table["out_of_distribution"] == "yes").sum())
    log = entry.log.warning if outside else entry.log.info
    log(
        "%s: %d images, %d refused, %d (%.1f %%) out of the training distribution by colours and shape or by the "
        "network's features (of those learned from %.1f %% each)",
        out / PAGE,
        len(table),
        len(reader.refused),
        outside,
        100 * outside / len(table),
        100 * (1 - WITHIN),
    )


def _new_folder(study: Path, name: str) -> Path:
    """Where the predictions go; UserError for a name that is none or is taken."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise UserError(f"--name {name!r}: use a-z, 0-9, _ and -, a letter or digit first")
    folder = study / "predict" / name
    if (folder / "record.json").exists():
        raise UserError(f"{folder} holds predictions already; choose another --name or delete the folder")
    return folder


def _quarantine(refused: list[tuple[str, str, str]]) -> "pd.DataFrame":
    import pandas as pd

    from workflow_scripts.data.raw_folders import printable

    rows = [(printable(path), reason, detail) for path, reason, detail in sorted(refused)]
    return pd.DataFrame(rows, columns=["path", "reason", "detail"])


def _write_record(
    args: argparse.Namespace, reader: "PictureReader", table: "pd.DataFrame", passed_over: int, outputs: list[Path]
) -> None:
    from workflow_scripts.data.out_of_distribution import WITHIN
    from workflow_scripts.settings.code import code_digest
    from workflow_scripts.training.feeders.feeder_registry import feeder_module

    run = reader.run
    split = StudyPaths(run.study).split(run.settings.protocol)
    used = [run.folder / "record.json", run.folder / WEIGHTS_FILE, run.study / "arrays" / "record.json", split]
    record = make_record(
        {
            **plain(run.settings),
            "preprocess": plain(run.packer.packing),
            "name": args.name,
            "doubtful": args.doubtful,
            "within": WITHIN,
        },
        code_digest("workflow_scripts.commands.apply", feeder_module(run.array.kind)),
        input_digests(run.study, used),
        synthetic=run.synthetic,
        images={
            "read": len(table),
            "refused": len(reader.refused),
            "passed_over": passed_over,
            "out_of_distribution": int((table["out_of_distribution"] == "yes").sum()),
        },
        images_sha256=reader.digest.hexdigest(),
        labels_sha256=digest_file(args.labels) if args.labels else "",
        outputs={path.name: digest_file(path) for path in outputs},
    )
    write_record(outputs[0].with_name("record.json"), record)


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
