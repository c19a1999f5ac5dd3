"""Where a paper's figures are listed: `figures.py` and every `figure_<what>.py` in the folder of its code."""

from pathlib import Path

STUDIES = Path(__file__).resolve().parents[2] / "studies"


def figure_modules(paper: str) -> list[str]:
    """Names of the modules that list figures (`PAPER_FIGURES`) of a paper, figures.py first; imports none."""
    folder = STUDIES / paper
    further = sorted(path.stem for path in folder.glob("figure_*.py"))
    names = [*(["figures"] if (folder / "figures.py").exists() else []), *further]
    return [f"workflow_scripts.studies.{paper}.{name}" for name in names]
