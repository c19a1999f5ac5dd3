"""An independent comparison: train a timm network on image files with PyTorch and PIL, no code of this project.

    python tests/benchmarks/yardstick.py --images FOLDER --manifest results/STUDY/dataset/manifest.csv \\
        --split results/STUDY/splits/published.csv --model resnet18 --epochs 10 --size 64 --learning-rate 1e-3

Reads only the two tables (id, path, label; id, fold, subset), so that both see the same split. Prints test accuracy and
images per second of training, decoding included. AdamW, cosine course, left-right flips.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

if not torch.backends.cuda.is_built():  # torchvision, which timm imports, asks for two operators of its CUDA build
    operators = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        operators.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
for name in ("--images", "--manifest", "--split"):
    parser.add_argument(name, type=Path, required=True)
for name, default in (
    ("--fold", 0),
    ("--epochs", 10),
    ("--size", 64),
    ("--batch", 32),
    ("--seed", 0),
    ("--threads", 1),
):
    parser.add_argument(name, type=int, default=default)
parser.add_argument("--model", default="resnet18")
parser.add_argument("--weights", type=Path, help="safetensors file, all but the classifier is taken")
parser.add_argument("--learning-rate", type=float, default=1e-3)
args = parser.parse_args()
torch.set_num_threads(args.threads)
torch.manual_seed(args.seed)
device = "cuda" if torch.cuda.is_available() else "cpu"

rows = {row["id"]: row for row in csv.DictReader(args.manifest.open(encoding="utf-8"))}
split = [row for row in csv.DictReader(args.split.open(encoding="utf-8")) if int(row["fold"]) == args.fold]
labels = sorted({row["label"] for row in rows.values()})


class Files(torch.utils.data.Dataset):
    """Images of one subset, decoded when they are asked for."""

    def __init__(self, subset: str) -> None:
        self.rows = [rows[row["id"]] for row in split if row["subset"] == subset]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        image = Image.open(args.images / self.rows[number]["path"]).convert("RGB").resize((args.size, args.size))
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 127.5 - 1
        return pixels, labels.index(self.rows[number]["label"])


model = timm.create_model(args.model, num_classes=len(labels))
if args.weights:
    from safetensors.torch import load_file

    head = model.get_classifier()
    own = [key for key, value in model.state_dict(keep_vars=True).items() if any(value is p for p in head.parameters())]
    model.load_state_dict(
        {key: value for key, value in load_file(args.weights).items() if key not in own}, strict=False
    )
model.to(device)
loader = torch.utils.data.DataLoader(Files("train"), args.batch, shuffle=True, drop_last=True)
optimizer = torch.optim.AdamW(model.parameters(), args.learning_rate)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs * len(loader))
start = time.perf_counter()
for epoch in range(args.epochs):
    model.train()
    for images, targets in loader:
        flip = torch.rand(len(images), 1, 1, 1) < 0.5
        loss = torch.nn.functional.cross_entropy(
            model(torch.where(flip, images.flip(3), images).to(device)), targets.to(device)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.4f}", flush=True)
speed = args.epochs * len(loader) * args.batch / (time.perf_counter() - start)
model.eval()
with torch.no_grad():
    right = [
        model(images.to(device)).argmax(1).cpu() == targets
        for images, targets in torch.utils.data.DataLoader(Files("test"), 64)
    ]
print(f"test accuracy {torch.cat(right).double().mean():.4f}, {speed:.1f} images/s")
