"""Diagrams of a study's networks: each is built as its settings say, and one image is sent through it."""

import itertools
from typing import TYPE_CHECKING

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS
from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.reporting.paper_figures.diagrams import Box, chart, snake
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.results import Results

if TYPE_CHECKING:
    from workflow_scripts.models.architecture import Architecture, Block, Classifier

# Lines and colour of a box.
_Text = tuple[tuple[str, ...], str]
# Boxes in a line of a chart that is longer than a page is wide.
LINE = 4


def architecture_of(results: Results, run: str) -> "Architecture":
    """The layers of a run's network for the study's images; NotDrawnError where nothing of that name reads them."""
    from workflow_scripts.models.architecture import Architecture
    from workflow_scripts.models.build import build
    from workflow_scripts.models.input_shape import InputShape

    kind = results.kind(run) if run in results.settings.runs else None
    if not isinstance(kind, TrainedKind):
        raise NotDrawnError(f"needs the trained run {run}")
    if kind.reads != "pixels":
        raise NotDrawnError(f"{run} reads {kind.reads}, no images")
    shape = InputShape.of(results.arrays.array)
    network = build(kind, len(results.classes), shape, seed=0)
    return Architecture(network, shape)


def structure(results: Results, run: str) -> Drawn:
    """The branches of a joint network, their features and the layers that join them."""
    parts = results.kind(run).networks() if run in results.settings.runs else {}
    if len(parts) < 2:
        raise NotDrawnError(f"needs the joint network {run}")
    architecture = architecture_of(results, run)
    shape = architecture.shape
    layers = results.kind(run).joint_layers(_widths(architecture, run))
    middle = -0.75 * (len(parts) - 1)
    boxes = {"image": Box(0, middle, ("Image", f"{shape.width}×{shape.height}×{shape.channels}", "bytes, normalised"))}
    arrows = []
    for row, (name, branch) in enumerate(parts.items()):
        count = architecture.values(f"branches.{name}")
        boxes[name] = Box(3.2, -1.5 * row, (name, branch.model, f"{count:,} values"))
        arrows += [("image", name), (name, layers[0][0])]
    for column, lines in enumerate(layers):
        colour = COLOURS[2] if lines is layers[-1] else COLOURS[5]
        boxes[lines[0]] = Box(6.4 + 3.2 * column, middle, lines, colour)
    names = [lines[0] for lines in layers]
    return Drawn(chart(boxes, [*arrows, *itertools.pairwise(names)]))


def depthwise(results: Results, run: str) -> Drawn:
    """The first depthwise separable convolution in a network, and what it saves against an ordinary one."""
    pair = architecture_of(results, run).separable()
    if pair is None:
        raise NotDrawnError(f"the networks of {run} have no depthwise separable convolution")
    alone, pointwise = pair
    kernel, channels, out = alone.kernel, alone.outputs, pointwise.outputs
    cheap, full = channels * kernel**2 + channels * out, channels * kernel**2 * out
    weights = f"{channels * kernel**2:,} weights"
    boxes = {
        "in": Box(0, 0, ("Input", f"{channels} channels")),
        "depth": Box(3.2, 0, ("Depthwise", f"{kernel}×{kernel}, each channel alone", weights)),
        "point": Box(6.4, 0, ("Pointwise", f"1×1, {channels} → {out}", f"{channels * out:,} weights")),
        "out": Box(9.6, 0, ("Output", f"{out} channels", f"{cheap:,} weights, ordinary: {full:,}"), COLOURS[2]),
    }
    figure = chart(boxes, [("in", "depth"), ("depth", "point"), ("point", "out")])
    figure.suptitle(f"layer {alone.name} of {run}", fontsize=9)
    return Drawn(figure)


