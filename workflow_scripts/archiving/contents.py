"""What of a results folder goes into an archive, and where in it the rest lies."""

from pathlib import Path

from workflow_scripts.runtime.study_paths import VISITS_FILE

# Below results/{study}: tables, records, the report and the figures that it links to. No images but in figures, no
# arrays, no weights, no visits.
STUDY_FILES = (
    "dataset/*.csv",
    "dataset/record.json",
    "arrays/record.json",
    "masks/record.json",
    "examples/record.json",
    "embeddings/*/record.json",
    "splits/*.csv",
    "splits/*.json",
    "runs/*/*/*/*.csv",
    "runs/*/*/*/*.json",
    "evaluation/**/*.csv",
    "evaluation/**/*.json",
    "evaluation/**/*.png",
    "evaluation/**/*.svg",
    "evaluation/**/*.pdf",
    "examples/montage.png",
    "examples/montage.pdf",
    "examples/slides/*.png",
    "examples/slides/*.pdf",
    "explanation/**/*.csv",
    "explanation/**/*.json",
    "explanation/**/*.png",
    "explanation/**/*.svg",
    "explanation/**/*.pdf",
    "paper/*.csv",
    "paper/*.png",
    "paper/*.svg",
    "paper/*.pdf",
    "paper/record.json",
    "curves/*.csv",
    "headline/*.json",
    "truth.csv",
    "truth.json",
    "metrics.json",
    "costs.csv",
    "verdict.csv",
    "verdict.json",
    "model_card.md",
    "report.html",
    "report.json",
)
# Of them, what is no table about the data but the data: a patient's history tells who it is of.
HISTORIES = f"dataset/{VISITS_FILE}"
WEIGHTS = "runs/*/*/*/weights.safetensors"
# Those of them that follow from the others without training.
DERIVED = (
    "evaluation/**/*.csv",
    "evaluation/**/*.json",
    "curves/*.csv",
    "headline/*.json",
    "metrics.json",
    "verdict.csv",
    "model_card.md",
)
# Without them a study is not finished.
NEEDED = ("report.html", "verdict.csv", "metrics.json", "model_card.md")

METADATA = "ro-crate-metadata.json"
PAPERS = "papers/"


def settings_name(study: str) -> str:
    """Name in the archive of the settings with which a study's tables were made."""
    return f"{study}/settings.json"


def paper_folder(paper: str) -> str:
    """Folder in the archive of a paper's published numbers and notes."""
    return f"{PAPERS}{paper}"


def study_files(results: Path, study: str, weights: bool) -> list[str]:
    """Names of a study's files below `results`, sorted."""
    patterns = [*STUDY_FILES, *([WEIGHTS] if weights else [])]
    return [name for name in matching(results, study, patterns) if name != f"{study}/{HISTORIES}"]


def derived_files(folder: Path, study: str) -> list[str]:
    """Names below `folder` of a study's tables that follow from its predictions, sorted; their records do not."""
    return [name for name in matching(folder, study, DERIVED) if not name.endswith("/record.json")]


def matching(folder: Path, study: str, patterns: tuple[str, ...] | list[str]) -> list[str]:
    """Names below `folder` of the files of a study that fit one of the patterns, sorted, each once."""
    paths = {path for pattern in patterns for path in (folder / study).glob(pattern) if path.is_file()}
    return sorted(path.relative_to(folder).as_posix() for path in paths if not path.name.startswith("."))
