"""Diagrams drawn from what a study really did: its settings, and the shapes in its weights file."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.contracts.verified import required_training
from workflow_scripts.contracts.weights_file import read_header
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.kinds.kind import RunKind
from workflow_scripts.reporting.paper_figures import network_layers
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols
from workflow_scripts.runtime.run_address import WEIGHTS_FILE, FoldSeed
from workflow_scripts.runtime.study_paths import StudyPaths

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 2.5, 1.0
# Boxes in a line of a chart that is longer than a page is wide.
LINE = 4


@dataclass(frozen=True)
class Box:
    """A box of a flow chart: its centre in grid steps, and its lines of text, the first one in bold."""

    x: float
    y: float
    lines: tuple[str, ...]
    colour: str = COLOURS[5]


def chart(boxes: dict[str, Box], arrows: list[tuple[str, str]]) -> "Figure":
    """Boxes and the arrows between them, as a figure without axes."""
    xs, ys = [box.x for box in boxes.values()], [box.y for box in boxes.values()]
    figure, axes = new_figure(1.15 * (max(xs) - min(xs)) + 3.2, 0.95 * (max(ys) - min(ys)) + 1.5)
    axes.set(xlim=(min(xs) - 1.4, max(xs) + 1.4), ylim=(min(ys) - 0.75, max(ys) + 0.75))
    axes.axis("off")
    for box in boxes.values():
        _draw(axes, box)
    for start, end in arrows:
        _arrow(axes, boxes[start], boxes[end])
    return figure


def _draw(axes: "Axes", box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    corner = (box.x - WIDTH / 2, box.y - HEIGHT / 2)
    shape = "round,pad=0,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch(corner, WIDTH, HEIGHT, boxstyle=shape, fc="white", ec=box.colour, linewidth=1.2))
    axes.text(box.x, box.y + 0.3, box.lines[0], ha="center", va="center", fontsize=8.5, weight="bold")
    axes.text(box.x, box.y - 0.12, "\n".join(box.lines[1:]), ha="center", va="center", fontsize=7.5)


def _arrow(axes: "Axes", start: Box, end: Box) -> None:
    across = abs(end.x - start.x) >= abs(end.y - start.y)
    sign = (1 if end.x > start.x else -1) if across else (1 if end.y > start.y else -1)
    if across:
        tail, head = (start.x + sign * WIDTH / 2, start.y), (end.x - sign * WIDTH / 2, end.y)
    else:
        tail, head = (start.x, start.y + sign * HEIGHT / 2), (end.x, end.y - sign * HEIGHT / 2)
    axes.annotate("", head, tail, arrowprops={"arrowstyle": "-|>", "color": "0.3", "shrinkA": 0, "shrinkB": 2})


def workflow(results: Results, run: str) -> "Figure":
    """What was done to which data, from the settings in force: data, preprocessing, splits, training, evaluation."""
    if run not in results.settings.runs:
        raise NotDrawnError(f"needs the run {run}")
    settings = results.settings
    train = settings.runs[run].train
    size, flip = settings.preprocess.size, train.augment.horizontal_flip if train else 0
    course = f"{train.epochs} epochs, batch {train.batch_size}" if train else "nothing is trained"
    sources = ", ".join(sorted(set(results.manifest["source"])))
    network = tuple(part.model for part in results.kind(run).networks().values()) or (results.kind(run).kind,)
    boxes = {
        "data": Box(0, 0, ("Data", sources, f"{len(results.manifest)} images, {len(results.classes)} classes")),
        "pre": Box(3.2, 0, ("Preprocessing", f"{size}×{size} pixels", f"flip with p = {flip:g}, normalised")),
        "split": Box(6.4, 0, ("Split", *(protocol.name for protocol in ordered_protocols(results)[:3]))),
        "train": Box(6.4, -1.8, ("Training", *network, course)),
        "test": Box(3.2, -1.8, ("Prediction", "validation and test subset", "seen by no earlier step")),
        "result": Box(0, -1.8, ("Evaluation", "metrics with intervals", "leaks, Grad-CAM, report"), COLOURS[2]),
    }
    steps = ["data", "pre", "split", "train", "test", "result"]
    return chart(boxes, list(zip(steps, steps[1:], strict=False)))


def ensemble(results: Results, vote: str) -> "Figure":
    """From images to one decision by several networks, from the settings in force."""
    settings = results.settings
    decision = results.kind(vote).decision_lines() if vote in settings.runs else ()
    if not decision:
        raise NotDrawnError(f"needs the vote {vote}")
    members = results.kind(vote).own_sources()
    packing = settings.preprocess
    trains = [settings.runs[member].train for member in members]
    noise = max((train.augment.noise for train in trains if train), default=0)
    mask = "no mask" if packing.mask == "none" else f"mask of nuclei ({packing.mask})"
    middle = -0.75 * (len(members) - 1)
    counts = results.manifest["label"].value_counts()
    sizes = ", ".join(f"{counts.get(name, 0)} {name}" for name in results.classes)
    boxes = {
        "data": Box(0, middle, ("Images", f"{len(results.manifest)} images", sizes)),
        "pre": Box(3.2, middle, ("Preprocessing", f"{packing.size}×{packing.size} pixels, {mask}", f"noise {noise:g}")),
    }
    arrows = [("data", "pre")]
    for row, (member, train) in enumerate(zip(members, trains, strict=True)):
        model = _network_name(results.kind(member), results.kind(member).kind)
        course = f"{train.epochs} epochs, {train.optimizer}" if train else ""
        boxes[member] = Box(6.4, -1.5 * row, (member, model, course))
        arrows += [("pre", member), (member, "decision")]
    boxes["decision"] = Box(9.6, middle, decision)
    boxes["result"] = Box(12.8, middle + 0.75, ("Class", *results.classes[:2]), COLOURS[2])
    boxes["gradcam"] = Box(12.8, middle - 0.75, ("Grad-CAM", "where each network looked", "and the vote"), COLOURS[2])
    return chart(boxes, [*arrows, ("decision", "result"), ("decision", "gradcam")])


def structure(results: Results, run: str) -> "Figure":
    """The branches of a joint network, their features and the layers that join them, from its weights file."""
    parts = results.kind(run).networks() if run in results.settings.runs else {}
    if len(parts) < 2:
        raise NotDrawnError(f"needs the joint network {run}")
    shapes = read_header(first_weights(results, run)).shapes
    size = results.settings.preprocess.size
    middle = -0.75 * (len(parts) - 1)
    boxes = {"image": Box(0, middle, ("Image", f"{size}×{size}×3", "bytes, normalised"))}
    arrows = []
    layers = results.kind(run).joint_layers(shapes)
    for row, (name, branch) in enumerate(parts.items()):
        count = sum(math.prod(shape) for key, shape in shapes.items() if key.startswith(f"branches.{name}."))
        boxes[name] = Box(3.2, -1.5 * row, (name, branch.model, f"{count:,} values"))
        arrows += [("image", name), (name, layers[0][0])]
    for column, lines in enumerate(layers):
        colour = COLOURS[2] if lines is layers[-1] else COLOURS[5]
        boxes[lines[0]] = Box(6.4 + 3.2 * column, middle, lines, colour)
    names = [lines[0] for lines in layers]
    return chart(boxes, [*arrows, *zip(names, names[1:], strict=False)])


def depthwise(results: Results, run: str) -> "Figure":
    """The first depthwise separable convolution in a network, and what it saves against an ordinary one."""
    for key, shape, then in _separable(read_header(first_weights(results, run)).shapes):
        kernel, channels, out = shape[2], shape[0], then[0]
        cheap, full = channels * kernel**2 + channels * out, channels * kernel**2 * out
        boxes = {
            "in": Box(0, 0, ("Input", f"{channels} channels")),
            "depth": Box(
                3.2, 0, ("Depthwise", f"{kernel}×{kernel}, each channel alone", f"{channels * kernel**2:,} weights")
            ),
            "point": Box(6.4, 0, ("Pointwise", f"1×1, {channels} → {out}", f"{channels * out:,} weights")),
            "out": Box(9.6, 0, ("Output", f"{out} channels", f"{cheap:,} weights, ordinary: {full:,}"), COLOURS[2]),
        }
        figure = chart(boxes, [("in", "depth"), ("depth", "point"), ("point", "out")])
        figure.suptitle(f"layer {key.removesuffix('.weight')} of {run}", fontsize=9)
        return figure
    raise NotDrawnError(f"the networks of {run} have no depthwise separable convolution")


def _separable(shapes: dict[str, tuple[int, ...]]) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Depthwise kernels with the 1×1 convolution of the same block that takes their output."""
    for key, shape in sorted(shapes.items()):
        if len(shape) == 4 and shape[1] == 1 and shape[2] > 1 and shape[0] > 1:
            block = key.removesuffix(".weight").rpartition(".")[0]
            for name, then in sorted(shapes.items()):
                if name.startswith(f"{block}.") and len(then) == 4 and then[1:] == (shape[0], 1, 1):
                    yield key, shape, then
                    break


