"""How many made copies of real pictures are found, by what was done to them: the search, thumbnails and two peers.

python tests/benchmarks/near_copies.py DATA [--sets herlev …] [--copies 40] [--peers]

DATA holds unpacked data sets (herlev, sipakmed_128px, peripheral_blood, colposcopy, histology_tiles). With --peers
imagededup and cleanvision must be on PYTHONPATH; they are no part of the environment. Copies are of pictures whose
shorter side is at least --side pixels. A copy is found when the pair with its original is listed; wrong are pairs of a
copy with another picture, unless that one and its original are listed themselves.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd
from PIL import Image

from tests.made_copies import CHANGES
from workflow_scripts.data.copies.calibration import calibrate
from workflow_scripts.data.copies.candidates import candidates
from workflow_scripts.data.copies.keypoints import RECORD, record_of
from workflow_scripts.data.copies.proof import PROOF, prove, scores
from workflow_scripts.data.equal_pairs import equal_pairs, thumbnail

SETS = {
    "histology_tiles": "lung_image_sets/*/*.jpeg",
    "colposcopy": "train/*/*.jpg",
    "peripheral_blood": "*/*/*.jpg",
    "herlev": "*/*/*.BMP",
    "sipakmed_128px": "*/*/*.jpg",
}
# Hamming distance of 64 bits up to which imagededup takes two pictures for duplicates unless it is told otherwise.
DEFAULT_DISTANCE = 10
Pairs = set[tuple[int, int]]
Audit = Callable[["Pool"], Pairs]


@dataclass(frozen=True)
class Pool:
    """Originals, then copies of the first ones; records of the originals are computed once."""

    originals: list[np.ndarray]
    copies: list[np.ndarray]
    records: np.ndarray
    labels: np.ndarray

    @property
    def pictures(self) -> list[np.ndarray]:
        return [*self.originals, *self.copies]


def by_keypoints(pool: Pool) -> Pairs:
    """The search of this project."""
    records = np.concatenate([pool.records, np.array([record_of(pixels) for pixels in pool.copies], RECORD)])
    pairs = candidates(records, np.full(len(records), -1))
    proofs = np.array([prove(records[first], records[second]) for first, second in pairs.tolist()], PROOF)
    clear = scores(proofs)
    calibration = calibrate(clear, pool.labels[pairs[:, 0]] != pool.labels[pairs[:, 1]], np.zeros(0))
    return {tuple(pair) for pair in pairs[calibration.proven(proofs, clear)].tolist()}


def by_thumbnails(pool: Pool) -> Pairs:
    """The 16 × 16 thumbnails of data.equal_pairs in eight symmetries."""
    images = [Image.fromarray(pixels) for pixels in pool.pictures]
    table = pd.DataFrame({"id": [f"{number:06}" for number in range(len(images))], "label": "", "whole_file": True})
    table["sha256"] = table["pixels"] = table["id"]
    table = table.assign(rows=None, aspect=[image.width / image.height for image in images])
    pairs = equal_pairs(table, np.array([thumbnail(image) for image in images]), 0.1)
    return {(int(first), int(second)) for first, second in zip(pairs["id_a"], pairs["id_b"], strict=True)}


def by_imagededup(pool: Pool) -> Pairs:
    """imagededup's perceptual hashes with its own threshold."""
    from imagededup.methods import PHash

    hasher = PHash(verbose=False)
    codes = {str(number): hasher.encode_image(image_array=pixels) for number, pixels in enumerate(pool.pictures)}
    duplicates = hasher.find_duplicates(encoding_map=codes, max_distance_threshold=DEFAULT_DISTANCE, num_enc_workers=0)
    return {tuple(sorted((int(name), int(other)))) for name, others in duplicates.items() for other in others}


