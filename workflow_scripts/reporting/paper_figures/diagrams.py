"""Flow charts drawn from what a study really did: its settings and its data."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflow_scripts.drawing.saving import Drawn
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.reporting.paper_figures.paper_figure import NotDrawnError
from workflow_scripts.reporting.results import Results
from workflow_scripts.reporting.run_order import ordered_protocols

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 2.5, 1.0


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


def snake(index: int, line: int) -> tuple[float, float]:
    """Position of a box in lines of so many, each in the other direction than the one above."""
    row, step = divmod(index, line)
    return 3.2 * (step if row % 2 == 0 else line - 1 - step), -1.6 * row


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


def workflow(results: Results, run: str) -> Drawn:
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
    return Drawn(chart(boxes, list(itertools.pairwise(steps))))


def ensemble(results: Results, vote: str) -> Drawn:
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
        model = results.kind(member).network_name or results.kind(member).kind
        course = f"{train.epochs} epochs, {train.optimizer}" if train else ""
        boxes[member] = Box(6.4, -1.5 * row, (member, model, course))
        arrows += [("pre", member), (member, "decision")]
    boxes["decision"] = Box(9.6, middle, decision)
    boxes["result"] = Box(12.8, middle + 0.75, ("Class", *results.classes[:2]), COLOURS[2])
    boxes["gradcam"] = Box(12.8, middle - 0.75, ("Grad-CAM", "where each network looked", "and the vote"), COLOURS[2])
    return Drawn(chart(boxes, [*arrows, ("decision", "result"), ("decision", "gradcam")]))