def residual(results: Results, run: str) -> "Figure":
    """A residual block of the trained network beside the same layers without their shortcut."""
    block = network_layers.residual_block(read_header(first_weights(results, run)).shapes)
    if block is None:
        raise NotDrawnError(f"the network of {run} has no residual block")
    boxes, arrows = {}, []
    for column, x in (("plain", 0.0), ("residual", 4.6)):
        names = [f"{column} in", *(f"{column} {number}" for number in range(len(block.path))), f"{column} out"]
        boxes[names[0]] = Box(x, 0, (f"{column.capitalize()} block", "input x", f"{block.path[0].inputs} channels"))
        for row, (name, layer) in enumerate(zip(names[1:-1], block.path, strict=True), start=1):
            last = row == len(block.path)
            text = f"{layer.inputs} → {layer.outputs} channels"
            boxes[name] = Box(
                x, -1.5 * row, (f"{layer.kernel}×{layer.kernel} convolution", text, "" if last else "ReLU")
            )
        total = "F(x)" if column == "plain" else "F(x) + x" if block.shortcut is None else "F(x) + W x"
        below = -1.5 * (len(block.path) + 1)
        boxes[names[-1]] = Box(x, below, (total, "then ReLU", f"{block.path[-1].outputs} channels"), COLOURS[2])
        arrows += list(zip(names, names[1:], strict=False))
    shortcut = block.shortcut
    aside = (
        ("as it is", "no weights") if shortcut is None else (f"{shortcut.kernel}×{shortcut.kernel} convolution W", "")
    )
    boxes["shortcut"] = Box(8.0, below / 2, ("Shortcut", *aside), COLOURS[1])
    figure = chart(boxes, [*arrows, ("residual in", "shortcut"), ("shortcut", "residual out")])
    figure.suptitle(f"block {block.name} of {run}", fontsize=9)
    return figure


