"""Raw files of a study → what they are: manifest, quarantine, equal pairs.

Comes in: the folders of raw files, each read by an adapter of its published layout. Every file is decoded once; what
cannot be used is quarantined with a reason and counted. Goes out, in --out: manifest.csv (a line per sample),
quarantine.csv, equal_pairs.csv (samples that show the same picture) and record.json.
"""

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import BOX, CHANGE, EQUAL_PAIRS, MANIFEST, PAIR_KINDS, QUARANTINE
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.verified import require_all
from workflow_scripts.data.adapters.interface import Refused
from workflow_scripts.data.collecting import Collected, class_order, collect
from workflow_scripts.data.equal_pairs import SIDE, equal_pairs
from workflow_scripts.data.images import RefusedImageError
from workflow_scripts.data.raw_folders import parse_sources
from workflow_scripts.data.reading import read_samples
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import digest_file


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
    for folder in sources.values():
        if args.out.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                f"the results lie in the folder of images {folder}, where their figures would be read as images; set "
                "`results` to a folder elsewhere"
            )
    for folder in sources.values() if settings.made else ():
        require_all(folder / "made.json")
    collected = collect(sources, settings.ingest, settings.subgroups)
    manifest, seen = read_all(collected, sources, settings.ingest.max_megapixels, args.jobs)
    check_refused(collected.refused, len(manifest), settings.ingest.max_refused)
    classes = class_order(manifest["label"], settings.ingest.classes, collected.passed_over)
    pictures = manifest[list(MANIFEST.columns)].join(seen.digests)
    pairs = equal_pairs(pictures, seen.thumbnails, settings.ingest.near_equal)
    write_dataset(args, collected, manifest, classes, pairs)


@dataclass(frozen=True)
class Pixels:
    """What was seen of the samples' pixels and no table keeps, a row a sample.

    `digests` has the columns pixels (digest of size and RGB values) and whole_file (a part of a file has no bytes of
    its own); `thumbnails` is N×SIDE².
    """

    digests: pd.DataFrame
    thumbnails: np.ndarray


def read_all(
    collected: Collected, sources: dict[str, Path], max_megapixels: float, jobs: int
) -> tuple[pd.DataFrame, Pixels]:
    """Manifest of the readable samples, sorted by id, and what was seen of their pixels; refusals go to `collected`."""
    located = [(sources[adapter], sample) for adapter, sample in collected.samples]
    rows, digests, thumbnails = [], [], []
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
            **({CHANGE: sample.change} if copies else {}),
        }
        # The project's own columns come last, so that none of a user's can take their place.
        row = {**dict.fromkeys(row), **sample.attributes, **row}
        rows.append(row if sample.box is None else row | dict(zip(BOX, sample.box, strict=True)))
        digests.append((seen.pixels, sample.box is None))
        thumbnails.append(seen.thumbnail)
    manifest = pd.DataFrame(rows, columns=None if rows else list(MANIFEST.columns))
    vectors = np.array(thumbnails, dtype=np.float32).reshape(-1, SIDE * SIDE)
    return manifest, Pixels(pd.DataFrame(digests, columns=["pixels", "whole_file"]), vectors)


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
    args: argparse.Namespace, collected: Collected, manifest: pd.DataFrame, classes: list[str], pairs: pd.DataFrame
) -> None:
    """Write the three tables and, last, the record; say in the log what was found."""
    quarantine = pd.DataFrame([vars(item) for item in collected.refused], columns=list(QUARANTINE.columns))
    quarantine = quarantine.sort_values(list(QUARANTINE.columns), kind="stable")
    manifest = manifest.copy()
    boxes = [column for column in BOX if column in manifest]
    manifest[boxes] = manifest[boxes].astype("Int64")
    further = [column for column in manifest if column not in (*MANIFEST.columns, *BOX)]
    manifest[further] = manifest[further].fillna("")
    tables = {"manifest.csv": (MANIFEST, manifest), "quarantine.csv": (QUARANTINE, quarantine)}
    tables["equal_pairs.csv"] = (EQUAL_PAIRS, pairs)
    for name, (table, frame) in tables.items():
        table.write(args.out / name, frame)
    counts = manifest["label"].value_counts()
    across = int((pairs["label_a"] != pairs["label_b"]).sum())
    record = make_record(
        args.settings,
        args.code,
        {},
        classes=classes,
        counts={name: int(counts[name]) for name in classes},
        samples=len(manifest),
        groups_known=bool((manifest["group"] != "").all()),
        groups_alike=collected.alike,
        refused=dict(sorted(Counter(item.reason for item in collected.refused).items())),
        passed_over=collected.passed_over,
        links_not_followed=collected.links,
        left_out=collected.left_out,
        wanted=collected.counts,
        equal_pairs={kind: int((pairs["kind"] == kind).sum()) for kind in PAIR_KINDS},
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
    passed = sum(collected.passed_over.values())
    said = (len(manifest), len(classes), len(quarantine), passed)
    entry.log.info("%d samples of %d classes, %d refused, %d files passed over", *said)
    mixed = manifest.groupby("unit")["label"].nunique()
    if (mixed > 1).any():
        entry.log.warning(
            "%d units hold images of several classes, first %r: they can be judged one by one only "
            "(aggregate: none); write different units in the table of groups, or none",
            *(int((mixed > 1).sum()), mixed.idxmax()),
        )
    entry.log.info("%d pairs show the same picture, %d of them with two labels", len(pairs), across)


if __name__ == "__main__":
    entry.run(main, arguments())
