"""A finished run of this workflow beside the plain script of yardstick.py: same images, split, network, epochs, seeds.

    python tests/benchmarks/compare_yardstick.py --study results-real/cvm_blood --images data/peripheral_blood/raw \\
        --run resnet18

Trains the script once per fold and training seed of the run, on the run's own split files, and prints test accuracy and
training images per second of both, their paired differences over the seeds with a 95 % t interval, the ratio of speeds,
and the accuracy over all folds with its 95 % interval (Wilson). `--weights`: the file that the run started from, whose
folder no record holds. Both use the run's number of threads; run it on a machine with nothing else to do.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from workflow_scripts.contracts.run_tables import UNITS, classes_of, probabilities
from workflow_scripts.runtime.files import read_json

YARDSTICK = Path(__file__).with_name("yardstick.py")


def ours(folder: Path) -> tuple[float, float, int]:
    """Test accuracy, training images per second and number of test units of a run's folder."""
    units = UNITS.read(folder / "units.csv")
    test = units[units["subset"] == "test"]
    predicted = np.array(classes_of(test))[probabilities(test).argmax(axis=1)]
    return float((predicted == test["label"]).mean()), read_json(folder / "train.json")["images_per_second"], len(test)


def theirs(args: argparse.Namespace, protocol: str, settings: dict, size: int) -> tuple[float, float]:
    """The same of the plain script."""
    train, spec = settings["train"], settings["spec"]
    command = [sys.executable, str(YARDSTICK), "--images", str(args.images)]
    command += ["--manifest", str(args.study / "dataset" / "manifest.csv")]
    command += ["--split", str(args.study / "splits" / f"{protocol}.csv"), "--model", spec["model"]]
    command += ["--epochs", str(train["epochs"]), "--size", str(size), "--batch", str(train["batch_size"])]
    command += ["--fold", str(settings["fold"]), "--seed", str(settings["seed"])]
    command += ["--threads", str(train["torch_threads"]), "--learning-rate", str(train["learning_rate"])]
    if spec["weights"] and args.weights is None:
        sys.exit(f"error: the run started from {spec['weights']}; give the file: --weights FILE")
    command += ["--weights", str(args.weights)] if spec["weights"] else []
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    accuracy, speed = re.search(r"test accuracy ([0-9.]+), ([0-9.]+) images/s", done.stdout).groups()
    return float(accuracy), float(speed)


def pooled(accuracies: np.ndarray, tested: list[int]) -> str:
    """The accuracy over all folds and seeds together, with its interval; of each its accuracy and its test units."""
    right, count = round(float(accuracies @ np.array(tested))), sum(tested)
    low, high = stats.binomtest(right, count).proportion_ci(method="wilson")
    return f"{right / count:.4f} [{low:.4f}, {high:.4f}] of {count}"


def main() -> None:
    """Print one line per protocol and seed, and a summary per protocol."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", type=Path, required=True, help="results folder of the study")
    parser.add_argument("--images", type=Path, required=True, help="the study's source")
    parser.add_argument("--run", required=True)
    parser.add_argument("--weights", type=Path, help="the file that the run started from, where it started from one")
    parser.add_argument("--protocol", action="append", help="only these (default: all)")
    args = parser.parse_args()
    size = read_json(args.study / "arrays" / "record.json")["array"]["row_shape"][0]
    for place in sorted((args.study / "runs").iterdir()):
        if (args.protocol and place.name not in args.protocol) or not (place / args.run).is_dir():
            continue
        pairs, tested = [], []
        for folder in sorted((place / args.run).glob("fold*-seed*")):
            settings = read_json(folder / "record.json")["settings"]
            mine, speed, count = ours(folder)
            plain, plain_speed = theirs(args, place.name, settings, size)
            pairs.append((mine, speed, plain, plain_speed))
            tested.append(count)
            print(f"{place.name} {folder.name}: {mine:.4f} beside {plain:.4f}; {speed:.0f} beside {plain_speed:.0f}")
        table = np.array(pairs)
        difference = table[:, 0] - table[:, 2]
        half = (
            stats.t.ppf(0.975, len(pairs) - 1) * difference.std(ddof=1) / len(pairs) ** 0.5
            if len(pairs) > 1
            else np.nan
        )
        print(
            f"{place.name}: accuracy {table[:, 0].mean():.4f} beside {table[:, 2].mean():.4f}, difference "
            f"{difference.mean():+.4f} ± {half:.4f} (95 %, {len(pairs)} seeds); speed ratio "
            f"{np.median(table[:, 1] / table[:, 3]):.2f}",
            flush=True,
        )
        for name, column in (("workflow", 0), ("plain script", 2)):
            print(f"{place.name}: {name} {pooled(table[:, column], tested)}", flush=True)


if __name__ == "__main__":
    main()
