"""Raw files for tests: pictures that differ from each other, folders of them, and calls of the first steps."""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.contracts.step_settings.preprocess_settings import Packing
from workflow_scripts.contracts.step_settings.synthesise_settings import Synthetic
from workflow_scripts.data.adapters.adapter_registry import entry_called
from workflow_scripts.steps import examples, ingest, preprocess, segment, synthesise


def picture(seed: int, width: int = 60, height: int = 50) -> Image.Image:
    """A smooth random RGB picture, unlike any of another seed."""
    rough = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)


def save(path: Path, image: Image.Image, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def class_folders(root: Path, *names: str, each: int = 4) -> Path:
    """PNG pictures `each` in folders of the given names."""
    for index, name in enumerate(names):
        for number in range(each):
            save(root / name / f"{number}.png", picture(1000 * index + number))
    return root


def run_ingest(
    out: Path,
    jobs: int = 1,
    synthetic: bool = False,
    sources: dict | None = None,
    attributes: tuple[str, ...] = (),
    key: Path | None = None,
    linked: Path | None = None,
    **changes: object,
) -> Path:
    """Ingest adapter → folder with the default settings but for `changes`; the folder of the tables."""
    settings = {"study": "test", "adapters": list(sources), "synthetic": synthetic, "scale": "demo", "listing": None}
    settings["attributes"] = list(attributes)
    settings["ingest"] = plain(parse(Ingest, changes))
    given = [f"{adapter}={folder}" for adapter, folder in sources.items()]
    arguments = {"settings": settings, "code": "c", "log": None, "source": given, "key": key, "linked": linked}
    ingest.main(argparse.Namespace(**arguments, out=out, jobs=jobs, work=out.with_name(f"{out.name}-work")))
    return out


def run_preprocess(dataset: Path, out: Path, jobs: int = 1, sources: dict | None = None, **changes: object) -> Path:
    """Preprocess what run_ingest wrote; the folder of the array."""
    settings = {"study": "test", "preprocess": plain(parse(Packing, changes))}
    given = [f"{adapter}={folder}" for adapter, folder in sources.items()]
    arguments = {"settings": settings, "code": "c", "log": None, "dataset": dataset, "source": given, "key": None}
    preprocess.main(argparse.Namespace(**arguments, out=out, jobs=jobs, work=out.parent / ".work"))
    return out


def run_segment(arrays: Path, out: Path, mask: str, jobs: int = 1) -> Path:
    """Look for nuclei in what run_preprocess wrote; the folder of the masks."""
    settings = {"study": "test", "mask": mask}
    segment.main(argparse.Namespace(settings=settings, code="c", log=None, arrays=arrays, out=out, jobs=jobs))
    return out


def run_examples(dataset: Path, arrays: Path, out: Path, sources: dict) -> Path:
    """Show examples of what run_preprocess wrote; their folder."""
    settings = {"study": "test", "preprocess": {"fit": "squash", "interpolation": "bilinear"}}
    given = [f"{adapter}={folder}" for adapter, folder in sources.items()]
    arguments = {"settings": settings, "code": "c", "log": None, "dataset": dataset, "arrays": arrays}
    examples.main(argparse.Namespace(**arguments, source=given, key=None, out=out))
    return out


def run_synthesise(
    out: Path, adapter: str, study: str = "test", seed: int = 0, paper: str = "", **changes: object
) -> Path:
    """Make a paper's data in the layout of an adapter with the default settings but for `changes`; their folder."""
    settings = {
        "study": study,
        "seed": seed,
        "adapter": adapter,
        "adapter_index": 0,
        "generator": entry_called(adapter).generator(paper),
        "synthetic": plain(parse(Synthetic, {"size": 40} | changes)),
    }
    synthesise.main(argparse.Namespace(settings=settings, code="c", log=None, out=out))
    return out
