"""Packed pictures → a mask for each: where its cell nuclei are.

Comes in: the array that preprocess wrote, whose pictures are in colour. Goes out: masks.npy (uint8 N×H×W, 1 inside
nuclei, rows as those of the array) and, last, record.json. Only studies with `preprocess.mask` have this step.
"""

import argparse
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from workflow_scripts.contracts.array_writer import RowWriter, new_array
from workflow_scripts.contracts.arrays import MASKS, RECORD, open_arrays
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.step_settings.segment_settings import SegmentSettings
from workflow_scripts.preprocessing.masks import mask
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.process_pool import ordered_map


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--arrays", type=Path, required=True, help="folder of the array")
    parser.add_argument("--out", type=Path, required=True, help="folder of the masks")
    parser.add_argument("--jobs", type=int, default=1, help="processes that look for nuclei")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    settings = parse(SegmentSettings, args.settings)
    (args.out / RECORD).unlink(missing_ok=True)
    arrays = open_arrays(args.arrays)
    described = arrays.description
    if described.kind != "pixels" or (described.dtype, described.channels) != ("uint8", 3):
        raise UserError(f"masks need pictures in colour of 8 bits, not {described}; set preprocess.mask to none")
    with new_array(args.out / MASKS, len(arrays.data), "uint8", arrays.data.shape[1:3]) as writer:
        work = partial(_write_mask, kind=settings.mask, writer=writer)
        count = sum(ordered_map(work, _numbered(arrays.data), args.jobs))
    entry.log.info("%d masks (%s)", count, settings.mask)
    record = make_record(
        args.settings,
        args.code,
        input_digests(args.arrays.parent, [args.arrays / RECORD]),
        outputs={MASKS: digest_file(args.out / MASKS)},
    )
    write_record(args.out / RECORD, record)


def _numbered(pictures: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Number of a row, and its picture in memory: a map cannot be sent to another process."""
    for row, pixels in enumerate(pictures):
        yield row, np.array(pixels)


def _write_mask(picture: tuple[int, np.ndarray], kind: str, writer: RowWriter) -> int:
    row, pixels = picture
    writer.write(row, mask(pixels, kind)[None])
    return 1


if __name__ == "__main__":
    entry.run(main, arguments())
