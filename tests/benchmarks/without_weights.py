"""How far the template own_images comes without published weights, beside the same with them, on test images.

    python tests/benchmarks/without_weights.py --weights tf_efficientnet_lite0.safetensors --set blood=FOLDER [--set …]

FOLDER holds a folder for each class; --count images are taken, evenly spaced in the order of their names in each class.
One split of each set (60, 20 and 20 %, near copies kept together); the network from random weights is trained as
docs/how-to/use_your_own_images.md says. Prints a row a set: accuracy on test images with its interval, in per cent.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.new_images import folders_of
from workflow_scripts.contracts.run_tables import METRICS
from workflow_scripts.data.images import SUFFIXES

ROOT = Path(__file__).resolve().parents[2]
PROTOCOL, RANDOM, PUBLISHED = "by_group", "random", "published"
HEAD = "| set | test images | random weights | published | colours and sizes |"
LONGER = {"frozen_stages": 0, "epochs": 60, "patience": 20}


def fewer(images: Path, target: Path, count: int) -> Path:
    """Copy so many images of a set, as many of each class, into a folder of their own."""
    classes = folders_of(images)
    for folder in classes:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        rows = np.unique(np.linspace(0, len(paths) - 1, min(count // len(classes), len(paths))).astype(int))
        (target / folder.name).mkdir(parents=True)
        for row in rows:
            shutil.copy(paths[row], target / folder.name / paths[row].name)
    return target


def settings(folder: Path, sets: dict[str, Path], weights: Path) -> Path:
    """Settings of a study a set, with the network both ways and the control."""
    study = {
        "extends": "own_images",
        "protocols": {PROTOCOL: {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "group"}, "by_image": None},
        "embeddings": {"pretrained": None},
        "runs": {
            "features": None,
            "network": None,
            PUBLISHED: {"kind": "network", "model": "tf_efficientnet_lite0", "weights": str(weights)},
            RANDOM: {"kind": "network", "model": "tf_efficientnet_lite0", "weights": None, "train": LONGER},
        },
        "evaluate": {"reference": PUBLISHED},
        "explain": {"runs": []},
    }
    path = folder / "settings.yaml"
    studies = {name: {**study, "source": str(images)} for name, images in sets.items()}
    path.write_text(json.dumps({"results": str(folder / "results"), "studies": studies}), encoding="utf-8")
    return path


def row(study: Path) -> str:
    """The row of a finished study."""
    table = METRICS.read(study / "evaluation" / PROTOCOL / "metrics.csv")
    overall = table[(table["subset"] == "test") & (table["level"] == "overall") & (table["metric"] == "accuracy")]
    cells = []
    for run in (RANDOM, PUBLISHED, "control_colour_size"):
        accuracy = overall[overall["run"] == run].iloc[0]
        cells.append(f"{100 * accuracy['value']:.1f} ({100 * accuracy['low']:.1f} to {100 * accuracy['high']:.1f})")
    tested = int(overall.iloc[0]["n"])
    return f"| {study.name} | {tested} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--count", type=int, default=800, help="images of each set")
    parser.add_argument("--set", action="append", required=True, metavar="NAME=FOLDER", help="a folder a class")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        given = {name: Path(images).resolve() for name, _, images in (text.partition("=") for text in args.set)}
        sets = {name: fewer(images, folder / "images" / name, args.count) for name, images in given.items()}
        results = folder / "results"
        workflow = [sys.executable, "-m", "snakemake"]
        workflow += [str(results / study / "evaluation" / PROTOCOL) for study in sets]
        workflow += ["--cores", "all", "--configfile", str(settings(folder, sets, args.weights.resolve()))]
        subprocess.run(workflow, cwd=ROOT, check=True, stdout=sys.stderr)
        print(HEAD)
        print("|---|---|---|---|---|")
        for study in sets:
            print(row(results / study), flush=True)


if __name__ == "__main__":
    main()