def schematic(results: Results, run: str) -> "Figure":
    """The stages of a trained network with their channels, then the layers of its classifier, from its weights file."""
    shapes = read_header(first_weights(results, run)).shapes
    stages, last = network_layers.stages(shapes), network_layers.classifier(shapes)
    if not stages or not last or stages[-1].outputs != last[0].inputs:
        raise NotDrawnError(f"the stages of the network of {run} cannot be told from its weights file")
    size = results.settings.preprocess.size
    texts = [(("Image", f"{size}×{size} pixels", "3 channels"), COLOURS[5])]
    for stage in stages:
        words = (
            stage.name,
            f"{stage.convolutions} convolution{'s' if stage.convolutions > 1 else ''}, {stage.values:,} values",
            f"{stage.inputs} → {stage.outputs} channels",
        )
        texts.append((words, COLOURS[5]))
    texts.append((("Pooling", "mean of each channel", f"{last[0].inputs} features"), COLOURS[5]))
    for layer in last:
        final = layer is last[-1]
        words = ("Fully connected", f"{layer.inputs} → {layer.outputs}", "softmax" if final else "ReLU")
        texts.append((words, COLOURS[2] if final else COLOURS[1]))
    boxes = {str(index): Box(*_snake(index), *text) for index, text in enumerate(texts)}
    figure = chart(boxes, list(zip(boxes, list(boxes)[1:], strict=False)))
    model = _network_name(results.kind(run), run)
    figure.suptitle(f"{run}: {model}, {sum(math.prod(shape) for shape in shapes.values()):,} values", fontsize=9)
    return figure


def _network_name(kind: RunKind, default: str) -> str:
    """What the one network of a run is called in its library; `default` for a run of several, or of none."""
    networks = list(kind.networks().values())
    return networks[0].model if len(networks) == 1 else default


def _snake(index: int) -> tuple[float, float]:
    """Position of a box in lines of LINE, each in the other direction than the one above."""
    line, step = divmod(index, LINE)
    return 3.2 * (step if line % 2 == 0 else LINE - 1 - step), -1.6 * line


def first_weights(results: Results, run: str) -> Path:
    """Weights file of the first fold and seed of a run under the first protocol."""
    protocol = ordered_protocols(results)[0]
    if run not in protocol.runs or not protocol.runs[run].trained:
        raise NotDrawnError(f"needs the trained run {run}")
    fold, seed = protocol.runs[run].jobs[0]
    folder = StudyPaths(results.folder).fold_seed(protocol.name, run, FoldSeed(fold, seed))
    return required_training(folder / WEIGHTS_FILE)
