"""Which copies are found in real pictures, and how many made copies by what was done to them; beside three others.

cervix measure near_copies -- python tests/benchmarks/near_copies.py DATA [--sets herlev …] [--copies 20] [--peers]

DATA holds unpacked data sets (herlev, sipakmed_128px, peripheral_blood, colposcopy, histology_tiles). The first table
is of these sets as they are, as if their groups were unknown; the second one of copies that are made of pictures
whose shorter side is at least --side pixels. With --peers imagededup and cleanvision must be on PYTHONPATH; they are no
part of the environment. A copy is found when the pair with its original is listed; wrong are pairs of a copy with
another picture, unless that one and its original are listed themselves.
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
from threadpoolctl import threadpool_limits

from tests.made_copies import CHANGES
from workflow_scripts.data.copies.calibration import calibrate
from workflow_scripts.data.copies.candidates import candidates
from workflow_scripts.data.copies.keypoints import RECORD, record_of
from workflow_scripts.data.copies.proof import prove_all, scores
from workflow_scripts.data.copies.time_budget import TimeBudget
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
# Minutes that no search takes.
UNBOUNDED = 1e6
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
    pairs = candidates(records, np.full(len(records), -1), TimeBudget(UNBOUNDED)).pairs
    proofs = prove_all(records, pairs, TimeBudget(UNBOUNDED))
    clear = scores(proofs)
    calibration = calibrate(clear, pool.labels[pairs[:, 0]] != pool.labels[pairs[:, 1]], np.zeros(0))
    return {tuple(pair) for pair in pairs[calibration.proven(proofs, clear)].tolist()}


def by_thumbnails(pool: Pool) -> Pairs:
    """The 16 × 16 thumbnails of data.equal_pairs in eight symmetries."""
    return _by_thumbnails([Image.fromarray(pixels) for pixels in pool.pictures])


def _by_thumbnails(images: list[Image.Image]) -> Pairs:
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
    classes = pd.factorize(np.array([_class(path) for path in taken]))
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
            began = time.process_time()
            pairs = run(pool)
            right = {(number, len(originals) + number) for number in range(count)}
            wrong = {
                pair for pair in pairs - right if pair[1] >= len(originals) and not _known(pair, alone[audit], pool)
            }
            seconds = time.process_time() - began
            rows.append(
                {"set": name, "change": change, "audit": audit, "copies": count, "found": len(pairs & right)}
                | {"wrong": len(wrong), "seconds": seconds}
            )
    return rows


def _known(pair: tuple[int, int], alone: Pairs, pool: Pool) -> bool:
    """Whether the originals of a pair are themselves listed as one picture, or are one."""
    first, second = sorted(number % len(pool.originals) if number >= len(pool.originals) else number for number in pair)
    return first == second or (first, second) in alone


def as_it_is(name: str, data: Path) -> dict[str, str]:
    """A row of the first table: what is proven in a whole set whose groups are taken for unknown."""
    paths = sorted((data / name).glob(SETS[name]))
    images = [Image.open(path).convert("RGB") for path in paths]
    records = np.array([record_of(np.asarray(image)) for image in images], RECORD)
    labels = pd.factorize(np.array([_class(path) for path in paths]))[0]
    pairs = candidates(records, np.full(len(records), -1), TimeBudget(UNBOUNDED)).pairs
    proofs = prove_all(records, pairs, TimeBudget(UNBOUNDED))
    clear = scores(proofs)
    calibration = calibrate(clear, labels[pairs[:, 0]] != labels[pairs[:, 1]], np.zeros(0))
    proven = {tuple(pair) for pair in pairs[calibration.proven(proofs, clear)].tolist()}
    seen = _by_thumbnails(images)
    groups = GROUPS[name](data / name, paths) if name in GROUPS else None
    known = "–" if groups is None else f"{sum(groups[first] == groups[second] for first, second in proven):,}"
    two = sum(labels[first] != labels[second] for first, second in proven)
    chance = calibration.by_chance(np.array([calibration.threshold]))[0]
    return {
        "data": name,
        "pictures": f"{len(paths):,}",
        "candidates": f"{len(pairs):,}",
        "expected by chance": "< 0.01" if chance < 0.01 else f"{chance:.2g}",
        "proven": f"{len(proven):,}",
        "of one known group": known,
        "of two labels": f"{two:,}",
        "thumbnails see": f"{len(seen):,}",
        "proven of these": f"{len(seen & proven):,}",
    }


def _class(path: Path) -> str:
    return path.parts[-2] if "CROPPED" not in path.parts else path.parts[-3]


def _listed_groups(folder: Path, paths: list[Path]) -> list[str]:
    table = pd.read_csv(folder / "groups.csv", dtype=str).set_index("path")["source_tile"]
    return [f"{_class(path)} {table[path.relative_to(folder).as_posix()]}" for path in paths]


# Which pictures are of one source, where that is known.
GROUPS: dict[str, Callable[[Path, list[Path]], list[str]]] = {
    "histology_tiles": _listed_groups,
    "herlev": lambda folder, paths: [path.stem.rpartition("-")[0] for path in paths],
    "sipakmed_128px": lambda folder, paths: [f"{_class(path)} {path.stem.partition('_')[0]}" for path in paths],
}


def markdown(table: pd.DataFrame) -> str:
    """The table, one cell a column."""
    lines = [list(table.columns), ["---"] * len(table.columns), *table.astype(str).to_numpy().tolist()]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Print both tables; recall in per cent by change and audit, over all sets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--copies", type=int, default=20, help="of pictures of each set")
    parser.add_argument("--pool", type=int, default=60, help="pictures of a set")
    parser.add_argument("--side", type=int, default=96, help="shortest side of a picture")
    parser.add_argument("--peers", action="store_true", help="imagededup and cleanvision too")
    args = parser.parse_args()
    # Products of matrices this small are slower by several threads, and seconds are those of the processor.
    threadpool_limits(1)
    print(markdown(pd.DataFrame([as_it_is(name, args.data) for name in args.sets])), flush=True)
    audits: dict[str, Audit] = {"keypoints": by_keypoints, "thumbnails": by_thumbnails}
    if args.peers:
        audits |= {"imagededup": by_imagededup, "cleanvision": by_cleanvision}
    table = pd.DataFrame([row for name in args.sets for row in rows_of(name, args, audits)])
    sums = table.groupby(["change", "audit"])[["found", "copies"]].sum()
    recall = (100 * sums["found"] / sums["copies"]).unstack().loc[list(CHANGES), list(audits)].round(0).astype(int)
    recall.loc["wrong pairs"] = table.groupby("audit")["wrong"].sum()[list(audits)]
    recall.loc["seconds"] = table.groupby("audit")["seconds"].sum()[list(audits)].round(0).astype(int)
    print(markdown(recall.reset_index()))


if __name__ == "__main__":
    main()
