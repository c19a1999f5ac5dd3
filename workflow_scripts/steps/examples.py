"""Pictures of every class for people to look at, before and after the preprocessing.

Comes in: the dataset, the folders of raw files and the packed array. Goes out: originals.npz (a picture of every class
as in its file, for figures), montage.png (a page of pairs), where samples are tiles of slides the folder slides with a
picture of every slide and, last, record.json.
"""

import argparse
from pathlib import Path

from workflow_scripts.contracts.arrays import open_arrays
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.example_files import SLIDE_PICTURES, write_originals
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.step_settings.examples_settings import ExamplesSettings
from workflow_scripts.contracts.verified import require
from workflow_scripts.data.raw_folders import add_source_arguments, parse_sources
from workflow_scripts.data.reading import ChangedFileError, RawFiles
from workflow_scripts.preprocessing.montage import montage, originals
from workflow_scripts.preprocessing.packed_array import remedied
from workflow_scripts.preprocessing.packer_registry import load, packed_modality
from workflow_scripts.preprocessing.slide_examples import slide_pictures
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.study_paths import MONTAGE_FILE, ORIGINALS_FILE


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="folder that ingest wrote")
    parser.add_argument("--arrays", type=Path, required=True, help="folder of the array")
    add_source_arguments(parser, "as for ingest")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pictures")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    (args.out / "record.json").unlink(missing_ok=True)
    dataset = require(args.dataset / "record.json", "manifest.csv")
    manifest, arrays = read_manifest(args.dataset), open_arrays(args.arrays)
    classes, raw = dataset["classes"], RawFiles.of(dataset, parse_sources(args.source), args.key)
    settings = parse(ExamplesSettings, args.settings)
    modality = dataset["modality"]["name"]
    packer, shown_words = load(modality, settings.preprocess), packed_modality(modality).shown
    try:
        write_originals(args.out / ORIGINALS_FILE, originals(manifest, classes, raw, packer))
        drawn = montage(
            args.out / MONTAGE_FILE, manifest, classes, raw, arrays, packer, shown_words, dataset["synthetic"]
        )
    except ChangedFileError as error:
        raise remedied(error, args.dataset, dataset["synthetic"]) from None
    slides = []
    if packed_modality(modality).of_slides:
        slides = slide_pictures(args.dataset, manifest, classes, args.out / SLIDE_PICTURES, dataset["synthetic"])
    read = [args.dataset / "manifest.csv", args.dataset / "record.json", args.arrays / "record.json"]
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.dataset.parent, read),
        outputs={
            name: digest_file(args.out / name) for name in (*(path.name for path in drawn), ORIGINALS_FILE, *slides)
        },
        synthetic=dataset["synthetic"],
    )
    write_record(args.out / "record.json", record)


if __name__ == "__main__":
    entry.run(main, arguments())
