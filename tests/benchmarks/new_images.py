"""Whether images of a class that was never learned are told, and other pictures, by how they look and by features.

    python tests/benchmarks/new_images.py IMAGES --weights tf_efficientnet_lite0.safetensors [--classes A B]
        [--others FOLDER …] [--keep FOLDER] [--jobs N]

IMAGES holds a folder for each class. Each class in turn is left out of a study from the template own_images, and the
finished network is applied to its test images, to those of the class that it does not know, and to other pictures:
photographs of scikit-image, noise, and images of the folders --others. Printed are, by class left out, the area under
the ROC curve of each distance (1: every unknown image lies further out than every test image) and the shares that are
warned of; then by kind of other pictures the shares, over all networks and of the network that warns least. What is
trained stays in --keep, and a second call trains nothing again.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd
import skimage.data
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.metrics import roc_auc_score

from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.explanation import APPLIED
from workflow_scripts.data.images import SUFFIXES

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
# Snakemake takes its lock of a folder in two steps, which two of them at the same moment do not survive.
ONE_WORKFLOW = threading.Lock()
PROTOCOL, RUN = "by_image", "network"
DISTANCES = ("appearance_distance", "feature_distance")
PHOTOGRAPHS = (
    "astronaut",
    "brick",
    "camera",
    "chelsea",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "moon",
    "page",
    "rocket",
)
# Of each folder of other images, and of noise; pixels of a side of a noisy picture.
MOST_OTHERS, NOISY, NOISY_SIDE = 100, 60, 128


@dataclass(frozen=True)
class Told:
    """A class that was left out: images of it and test images, areas under the ROC curve, shares warned of.

    others_warned: kind of other pictures → how many there are, and the share of them.
    """

    left_out: str
    unknown: int
    test: int
    areas: tuple[float, ...]
    unknown_warned: float
    test_warned: float
    others_warned: dict[str, tuple[int, float]]


def folders_of(images: Path) -> list[Path]:
    """The folders that hold the classes."""
    return sorted(folder for folder in images.iterdir() if folder.is_dir())


def study_of(folder: Path) -> str:
    """Name of the study of the class that was left out; a study a class, so that they may be trained side by side."""
    return f"without_{re.sub('[^a-z0-9]+', '_', folder.name.lower()).strip('_')}"


def settings(folder: Path, weights: Path) -> Path:
    """Settings of a study of all classes but one, whose images lie in `folder`/known."""
    study = {
        "extends": "own_images",
        "source": str(folder / "known"),
        "protocols": {PROTOCOL: {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}, "by_group": None},
        "embeddings": {"pretrained": None},
        "runs": {RUN: {"weights": str(weights)}, "features": None},
    }
    path, content = folder / "settings.yaml", {"results": str(folder / "results"), "studies": {study_of(folder): study}}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def trained(folder: Path, images: Path, left_out: Path, weights: Path) -> Path:
    """The finished run of a network that has learned from all classes but one; trained once."""
    for path in folders_of(images):
        if path != left_out and not (folder / "known" / path.name).exists():
            copy_images(path, folder / "known" / path.name)
    finished = folder / "results" / study_of(folder) / "runs" / PROTOCOL / RUN / "fold0-seed0"
    workflow = [sys.executable, "-m", "snakemake", str(finished.parent / "finished.json"), "--cores", "all"]
    workflow += ["--configfile", str(settings(folder, weights))]
    with ONE_WORKFLOW:
        subprocess.run(workflow, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=sys.stderr)
    return finished


def applied(finished: Path, folder: Path, left_out: Path, others: Path) -> pd.DataFrame:
    """Contract APPLIED of test images, the class that was left out and other pictures, with a column `kind`."""
    study = folder / "results" / study_of(folder)
    manifest = read_manifest(study / "dataset").set_index("id")
    split = pd.read_csv(study / "splits" / f"{PROTOCOL}.csv")
    new = folder / "new"
    shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(study / "predict", ignore_errors=True)
    for sample in split.loc[split["subset"] == "test", "id"]:
        path = Path(manifest.loc[sample, "path"])
        (new / "test" / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / "known" / path, new / "test" / path)
    copy_images(left_out, new / "unknown")
    for kind in folders_of(others):
        copy_images(kind, new / kind.name)
    command = [sys.executable, "-m", "workflow_scripts.commands.apply", "--run", str(finished), "--images", str(new)]
    command += ["--name", "new", "--log", str(folder / "apply.log")]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, stdout=sys.stderr)
    table = APPLIED.read(study / "predict" / "new" / "predictions.csv")
    return table.assign(kind=table["path"].str.partition("/")[0])


def copy_images(source: Path, target: Path) -> None:
    """Copy the files of a folder into one that is new."""
    target.mkdir(parents=True)
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        (target / path.name).write_bytes(path.read_bytes())


def write_others(folder: Path, images: list[Path]) -> None:
    """Write pictures of other things into a folder a kind: photographs and their parts, noise, and of other sets."""
    generator = np.random.default_rng(0)
    for name in ("photographs", "noise"):
        (folder / name).mkdir(parents=True)
    for name in PHOTOGRAPHS:
        picture = Image.fromarray(getattr(skimage.data, name)()).convert("RGB")
        for number in range(5):
            side = int(min(picture.size) * (generator.uniform(0.3, 0.8) if number else 1))
            left, top = (int(generator.integers(0, length - side + 1)) for length in picture.size)
            part = picture.crop((left, top, left + side, top + side))
            part.save(folder / "photographs" / f"{name}_{number}.png")
    for number in range(NOISY):
        pixels = generator.integers(0, 256, (NOISY_SIDE, NOISY_SIDE, 3)).astype("float64")
        # As it is, smooth, and faint on a bright ground as that of a smear.
        pixels = (pixels, gaussian_filter(pixels, (3, 3, 0)), 180 + (pixels - 128) / 6)[number % 3]
        Image.fromarray(pixels.astype("uint8")).save(folder / "noise" / f"noise_{number:02d}.png")
    for source in images:
        paths = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
        (folder / source.name).mkdir()
        for row in np.unique(np.linspace(0, len(paths) - 1, min(MOST_OTHERS, len(paths))).astype(int)):
            shutil.copy(paths[row], folder / source.name / f"{row}{paths[row].suffix}")


def told(folder: Path, images: Path, left_out: Path, weights: Path, others: Path) -> Told:
    """What is told of a class that was left out, in a folder of its own."""
    table = applied(trained(folder, images, left_out, weights), folder, left_out, others)
    warned = (table["out_of_distribution"] == "yes").groupby(table["kind"])
    shares, counts = warned.mean(), warned.size()
    judged = table[table["kind"].isin(["test", "unknown"])]
    areas = [float(roc_auc_score(judged["kind"] == "unknown", judged[column])) for column in DISTANCES]
    kinds = [kind.name for kind in folders_of(others)]
    return Told(
        left_out.name,
        int(counts["unknown"]),
        int(counts["test"]),
        tuple(areas),
        float(shares["unknown"]),
        float(shares["test"]),
        {kind: (int(counts[kind]), float(shares[kind])) for kind in kinds},
    )


def print_told(rows: list[Told]) -> None:
    """Print both tables."""
    print("| left out | images of it | test images | AUC by appearance | by features | of it warned | of test |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        areas = " | ".join(f"{area:.3f}" for area in row.areas)
        shares = f"{100 * row.unknown_warned:.0f} % | {100 * row.test_warned:.1f} %"
        print(f"| {row.left_out} | {row.unknown} | {row.test} | {areas} | {shares} |")
    mean = " | ".join(f"{area:.3f}" for area in np.mean([row.areas for row in rows], axis=0))
    shares = [np.mean([row.unknown_warned for row in rows]), np.mean([row.test_warned for row in rows])]
    print(f"| mean | | | {mean} | {100 * shares[0]:.0f} % | {100 * shares[1]:.1f} % |")
    print()
    print("| other pictures | images | networks | warned | least by a network |")
    print("|---|---|---|---|---|")
    for kind in rows[0].others_warned:
        by_network = [row.others_warned[kind][1] for row in rows]
        count, least = rows[0].others_warned[kind][0], 100 * min(by_network)
        print(f"| {kind} | {count} | {len(rows)} | {100 * np.mean(by_network):.1f} % | {least:.1f} % |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--classes", nargs="+", help="those that are left out (default: each)")
    parser.add_argument("--others", nargs="+", type=Path, default=[], help="folders of images of other things")
    parser.add_argument("--keep", type=Path, help="where trainings stay (default: nowhere)")
    parser.add_argument("--jobs", type=int, default=1, help="classes at the same time (default: 1)")
    args = parser.parse_args()
    chosen = [path for path in folders_of(args.images) if args.classes is None or path.name in args.classes]
    images, weights = args.images.resolve(), args.weights.resolve()
    with tempfile.TemporaryDirectory() as name:
        others = Path(name) / "others"
        write_others(others, args.others)
        folders = [(args.keep or Path(name)).resolve() / path.name for path in chosen]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(args.jobs) as pool:
            rows = list(pool.map(lambda folder: told(folder, images, images / folder.name, weights, others), folders))
    print_told(rows)


if __name__ == "__main__":
    main()
