"""Settings → synthetic raw files, in the published layout of an adapter, with their ground truth.

Comes in: nothing but settings. Pictures are drawn field by field, written as the real data set writes them, with a few
copies and broken files among them; of visits a register is drawn. Goes out, in --out: the files, truth.csv (a line per
sample: id, ground truth, and where), of pictures .truth/ (a mask of the ground truth for each file, under its name)
and, last, synthetic.json. The folder is cleared first, if an earlier run of this step made it.
"""

import argparse
import importlib
import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from workflow_scripts.contracts.blocks import parse
from workflow_scripts.contracts.ground_truth_table import MASKS, SAMPLE_TRUTH
from workflow_scripts.contracts.record import write_record
from workflow_scripts.contracts.step_settings.synthesise_settings import SynthesiseSettings, SyntheticVisits
from workflow_scripts.data.adapters import adapter_registry
from workflow_scripts.data.adapters.interface import Written
from workflow_scripts.runtime import entry
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.files import atomic_path, digest_file
from workflow_scripts.synthetic.pictures import Plan, all_pictures

# Begun here, not finished: the folder may be cleared.
MARK = ".synthetic"
KEPT = 0.4
# Of one adapter; the looks of the next one begin behind them.
MOST_CLASSES = 8


def arguments() -> argparse.Namespace:
    parser = entry.parser(__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the synthetic files")
    return parser.parse_args()


def main(args: argparse.Namespace) -> None:
    settings = parse(SynthesiseSettings, args.settings)
    clear(args.out)
    adapter = adapter_registry.load(settings.adapter)
    generator = importlib.import_module(settings.generator)
    if adapter_registry.entry_called(settings.adapter).modality == adapter_registry.TABLE:
        visits = settings.synthetic.visits or SyntheticVisits()
        frame = adapter.write_synthetic(args.out, generator.register(settings.random, visits))
    else:
        frame = write_pictures(args.out, settings, adapter, generator)
    SAMPLE_TRUTH.check(frame, "truth.csv")
    with atomic_path(args.out / "truth.csv") as temporary:
        frame.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
    write_record(
        args.out / "synthetic.json", {"settings": args.settings, "code": args.code, "outputs": file_digests(args.out)}
    )
    entry.log.info("%d samples made in %s", len(frame), args.out)


def write_pictures(out: Path, settings: SynthesiseSettings, adapter: ModuleType, generator: ModuleType) -> pd.DataFrame:
    """Write all pictures and the masks of their ground truth; the rows of truth.csv, by id."""
    labels = tuple(sorted(adapter.LABELS or getattr(generator, "LABELS", None) or adapter.SYNTHETIC_LABELS))
    plan = Plan(
        labels=labels,
        synthetic=settings.synthetic,
        whole_fields=getattr(adapter, "WHOLE_FIELDS", False),
        first_class=MOST_CLASSES * settings.adapter_index,
        seed=settings.random,
    )
    if settings.cohort is not None:
        plan = replace(plan, women=generator.women(plan, settings.cohort.random(settings.seed), settings.cohort.visits))
    rows = []
    originals: dict[tuple[Any, ...], list[str]] = {}
    for written in adapter.write_synthetic(out, all_pictures(plan, generator)):
        damage(out / written.path, written.picture.broken)
        write_mask(out, written)
        rows += truth(written, originals)
    return pd.DataFrame(rows).sort_values("id", kind="stable")


def clear(folder: Path) -> None:
    """Empty the folder, or make it; UserError when it holds files that this step has not made."""
    made_here = (folder / MARK).exists() or (folder / "synthetic.json").exists()
    if folder.exists() and any(folder.iterdir()) and not made_here:
        raise UserError(
            f"{folder} holds files that were not made here; move them away, synthetic data would replace them"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # First and never away, so that what is half removed is still known for what it is.
    (folder / MARK).touch()
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARK:
            path.unlink()


def damage(path: Path, reason: str) -> None:
    """Break a written file so that ingest refuses it for `reason`; an empty reason leaves it whole."""
    if reason == "empty_file":
        path.write_bytes(b"")
    elif reason == "truncated":
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * KEPT)])


def write_mask(root: Path, written: Written) -> None:
    """Write the mask of a picture's ground truth, where readers of images do not look: in a hidden folder."""
    from PIL import Image

    path = (root / MASKS / written.path).with_suffix(".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(written.picture.mask).save(path, compress_level=1)


def truth(written: Written, originals: dict[tuple[Any, ...], list[str]]) -> list[dict[str, Any]]:
    """Lines of truth.csv for a picture; `originals` remembers the ids, so that a copy can name its original."""
    picture = written.picture
    originals[picture.label, picture.field, picture.number] = written.ids
    lines = []
    for index, (name, cell) in enumerate(zip(written.ids, picture.cells, strict=True)):
        left, top, right, bottom = cell.region
        lines.append(
            {
                "id": name,
                "path": written.path,
                "label": cell.label,
                "group": written.group,
                "field": f"{picture.label}/{picture.field}",
                "defect": picture.copy or picture.broken,
                "copy_of": originals[picture.copy_of][index] if picture.copy_of else "",
                "x": cell.x,
                "y": cell.y,
                "region_left": left,
                "region_top": top,
                "region_right": right,
                "region_bottom": bottom,
                **cell.ground_truth,
            }
        )
    return lines


def file_digests(folder: Path) -> dict[str, str]:
    """Relative path → sha256 of every file that was made."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in (MARK, "synthetic.json")]
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in paths}


if __name__ == "__main__":
    entry.run(main, arguments())
