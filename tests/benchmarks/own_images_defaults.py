"""What the values of the template `own_images` come to on validation images: how they were chosen, made anew.

    python tests/benchmarks/own_images_defaults.py --weights tf_efficientnet_lite0.safetensors \\
        --set sipakmed=FOLDER --set herlev=FOLDER [--count 300] [--json FILE]

FOLDER holds a folder for each class. Files of one source picture (what their names begin with, up to the last `_` or
`-`) stay together; 60 % of the pictures are trained on, 20 % are validated on, and 20 % are never opened. Plain timm,
PyTorch and scikit-learn, no code of this project, so that the workflow cannot vouch for itself. Prints a row a set and
candidate: validation accuracy of the epoch with the lowest validation loss, and processor seconds of the training.
"""

import argparse
import json
import os
import random
import re
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from PIL import Image
from torch import nn

if not torch.backends.cuda.is_built():  # torchvision, which timm imports, asks for two operators of its CUDA build
    operators = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        operators.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MODEL, EPOCHS, RATE, BATCH = "tf_efficientnet_lite0", 6, 1e-3, 32
SUFFIXES = (".bmp", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
# Stages that stay as published; None: nothing is, the network starts at random.
FROZEN = (0, 2, 5, None)


def listed(folder: Path, count: int) -> dict[str, list[tuple[Path, str]]]:
    """Subset → files with their classes: at most `count` to train on, half as many to validate on."""
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    depth = len(folder.parts)
    pictures = [f"{path.parts[depth]} {re.split(r'[_-][^_-]*$', path.stem)[0]}" for path in files]
    names, rng = sorted(set(pictures)), random.Random(1)
    rng.shuffle(names)
    place = {name: number / len(names) for number, name in enumerate(names)}
    chosen: dict[str, list[tuple[Path, str]]] = {"train": [], "validation": []}
    for path, picture in rng.sample(list(zip(files, pictures, strict=True)), len(files)):
        subset = "train" if place[picture] < 0.6 else "validation" if place[picture] < 0.8 else ""
        if subset:
            chosen[subset].append((path, path.parts[depth]))
    return {"train": chosen["train"][:count], "validation": chosen["validation"][: count // 2]}


def pixels(files: list[tuple[Path, str]], size: int) -> torch.Tensor:
    """N×3×S×S, -1 to 1."""
    images = [np.asarray(Image.open(path).convert("RGB").resize((size, size), Image.BILINEAR)) for path, _ in files]
    batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return batch.contiguous(memory_format=torch.channels_last)


def network(classes: int, weights: Path | None) -> nn.Module:
    """The network with a classifier that starts at zero."""
    torch.manual_seed(0)
    model = timm.create_model(MODEL, num_classes=classes)
    if weights:
        model.load_state_dict({k: v for k, v in load_file(weights).items() if "classifier" not in k}, strict=False)
        if classes:
            nn.init.zeros_(model.classifier.weight)
    return model.to(memory_format=torch.channels_last)


def outputs(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """What a network in eval mode makes of images."""
    with torch.no_grad():
        return torch.cat([model.eval()(part) for part in images.split(16)])


def tuned(model: nn.Module, frozen: int, train: tuple, validation: tuple) -> float:
    """Validation accuracy of the epoch with the lowest validation loss."""
    still = [model.conv_stem, model.bn1, *model.blocks[:frozen]] if frozen else []
    for layer in still:
        layer.requires_grad_(False)
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer, rng = torch.optim.AdamW(learning, RATE, weight_decay=0.01), np.random.default_rng(0)
    steps = len(train[0]) // BATCH
    course = [min(1, (n + 1) / steps) * (1 + np.cos(np.pi * n / steps / EPOCHS)) / 2 for n in range(EPOCHS * steps)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: course[min(step, len(course) - 1)])
    best = (np.inf, 0.0)
    for _ in range(EPOCHS):
        model.train()
        for layer in still:
            layer.eval()
        for rows in np.array_split(rng.permutation(len(train[0])), steps):
            images, flip = train[0][rows], torch.from_numpy(rng.random((2, len(rows), 1, 1, 1)) < 0.5)
            images = torch.where(flip[0], images.flip(3), images)
            images = torch.where(flip[1], images.flip(2), images).contiguous(memory_format=torch.channels_last)
            loss = nn.functional.cross_entropy(model(images), train[1][rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        logits = outputs(model, validation[0])
        loss = nn.functional.cross_entropy(logits, validation[1]).item()
        best = min(best, (loss, (logits.argmax(1) == validation[1]).double().mean().item()))
    return best[1]


def regression(values: list[np.ndarray], targets: list[np.ndarray], c: float) -> float:
    """Validation accuracy of a logistic regression."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000)).fit(values[0], targets[0])
    return float(model.score(values[1], targets[1]))


def colours(images: torch.Tensor) -> np.ndarray:
    """Mean, spread and percentiles of each channel."""
    flat = images.flatten(2).numpy()
    return np.concatenate([flat.mean(2), flat.std(2), *np.percentile(flat, [5, 25, 50, 75, 95], axis=2)], axis=1)


def candidates(files: dict[str, list[tuple[Path, str]]], weights: Path, size: int):
    """Name, validation accuracy and processor seconds of each."""
    classes = sorted({label for _, label in files["train"]})
    images = [pixels(files[subset], size) for subset in ("train", "validation")]
    numbers = [torch.tensor([classes.index(label) for _, label in files[name]]) for name in ("train", "validation")]
    started = time.process_time()
    for name, make in (
        ("control_colour", lambda: regression([colours(part) for part in images], numbers, 1.0)),
        (
            "features",
            lambda: regression([outputs(network(0, weights), part).numpy() for part in images], numbers, 0.01),
        ),
        *(
            (
                "network from random weights" if frozen is None else f"network, {frozen} stages frozen",
                lambda frozen=frozen: tuned(
                    network(len(classes), weights if frozen is not None else None),
                    frozen or 0,
                    (images[0], numbers[0]),
                    (images[1], numbers[1]),
                ),
            )
            for frozen in FROZEN
        ),
    ):
        yield name, make(), time.process_time() - started
        started = time.process_time()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--set", action="append", required=True, metavar="NAME=FOLDER", help="a folder a class")
    parser.add_argument("--count", type=int, default=300, help="training images of each set")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--json", type=Path, help="file that receives the table, too")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    print("| set | candidate | validation accuracy | processor seconds |\n|---|---|---|---|")
    for name, _, folder in (given.partition("=") for given in args.set):
        files = listed(Path(folder), args.count)
        for candidate, accuracy, seconds in candidates(files, args.weights, args.size):
            row = {"set": name, "candidate": candidate, "accuracy": round(accuracy, 3), "seconds": round(seconds)}
            rows.append({**row, **{subset: len(part) for subset, part in files.items()}, "size": args.size})
            print(f"| {name} | {candidate} | {accuracy:.3f} | {seconds:.0f} |", flush=True)
            if args.json:
                args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
