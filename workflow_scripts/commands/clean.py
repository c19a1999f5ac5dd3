"""Remove the demo: synthetic data, the results that came of them at scale demo, and the logs of those.

In: data/*/synthetic-*, results/{study}/dataset/record.json. Done: what holds synthetic data at scale demo is removed,
everything else is named and left, and so is what Snakemake and saved states know of other results. Runs with any
Python, without the packages of the project.
"""

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.runtime.results_layout import RUNS_FILES

# Of all studies together; derived, so that the next run makes them again.
SHARED = ("index.html", "consistency.html", "consistency.csv", *RUNS_FILES, "mlflow")


def is_demo(study: Path) -> bool:
    """Whether a study's results come of synthetic data at scale demo; an unfinished or damaged record is no proof."""
    try:
        record = json.loads((study / "dataset" / "record.json").read_text(encoding="utf-8"))
        return record["synthetic"] and record["scale"] == "demo"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def removable(root: Path) -> Iterator[Path]:
    """Every file and folder that belongs to the demo, below `root`."""
    yield from sorted(root.glob("data/*/synthetic-*"))
    studies = sorted(path for path in root.glob("results/*") if path.is_dir() and path.name != "mlflow")
    demo = [path for path in studies if is_demo(path)]
    for study in demo:
        yield study
        yield root / "logs" / study.name
    if demo == studies:
        yield from (root / "results" / name for name in SHARED)
        yield root / "results"
        yield from sorted(root.glob("logs/*.*"))
    yield from (root / name for name in (".mypy_cache", ".pytest_cache", ".ruff_cache"))


def remove(path: Path) -> bool:
    """Remove a file, a link (not what it leads to) or a folder with all in it; whether there was one.

    `results` itself goes only when nothing is left in it.
    """
    if path.name == "results" and not path.is_symlink():
        if not path.is_dir() or any(path.iterdir()):
            return False
        path.rmdir()
    elif path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        return False
    return True


def clean(root: Path) -> list[str]:
    """Remove the demo below `root`; a line for all that went and for each that stayed."""
    lines = [f"removed {path.relative_to(root)}" for path in list(removable(root)) if remove(path)]
    left = [path for path in sorted(root.glob("results*/*")) if (path / "dataset").is_dir()]
    lines += [f"left {path.relative_to(root)}: not the demo's, or unfinished; remove it by hand" for path in left]
    return lines or ["nothing of the demo is here"]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print("\n".join(clean(Path.cwd())))


if __name__ == "__main__":
    main()