def residual(results: Results, run: str) -> Drawn:
    """A residual block of the network next to the same layers without their shortcut."""
    block = architecture_of(results, run).residual_block()
    if block is None:
        raise NotDrawnError(f"the network of {run} has no residual block")
    boxes: dict[str, Box] = {}
    arrows: list[tuple[str, str]] = []
    for column, x in (("plain", 0.0), ("residual", 4.6)):
        drawn = _column(block, column, x)
        boxes |= drawn
        arrows += list(zip(drawn, list(drawn)[1:], strict=False))
    shortcut = block.shortcut
    aside = (
        ("as it is", "no weights") if shortcut is None else (f"{shortcut.kernel}×{shortcut.kernel} convolution W", "")
    )
    boxes["shortcut"] = Box(8.0, -0.75 * (len(block.path) + 1), ("Shortcut", *aside), COLOURS[1])
    figure = chart(boxes, [*arrows, ("residual in", "shortcut"), ("shortcut", "residual out")])
    figure.suptitle(f"block {block.name} of {run}", fontsize=9)
    return Drawn(figure)


def _column(block: "Block", column: str, x: float) -> dict[str, Box]:
    """The layers of a block from its input to its sum, one below the other."""
    boxes = {f"{column} in": Box(x, 0, (f"{column.capitalize()} block", "input x", f"{block.path[0].inputs} channels"))}
    for row, layer in enumerate(block.path, start=1):
        text = f"{layer.inputs} → {layer.outputs} channels"
        then = block.activation if row < len(block.path) else ""
        boxes[f"{column} {row}"] = Box(x, -1.5 * row, (f"{layer.kernel}×{layer.kernel} convolution", text, then))
    total = "F(x)" if column == "plain" else "F(x) + x" if block.shortcut is None else "F(x) + W x"
    lines = (total, f"then {block.activation}", f"{block.path[-1].outputs} channels")
    boxes[f"{column} out"] = Box(x, -1.5 * (len(block.path) + 1), lines, COLOURS[2])
    return boxes


def schematic(results: Results, run: str) -> Drawn:
    """The stages of a network with their channels, then the layers of its classifier."""
    architecture = architecture_of(results, run)
    stages, classifier = architecture.stages(), architecture.classifier()
    if not stages or classifier is None:
        raise NotDrawnError(f"the network of {run} is no sequence of stages before fully connected layers")
    shape = architecture.shape
    channels = f"{shape.channels} channel{'s' if shape.channels > 1 else ''}"
    texts: list[_Text] = [(("Image", f"{shape.width}×{shape.height} pixels", channels), COLOURS[5])]
    for stage in stages:
        words = (
            stage.name,
            f"{stage.convolutions} convolution{'s' if stage.convolutions > 1 else ''}, {stage.values:,} values",
            f"{stage.inputs} → {stage.outputs} channels",
        )
        texts.append((words, COLOURS[5]))
    texts += _classifier_boxes(classifier)
    boxes = {str(index): Box(*snake(index, LINE), *text) for index, text in enumerate(texts)}
    figure = chart(boxes, list(zip(boxes, list(boxes)[1:], strict=False)))
    model = results.kind(run).network_name or run
    figure.suptitle(f"{run}: {model}, {architecture.values():,} values", fontsize=9)
    return Drawn(figure)


def _classifier_boxes(classifier: "Classifier") -> list[_Text]:
    """Lines and colour of each box after the stages."""
    features = f"{classifier.layers[0].inputs} features"
    boxes: list[_Text] = [(("Pooling", classifier.pooling, features), COLOURS[5])]
    for layer, then in zip(classifier.layers, (*classifier.activations, "softmax"), strict=True):
        final = layer is classifier.layers[-1]
        words = ("Fully connected", f"{layer.inputs} → {layer.outputs}", then)
        boxes.append((words, COLOURS[2] if final else COLOURS[1]))
    return boxes


def _widths(architecture: "Architecture", run: str) -> tuple[int, ...]:
    """How many numbers the branches give together, then each layer after them."""
    classifier = architecture.classifier()
    if classifier is None:
        raise NotDrawnError(f"the branches of {run} are not joined by fully connected layers")
    return (classifier.layers[0].inputs, *(layer.outputs for layer in classifier.layers))
