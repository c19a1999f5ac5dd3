"""What a network that learns nothing makes of every picture of a study, stored once for all runs that read it.

Comes in: the packed array, and the weights of the network unless they are drawn at random. Goes out: data.npy (one or
eight rows a sample, in the order of the array), index.csv (which rows are a sample's) and, last, record.json: what a
row is, of which pictures and by which network. Killed and started again, it goes on with the pictures that are left and
ends in the same bytes. Neither labels nor splits are read.
"""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.arrays import ARRAY_INDEX, DATA, INDEX, PIXELS, RECORD, Arrays, open_arrays
from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.record import make_record, read_record, versions, write_record
from workflow_scripts.contracts.step_settings.embed_settings import EmbedSettings
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.digests import input_digests
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import canonical_json, digest_file, digest_text
from workflow_scripts.runtime.work_folder import WorkFolder

if TYPE_CHECKING:
    from workflow_scripts.contracts.array_writer import ResumableArray
    from workflow_scripts.training.embedder import Embedder


def arguments() -> argparse.Namespace:
    """Command line of this step."""
    parser = entry.parser(__doc__)
    parser.add_argument("--arrays", type=Path, required=True, help="folder of the array of pictures")
    parser.add_argument("--weights", type=Path, help="weights of the network; none: drawn at random")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--work", type=Path, required=True, help="folder of states and locks")
    parser.add_argument("--out", type=Path, required=True, help="folder of the stored numbers")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    """Run the step; see the module's docstring."""
    from workflow_scripts.contracts.array_writer import resumable_array
    from workflow_scripts.contracts.step_settings.train_settings import Train
    from workflow_scripts.training import devices
    from workflow_scripts.training.embedder import Embedder

    settings = parse(EmbedSettings, args.settings)
    (args.out / RECORD).unlink(missing_ok=True)
    arrays, weights = pictures_in(args.arrays), weights_given(args.weights, settings)
    inputs = input_digests(args.arrays.parent, [args.arrays / RECORD])
    work = WorkFolder(args.work, identity_of(args, inputs, weights, devices.type_of(args.device)))
    with work.locked(args.out):
        how = Train(torch_threads=settings.torch_threads, precision=settings.embedding.precision)
        device = devices.prepare(args.device, how)
        embedder = Embedder.of(settings, arrays, args.weights, device)
        array = embedder.described()
        count, start = len(arrays.data) * embedder.symmetries, time.perf_counter()
        with resumable_array(work, args.out / DATA, count, array.dtype, array.row_shape) as rows:
            embed(embedder, len(arrays.data), rows)
        pace = len(arrays.data) / (time.perf_counter() - start)
        entry.log.info("%d pictures embedded (%s), %.1f a second on %s", len(arrays.data), array, pace, device)
        index = arrays.index.assign(
            first=arrays.index["first"] * embedder.symmetries, count=arrays.index["count"] * embedder.symmetries
        )
        ARRAY_INDEX.write(args.out / INDEX, index)
        embedding = settings.embedding
        record = make_record(
            args.settings,
            args.code,
            inputs,
            array=array.as_record(),
            pixels=arrays.description.as_record(),
            mean=embedder.mean,
            std=embedder.std,
            symmetries=embedder.symmetries,
            network={
                "model": embedding.model,
                "options": dict(embedding.options),
                "weights": weights,
                "seed": settings.seed,
            },
            outputs={name: digest_file(args.out / name) for name in (DATA, INDEX)},
            synthetic=read_record(args.arrays / RECORD)["synthetic"],
        )
        write_record(args.out / RECORD, record)


def embed(embedder: "Embedder", count: int, array: "ResumableArray") -> None:
    """Write the rows of `count` pictures, block by block, but for the blocks that are done."""
    from workflow_scripts.training.embedder import BLOCK

    for first in range(0, count, BLOCK):
        block = range(first, min(first + BLOCK, count))
        rows = range(block.start * embedder.symmetries, block.stop * embedder.symmetries)
        if not array.done(rows):
            array.rows.write(rows.start, embedder.rows(block))
            array.mark(rows)


def pictures_in(folder: Path) -> Arrays:
    """The array in a folder; UserError unless its rows are pictures."""
    arrays = open_arrays(folder)
    if arrays.description.kind != PIXELS:
        raise UserError(f"{folder} holds {arrays.description}, and a network that embeds takes pictures")
    return arrays


def weights_given(path: Path | None, settings: EmbedSettings) -> str | None:
    """sha256 of the file of weights, None where they are drawn; UserError where settings and arguments differ."""
    wanted = settings.embedding.weights is not None
    if wanted != (path is not None):
        raise UserError(
            f"the settings of the embedding {settings.name} name {'weights' if wanted else 'no weights'}, and "
            f"--weights {'is missing' if wanted else 'is given'}"
        )
    if path is None:
        entry.log.info("the weights of %s are drawn at random (seed %d)", settings.embedding.model, settings.seed)
        return None
    if not path.is_file():
        raise UserError(f"the weights file {path} is missing; put it there or change the settings")
    return digest_file(path)


def identity_of(args: argparse.Namespace, inputs: dict[str, str], weights: str | None, device: str) -> str:
    """Digest of all that the stored numbers depend on."""
    parts = {"settings": args.settings, "code": args.code, "inputs": inputs, "weights": weights, "device": device}
    return digest_text(canonical_json({**parts, "versions": versions()}))


if __name__ == "__main__":
    entry.run(main, arguments())
