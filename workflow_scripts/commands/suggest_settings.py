"""Which size and how much of its network fit a study's images on this machine, and about how long that takes.

In: the settings, and the study's dataset, which `snakemake STUDY_data` makes. Done: a step of the network is timed here
and now, at sizes that the images have and with all or only the last of its stages learning. Out: what the data are, and
settings to paste. No label and no split is looked at beyond counts.
"""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_scripts.kinds.kind import TrainedKind
from workflow_scripts.reporting.formatting import plural
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from workflow_scripts.contracts.step_settings.train_settings import Train
    from workflow_scripts.settings.steps import Steps

# Sides in pixels; a network has halved the smallest one five times to three.
SIZES = (96, 128, 160, 224)
# Steps that are timed, after one that is not.
TIMED = 2


@dataclass(frozen=True)
class Images:
    """What the images of a study are. width, height: medians in pixels; smallest: images of the smallest class; groups:
    how many are known.
    """

    count: int
    width: int
    height: int
    smallest: int
    classes: int
    groups: int

    @classmethod
    def of(cls, manifest: "pd.DataFrame") -> "Images":
        """Of the samples of a manifest; UserError unless they are images."""
        if not {"width", "height"} <= set(manifest.columns):
            raise UserError("the samples of this study are no image files; nothing is known of how long they take")
        counts, groups = manifest["label"].value_counts(), manifest["group"]
        width, height = (int(manifest[side].median()) for side in ("width", "height"))
        return cls(len(manifest), width, height, int(counts.min()), len(counts), groups[groups != ""].nunique())

    def __str__(self) -> str:
        groups = f"{self.groups} groups known" if self.groups else "no groups known"
        return (
            f"{self.count} images of {self.width} × {self.height} pixels (median) in {self.classes} classes, "
            f"{self.smallest} in the smallest; {groups}"
        )


@dataclass(frozen=True)
class Choice:
    """A size, how many stages stay as they start, and the minutes that all trainings take together here."""

    size: int
    frozen_stages: int
    minutes: float

    def __str__(self) -> str:
        return f"about {plural(max(1, round(self.minutes)), 'minute')}"


def arguments() -> argparse.ArgumentParser:
    """Command line of this command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", required=True, help="study whose images and network it is about")
    parser.add_argument("--configfile", type=Path, help="settings applied to config.yaml, as for Snakemake")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long all trainings may take (default: 10)")
    parser.add_argument("--log", type=Path, default=Path("logs/suggest_settings.log"), help="log file, with tracebacks")
    return parser


def main(args: argparse.Namespace) -> None:
    """Print what the images are, and the settings that fit them."""
    from workflow_scripts.commands.calling_snakemake import command_for, require_study
    from workflow_scripts.contracts.dataset import read_manifest
    from workflow_scripts.runtime.study_paths import StudyPaths
    from workflow_scripts.settings.load import read_yaml, settings
    from workflow_scripts.settings.steps import Steps

    files = [args.configfile] if args.configfile else []
    config = settings(Path.cwd(), read_yaml(files[0]) if files else {}, files)
    require_study(args.study, config.studies, args.configfile)
    dataset = StudyPaths(Path(config.results, args.study)).dataset
    if not (dataset / "record.json").is_file():
        command = command_for(f"{args.study}_data", args.configfile)
        raise UserError(f"there is no {dataset} yet; make it with `{command}`")
    images = Images.of(read_manifest(dataset))
    steps = Steps(config)
    run = _network(steps, args.study)
    timed = Timing(steps, args.study, run, images)
    entry.log.info("%s; %s", images, timed.machine)
    choices = list(timed.choices())
    for choice in choices:
        stages = f"stages 1 to {choice.frozen_stages} as they start" if choice.frozen_stages else "all stages learn"
        entry.log.info("size %d, %s: %s", choice.size, stages, choice)
    chosen = best(choices, args.minutes)
    entry.log.info("to paste below `%s:`, for %s of training:\n%s", args.study, chosen, pasted(run, chosen))
    if images.smallest < 2 * timed.folds:
        entry.log.info("%d images in the smallest class are few for %d folds", images.smallest, timed.folds)


def best(choices: list[Choice], minutes: float) -> Choice:
    """Of what is done in time the one in which most learns, then the largest; the quickest where nothing is."""
    in_time = [choice for choice in choices if choice.minutes <= minutes]
    if not in_time:
        return min(choices, key=lambda choice: choice.minutes)
    return min(in_time, key=lambda choice: (choice.frozen_stages, -choice.size))


def pasted(run: str, chosen: Choice) -> str:
    """Lines of YAML."""
    return (
        f"    preprocess: {{size: {chosen.size}}}\n"
        f"    runs: {{{run}: {{train: {{frozen_stages: {chosen.frozen_stages}}}}}}}"
    )


def _network(steps: "Steps", study: str) -> str:
    """The study's first run that trains one network from pixels; UserError where there is none."""
    kinds = {name: steps.kind(study, name) for name in steps.study(study).runs}
    runs = [
        name
        for name, kind in kinds.items()
        if isinstance(kind, TrainedKind) and kind.reads == "pixels" and not kind.embedding and len(kind.networks()) == 1
    ]
    if not runs:
        raise UserError(f"{study} has no run that trains one network from pixels; there is nothing to time")
    return runs[0]