def by_cleanvision(pool: Pool) -> Pairs:
    """cleanvision's exact and near duplicates."""
    from cleanvision import Imagelab

    with tempfile.TemporaryDirectory() as folder:
        for number, pixels in enumerate(pool.pictures):
            Image.fromarray(pixels).save(Path(folder) / f"{number:06}.png")
        with redirect_stdout(StringIO()):
            lab = Imagelab(data_path=folder)
            lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
        sets = [names for kind in ("exact_duplicates", "near_duplicates") for names in lab.info[kind]["sets"]]
    numbers = [sorted(int(Path(name).stem) for name in names) for names in sets]
    return {(one, other) for members in numbers for one in members for other in members if one < other}


def chosen(folder: Path, pattern: str, count: int, side: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Evenly chosen pictures of a set whose shorter side is long enough, and their classes."""
    paths = sorted(folder.glob(pattern))
    large = [path for path in paths if min(Image.open(path).size) >= side]
    taken = large[:: max(1, len(large) // count)][:count]
    classes = pd.factorize(
        np.array([path.parts[-2] if "CROPPED" not in path.parts else path.parts[-3] for path in taken])
    )
    return [np.asarray(Image.open(path).convert("RGB")) for path in taken], classes[0]


def rows_of(name: str, args: argparse.Namespace, audits: dict[str, Audit]) -> list[dict[str, str | float]]:
    """Found and wrong pairs of a set by change and audit."""
    originals, labels = chosen(args.data / name, SETS[name], args.pool, args.side)
    records = np.array([record_of(pixels) for pixels in originals])
    alone = {audit: run(Pool(originals, [], records, labels)) for audit, run in audits.items()}
    rows: list[dict[str, str | float]] = []
    for change, make in CHANGES.items():
        rng = np.random.default_rng(20)
        count = min(args.copies, len(originals))
        copies = [make(pixels, rng) for pixels in originals[:count]]
        pool = Pool(originals, copies, records, np.concatenate([labels, labels[:count]]))
        for audit, run in audits.items():
            began = time.perf_counter()
            pairs = run(pool)
            right = {(number, len(originals) + number) for number in range(count)}
            wrong = {
                pair for pair in pairs - right if pair[1] >= len(originals) and not _known(pair, alone[audit], pool)
            }
            seconds = time.perf_counter() - began
            rows.append(
                {"set": name, "change": change, "audit": audit, "copies": count, "found": len(pairs & right)}
                | {"wrong": len(wrong), "seconds": seconds}
            )
    return rows


def _known(pair: tuple[int, int], alone: Pairs, pool: Pool) -> bool:
    """Whether the originals of a pair are themselves listed as one picture, or are one."""
    first, second = sorted(number % len(pool.originals) if number >= len(pool.originals) else number for number in pair)
    return first == second or (first, second) in alone


def main() -> None:
    """Print a table of recall in per cent by change and audit, over all sets and of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--copies", type=int, default=40)
    parser.add_argument("--pool", type=int, default=200, help="pictures of a set")
    parser.add_argument("--side", type=int, default=96, help="shortest side of a picture")
    parser.add_argument("--peers", action="store_true", help="imagededup and cleanvision too")
    parser.add_argument("--csv", type=Path)
    args = parser.parse_args()
    audits: dict[str, Audit] = {"keypoints": by_keypoints, "thumbnails": by_thumbnails}
    if args.peers:
        audits |= {"imagededup": by_imagededup, "cleanvision": by_cleanvision}
    table = pd.DataFrame([row for name in args.sets for row in rows_of(name, args, audits)])
    if args.csv:
        table.to_csv(args.csv, index=False)
    order = {"change": list(CHANGES), "audit": list(audits), "set": args.sets}
    for column, others in (("audit", ["change"]), ("set", ["change"])):
        part = table if column == "audit" else table[table["audit"] == "keypoints"]
        sums = part.groupby([*others, column])[["found", "copies", "wrong"]].sum()
        recall = (100 * sums["found"] / sums["copies"]).unstack().loc[order["change"], order[column]]
        print(recall.round(1).to_string(), "\n")
    print(
        table.groupby("audit")[["found", "copies", "wrong", "seconds"]].sum().loc[order["audit"]].round(1).to_string()
    )


if __name__ == "__main__":
    main()
