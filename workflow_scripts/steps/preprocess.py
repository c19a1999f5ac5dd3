"""Raw files → the array of a study's samples.

Comes in: the dataset that ingest wrote, and the folders of raw files. Every picture is decoded, cut out where it is a
window of a larger one, and brought to one size, as the packer of its modality says; visits are taken from the dataset
as they are. Goes out: data.npy (samples in manifest order), index.csv (which rows are a sample's) and, last,
record.json: its block `array` says what a row is, see contracts.arrays, and `order` what was done to a sample, in this
order.

Killed at any moment and started again, it continues after the last file that was done, and ends in the same bytes.
"""

import argparse
import time
from pathlib import Path

from workflow_scripts.contracts.arrays import ARRAY_INDEX, DATA, INDEX, RECORD
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.record import make_record, versions, write_record
from workflow_scripts.contracts.step_settings.preprocess_settings import PreprocessSettings
from workflow_scripts.contracts.verified import require
from workflow_scripts.data.raw_folders import add_source_arguments, parse_sources
from workflow_scripts.data.reading import ChangedFileError, RawFiles
from workflow_scripts.preprocessing.packed_array import pack, remedied
from workflow_scripts.preprocessing.packer_registry import load_packer, packed_modality
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.files import canonical_json, digest_file, digest_text
from workflow_scripts.runtime.work_folder import WorkFolder


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="folder that ingest wrote")
    add_source_arguments(parser, "as for ingest")
    parser.add_argument("--out", type=Path, required=True, help="folder of the array")
    parser.add_argument("--work", type=Path, required=True, help="folder of what a killed process has done")
    parser.add_argument("--jobs", type=int, default=1, help="processes that decode")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings = parse(PreprocessSettings, args.settings)
    (args.out / RECORD).unlink(missing_ok=True)
    dataset = require(args.dataset / "record.json", "manifest.csv")
    modality = dataset["modality"]["name"]
    read = packed_modality(modality).in_dataset
    require(args.dataset / "record.json", *read)
    packer = load_packer(modality, settings.preprocess, args.dataset)
    manifest = read_manifest(args.dataset)
    raw = (
        RawFiles.in_dataset(dataset, args.dataset)
        if read
        else RawFiles.of(dataset, parse_sources(args.source), args.key)
    )
    inputs = input_digests(
        args.dataset.parent, [args.dataset / name for name in ("manifest.csv", "record.json", *read)]
    )
    work, start = work_of(args, inputs), time.perf_counter()
    with work.locked(args.out):
        try:
            rows_of_samples = pack(args.out / DATA, manifest, raw, packer, args.jobs, work)
        except ChangedFileError as error:
            raise remedied(error, args.dataset, dataset["synthetic"]) from None
        entry.log.info("%d samples packed, %.0f a second", len(manifest), len(manifest) / (time.perf_counter() - start))
        ARRAY_INDEX.write(
            args.out / INDEX, manifest[["id"]].assign(first=rows_of_samples.first, count=rows_of_samples.count)
        )
        record = make_record(
            args.settings,
            args.code,
            inputs,
            array=packer.array.as_record(),
            order=list(packer.order()),
            rows=rows_of_samples.rows,
            **packer.facts,
            outputs={name: digest_file(args.out / name) for name in (DATA, INDEX)},
            synthetic=dataset["synthetic"],
        )
        write_record(args.out / RECORD, record)


def work_of(args: argparse.Namespace, inputs: dict[str, str]) -> WorkFolder:
    """Where the state of this packing is, by all that its pixels depend on."""
    identity = {"settings": args.settings, "code": args.code, "inputs": inputs, "versions": versions()}
    return WorkFolder(args.work, digest_text(canonical_json(identity)))


if __name__ == "__main__":
    entry.run(main, arguments())
