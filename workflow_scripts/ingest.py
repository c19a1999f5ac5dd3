"""Raw files of a study → what they are: manifest, quarantine, equal pairs.

Comes in: the folders of raw files, each read by an adapter of its published layout. Every file is decoded once; what
cannot be used is quarantined with a reason and counted. Goes out, in --out: manifest.csv (a line per sample),
quarantine.csv, equal_pairs.csv (samples that show the same picture) and record.json.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts import entry
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST, QUARANTINE
from workflow_scripts.contracts.errors import UserError
from workflow_scripts.contracts.files import digest_file
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.verified import require_all
from workflow_scripts.data.adapters.base import Refused
from workflow_scripts.data.collecting import Collected, class_order, collect
from workflow_scripts.data.equal_pairs import KINDS, SIDE, equal_pairs
from workflow_scripts.data.images import RefusedImageError
from workflow_scripts.data.reading import read_samples
from workflow_scripts.data.sources import parse_sources

# Further columns of the manifest where a sample is a window of its file, in pixels; it may reach beyond the edge.
BOX = ("left", "top", "right", "bottom")


def arguments() -> argparse.Namespace:
    parser = entry.parser(__doc__)
    parser.add_argument("--source", action="append", required=True, metavar="ADAPTER=FOLDER", help="repeatable")
    parser.add_argument("--out", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--jobs", type=int, default=1, help="processes that decode")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    settings = entry.namespace(args.settings)
    (args.out / "record.json").unlink(missing_ok=True)
    sources = parse_sources(args.source)
    if list(sources) != settings.adapters:
        raise UserError(f"--source names {', '.join(sources)}; the settings name {', '.join(settings.adapters)}")
    for folder in sources.values() if settings.made else ():
        require_all(folder / "made.json")
    collected = collect(sources, settings.ingest)
    samples, thumbnails = read_all(collected, sources, settings.ingest.max_megapixels, args.jobs)
    check_refused(collected.refused, len(samples), settings.ingest.max_refused)
    classes = class_order(samples["label"], settings.ingest.classes)
    pairs = equal_pairs(samples, thumbnails, settings.ingest.near_equal)
    write_dataset(args, collected, samples, classes, pairs)


def read_all(
    collected: Collected, sources: dict[str, Path], max_megapixels: float, jobs: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Table of the readable samples, sorted by id, and their thumbnails (N×SIDE²); refusals go to `collected`."""
    located = [(sources[adapter], sample) for adapter, sample in collected.samples]
    rows, thumbnails = [], []
    copies = any(sample.change for _, sample in collected.samples)
    results = read_samples(located, max_megapixels, jobs)
    for (adapter, sample), seen in zip(collected.samples, results, strict=True):
        if isinstance(seen, RefusedImageError):
            detail = seen.detail if sample.box is None else f"{sample.id}: {seen.detail}"
            collected.refused.append(Refused(sample.path, seen.reason, detail))
            continue
        row = {
            "id": sample.id,
            "path": sample.path,
            "label": sample.label,
            "group": sample.group,
            "unit": sample.unit or sample.id,
            "source": adapter,
            "width": seen.width,
            "height": seen.height,
            "sha256": seen.sha256,
            "pixels": seen.pixels,
            "whole_file": sample.box is None,
            **({"change": sample.change} if copies else {}),
            **sample.attributes,
        }
        rows.append(row if sample.box is None else row | dict(zip(BOX, sample.box, strict=True)))
        thumbnails.append(seen.thumbnail)
    samples = pd.DataFrame(rows, columns=None if rows else [*MANIFEST.columns, "pixels", "whole_file"])
    return samples, np.array(thumbnails, dtype=np.float32).reshape(-1, SIDE * SIDE)


def check_refused(refused: list[Refused], readable: int, limit: float) -> None:
    """Log every refusal; UserError when their share is above `limit`. Missing files are listed but do not count."""
    for item in refused:
        entry.log.info("refused: %s: %s (%s)", item.path, item.reason, item.detail)
    counted = [item for item in refused if item.reason != "missing_file"]
    if counted and len(counted) > limit * (len(counted) + readable):
        reasons = ", ".join(f"{n} {reason}" for reason, n in Counter(item.reason for item in counted).most_common())
        raise UserError(
            f"{len(counted)} of {len(counted) + readable} images are refused ({reasons}; first {counted[0].path}: "
            f"{counted[0].detail}), more than ingest.max_refused ({limit:g}); the log lists them, mend or remove them"
        )


def write_dataset(
    args: argparse.Namespace, collected: Collected, samples: pd.DataFrame, classes: list[str], pairs: pd.DataFrame
) -> None:
    """Write the three tables and, last, the record; say in the log what was found."""
    quarantine = pd.DataFrame([vars(item) for item in collected.refused], columns=list(QUARANTINE.columns))
    quarantine = quarantine.sort_values(list(QUARANTINE.columns), kind="stable")
    manifest = samples.drop(columns=["pixels", "whole_file"])
    boxes = [column for column in BOX if column in manifest]
    manifest[boxes] = manifest[boxes].astype("Int64")
    further = [column for column in manifest if column not in (*MANIFEST.columns, *BOX)]
    manifest[further] = manifest[further].fillna("")
    tables = {"manifest.csv": (MANIFEST, manifest), "quarantine.csv": (QUARANTINE, quarantine)}
    tables["equal_pairs.csv"] = (EQUAL_PAIRS, pairs)
    for name, (table, frame) in tables.items():
        table.write(args.out / name, frame)
    counts = samples["label"].value_counts()
    across = int((pairs["label_a"] != pairs["label_b"]).sum())
    record = make_record(
        args.settings,
        args.code,
        {},
        classes=classes,
        counts={name: int(counts[name]) for name in classes},
        samples=len(samples),
        groups_known=bool((samples["group"] != "").all()),
        refused=dict(sorted(Counter(item.reason for item in collected.refused).items())),
        left_out=collected.left_out,
        wanted=collected.counts,
        equal_pairs={kind: int((pairs["kind"] == kind).sum()) for kind in KINDS},
        equal_pairs_across_classes=across,
        made=args.settings["made"],
        scale=args.settings["scale"],
        outputs={name: digest_file(args.out / name) for name in tables},
    )
    write_record(args.out / "record.json", record)
    for label, numbers in collected.counts.items():
        if min(numbers["found"], counts[label]) < numbers["wanted"]:
            said = (label, counts[label], numbers["wanted"], numbers["copies"])
            entry.log.info("%s: %d samples of %d wanted, %d of them copies", *said)
    entry.log.info("%d samples of %d classes, %d refused", len(samples), len(classes), len(quarantine))
    entry.log.info("%d pairs show the same picture, %d of them with two labels", len(pairs), across)


if __name__ == "__main__":
    entry.run(main, arguments())
