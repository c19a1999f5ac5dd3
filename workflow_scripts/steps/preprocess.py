"""Raw files → packed arrays of pixels and masks, and a page of examples.

Comes in: the dataset that ingest wrote, and the folders of raw files. Every sample is decoded, cut out where it is a
window of a larger picture, and brought to one size. Goes out: images.npy (uint8 N×H×W×3, rows in manifest order, made
for `np.load(mmap_mode="r")`), masks.npy (uint8 N×H×W, 1 inside nuclei; no rows without masks), originals.npz (an
image of every class before the preprocessing, for figures), index.csv, record.json, and the montage.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from workflow_scripts.contracts.dataset import ARRAY_INDEX, MANIFEST
from workflow_scripts.contracts.record import input_digests, make_record, write_record
from workflow_scripts.contracts.verified import require
from workflow_scripts.data.packed import ORIGINALS, write_originals
from workflow_scripts.data.raw_folders import parse_sources
from workflow_scripts.preprocessing.montage import montage, originals
from workflow_scripts.preprocessing.packing import ChangedFileError, Packing, pack
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.results_layout import remedy

ARRAYS = ("images.npy", "masks.npy", "index.csv", ORIGINALS)


def arguments() -> argparse.Namespace:
    parser = entry.parser(__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="folder that ingest wrote")
    parser.add_argument("--source", action="append", required=True, metavar="ADAPTER=FOLDER", help="as for ingest")
    parser.add_argument("--out", type=Path, required=True, help="folder of the array")
    parser.add_argument("--montage", type=Path, required=True, help="figure of examples")
    parser.add_argument("--jobs", type=int, default=1, help="processes that decode")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    settings = entry.namespace(args.settings)
    (args.out / "record.json").unlink(missing_ok=True)
    sources = parse_sources(args.source)
    dataset = require(args.dataset / "record.json", "manifest.csv")
    manifest = MANIFEST.read(args.dataset / "manifest.csv")
    packing = Packing(**vars(settings.preprocess))
    start = time.perf_counter()
    try:
        shape = pack(args.out / "images.npy", args.out / "masks.npy", manifest, sources, packing, args.jobs)
    except ChangedFileError as error:
        again = error.path if dataset["made"] else args.dataset / "record.json"
        raise UserError(f"{error}; {remedy(again)}") from None
    entry.log.info("%d images packed, %.0f a second", shape[0], shape[0] / (time.perf_counter() - start))
    index = manifest[["id"]].assign(first=np.arange(len(manifest)), count=1)
    ARRAY_INDEX.write(args.out / "index.csv", index)
    images = np.load(args.out / "images.npy", mmap_mode="r")
    write_originals(args.out / ORIGINALS, originals(manifest, dataset["classes"], sources))
    how = f"packed, {packing.size}×{packing.size} px ({packing.fit}, {packing.interpolation})"
    montage(args.montage, manifest, dataset["classes"], sources, images, how, dataset["made"])
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.dataset.parent, [args.dataset / "manifest.csv", args.dataset / "record.json"]),
        shape=list(shape),
        outputs={name: digest_file(args.out / name) for name in (*ARRAYS, os.path.relpath(args.montage, args.out))},
        made=dataset["made"],
    )
    write_record(args.out / "record.json", record)


if __name__ == "__main__":
    entry.run(main, arguments())