class Timing:
    """How long the trainings of a run take on this machine."""

    def __init__(self, steps: "Steps", study: str, run: str, images: Images) -> None:
        chosen, spec = steps.study(study), steps.spec(study, run)
        assert isinstance(spec, TrainedKind)  # as _network chose it
        self.train: Train = steps.training(study, run)
        self.spec, self.images, self.config = spec, images, steps.config
        self.folds = max(steps.folds(study, name) for name in chosen.protocols)
        self.trainings = len(chosen.seeds) * self.folds

    @property
    def machine(self) -> str:
        """The device, in words."""
        from workflow_scripts.training import devices

        if devices.type_of(self.config.device) == "cuda":
            return "GPU"
        return f"no GPU, {self._at_once()} trainings at a time"

    def _at_once(self) -> int:
        """Trainings that run side by side on the processors."""
        return max(1, len(os.sched_getaffinity(0)) // self.train.torch_threads)

    def choices(self) -> Iterator[Choice]:
        """Every size that the images have, with all stages learning and as the settings say."""
        longer = max(self.images.width, self.images.height)
        sizes = [size for size in SIZES if size <= max(longer, SIZES[0])]
        for frozen in sorted({0, self.train.frozen_stages}):
            for size in sizes:
                yield Choice(size, frozen, self._minutes(size, frozen))

    def _minutes(self, size: int, frozen: int) -> float:
        """All folds and seeds of one split: of every epoch all but the test images, of which the most learn."""
        from workflow_scripts.training import devices

        seconds = _seconds_an_image(self, size, replace(self.train, frozen_stages=frozen))
        at_once = self.config.jobs_per_gpu if devices.type_of(self.config.device) == "cuda" else self._at_once()
        rounds = -(-self.trainings // at_once)
        return rounds * self.train.epochs * self.images.count * seconds / 60


def _seconds_an_image(timing: Timing, size: int, train: "Train") -> float:
    """Of steps of one batch of random pixels, on the device of the settings."""
    import torch

    from workflow_scripts.models.build import build
    from workflow_scripts.models.input_shape import square
    from workflow_scripts.training import devices
    from workflow_scripts.training.recipe import Optimisation

    device = devices.prepare(timing.config.device, train)
    network = build(timing.spec, timing.images.classes, square(size), 0)
    layout = torch.channels_last if train.channels_last else torch.contiguous_format
    pictures = torch.rand(train.batch_size, 3, size, size, device=device).contiguous(memory_format=layout)
    targets = torch.arange(train.batch_size, device=device) % timing.images.classes
    # PyTorch's types do not know the memory format.
    network = network.to(device, memory_format=layout)  # type: ignore[call-overload]
    # Every class counts the same: a batch need not have all of them.
    optimisation = Optimisation(network, train, torch.ones(timing.images.classes, device=device), 1)
    optimisation.begin_epoch()
    started = 0.0
    for step in range(1 + TIMED):
        if step == 1:
            started = time.perf_counter()
        optimisation.set_rate(0, 0)
        optimisation.forget_gradients()
        with devices.autocast(device, train.precision):
            outputs = network(pictures)
        optimisation.loss(outputs.float(), targets).backward()
        optimisation.optimizer.step()
        # Waits for a GPU.
        float(outputs.detach().sum())
    return (time.perf_counter() - started) / TIMED / train.batch_size


if __name__ == "__main__":
    entry.run(main, arguments().parse_args())
