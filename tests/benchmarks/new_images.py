"""Whether images of a class that was never learned are told, by how they look and by the network's features.

    python tests/benchmarks/new_images.py IMAGES --weights tf_efficientnet_lite0.safetensors [--classes A B]

IMAGES holds a folder for each class. Each class in turn is left out of a study from the template own_images, and the
finished network is applied to its test images and to those of the class that it does not know. Printed are, by class
left out, the area under the ROC curve of each distance (1: every unknown image lies further out than every test image),
and the shares that are warned of.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import read_manifest
from workflow_scripts.contracts.explanation import APPLIED

ROOT = Path(__file__).resolve().parents[2]
STUDY, PROTOCOL, RUN = "lacking", "by_image", "network"
DISTANCES = ("appearance_distance", "feature_distance")


@dataclass(frozen=True)
class Told:
    """A class that was left out: images of it and test images, areas under the ROC curve, shares warned of."""

    left_out: str
    unknown: int
    known: int
    areas: tuple[float, ...]
    unknown_warned: float
    known_warned: float


def folders_of(images: Path) -> list[Path]:
    """The folders that hold the classes."""
    return sorted(folder for folder in images.iterdir() if folder.is_dir())


def settings(folder: Path, weights: Path) -> Path:
    """Settings of a study of all classes but one, whose images lie in `folder`/known."""
    study = {
        "extends": "own_images",
        "source": str(folder / "known"),
        "protocols": {PROTOCOL: {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"}, "by_group": None},
        "embeddings": {"pretrained": None},
        "runs": {RUN: {"weights": str(weights)}, "features": None},
    }
    path = folder / "settings.yaml"
    path.write_text(json.dumps({"results": str(folder / "results"), "studies": {STUDY: study}}), encoding="utf-8")
    return path


def applied(folder: Path, left_out: Path, weights: Path) -> pd.DataFrame:
    """Contract APPLIED of test images and of the class that was left out, with a column `unknown`."""
    python = [sys.executable, "-m"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    finished = folder / "results" / STUDY / "runs" / PROTOCOL / RUN / "fold0-seed0"
    workflow = [*python, "snakemake", str(finished.parent / "finished.json"), "--cores", "all"]
    workflow += ["--configfile", str(settings(folder, weights))]
    subprocess.run(workflow, cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    manifest = read_manifest(folder / "results" / STUDY / "dataset").set_index("id")
    split = pd.read_csv(folder / "results" / STUDY / "splits" / f"{PROTOCOL}.csv")
    new = folder / "new"
    for sample in split.loc[split["subset"] == "test", "id"]:
        path = Path(manifest.loc[sample, "path"])
        (new / "known" / path.parent).mkdir(parents=True, exist_ok=True)
        os.link(folder / "known" / path, new / "known" / path)
    copy_images(left_out, new / "unknown")
    command = [*python, "workflow_scripts.commands.apply", "--run", str(finished), "--images", str(new)]
    subprocess.run([*command, "--name", "new"], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    table = APPLIED.read(folder / "results" / STUDY / "predict" / "new" / "predictions.csv")
    return table.assign(unknown=table["path"].str.startswith("unknown/"))


def copy_images(source: Path, target: Path) -> None:
    """Copy the files of a folder into one that is new."""
    target.mkdir(parents=True)
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        (target / path.name).write_bytes(path.read_bytes())


def told(images: Path, left_out: Path, weights: Path) -> Told:
    """What is told of a class that was left out."""
    from sklearn.metrics import roc_auc_score

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in folders_of(images):
            if path != left_out:
                copy_images(path, folder / "known" / path.name)
        table = applied(folder, left_out, weights)
    unknown, warned = table["unknown"].to_numpy(), (table["out_of_distribution"] == "yes").to_numpy()
    distances = [table[column].to_numpy() for column in DISTANCES]
    areas = [float(roc_auc_score(unknown, distance)) for distance in (*distances, np.maximum(*distances))]
    return Told(
        left_out.name,
        int(unknown.sum()),
        int((~unknown).sum()),
        tuple(areas),
        float(warned[unknown].mean()),
        float(warned[~unknown].mean()),
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--classes", nargs="+", help="those that are left out (default: each)")
    args = parser.parse_args()
    chosen = [path for path in folders_of(args.images) if args.classes is None or path.name in args.classes]
    rows = [told(args.images.resolve(), path.resolve(), args.weights.resolve()) for path in chosen]
    print(
        "| left out | images of it | test images | AUC by appearance | by features | by both | of it warned | of test |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        areas = " | ".join(f"{area:.3f}" for area in row.areas)
        shares = f"{100 * row.unknown_warned:.0f} % | {100 * row.known_warned:.1f} %"
        print(f"| {row.left_out} | {row.unknown} | {row.known} | {areas} | {shares} |")
    mean = " | ".join(f"{area:.3f}" for area in np.mean([row.areas for row in rows], axis=0))
    shares = [np.mean([row.unknown_warned for row in rows]), np.mean([row.known_warned for row in rows])]
    print(f"| mean | | | {mean} | {100 * shares[0]:.0f} % | {100 * shares[1]:.1f} % |")


if __name__ == "__main__":
    main()
