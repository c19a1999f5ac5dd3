"""Every file that a workflow leaves below results/: where it lies, which step writes it, which contract its table has.

What its columns are is said where the contract is; this says which contract. `<name>` stands for a name, and in `*` a
figure may have several endings. Names in backquotes are steps.
"""

import re
from dataclasses import dataclass

_STUDY, _FOLD = "<study>", "fold<fold>-seed<seed>"
_RUN = f"{_STUDY}/runs/<protocol>/<run>/{_FOLD}"
_EVALUATION = f"{_STUDY}/evaluation/<protocol>"
_EXPLANATION = f"{_STUDY}/explanation/<protocol>/<run>"


@dataclass(frozen=True)
class OutputFile:
    """A file below results/. table: module of contracts/ and the name of its contract, such as "splits.SPLIT"."""

    path: str
    step: str
    meaning: str
    table: str = ""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Every path that it may have below results/."""
        parts = re.split(r"(<\w+>|\*)", self.path)
        words = [r"[^/]+" if part.startswith("<") else r"[^/]*" if part == "*" else re.escape(part) for part in parts]
        return re.compile("".join(words))


OUTPUT_FILES = (
    OutputFile("index.html", "index", "All papers and studies on one page, with links to the reports."),
    OutputFile(
        "runs.csv",
        "index",
        "Every run of every study, the best of each protocol first: what it is, metrics as shares with their 95 % "
        "intervals, difference from the run `reference` with p after Holm, leak premium, seconds and kWh.",
    ),
    OutputFile("runs.md", "index", "The same for a paper, as Markdown."),
    OutputFile("runs.tex", "index", "The same for a paper, as LaTeX."),
    OutputFile("runs.html", "index", "The same for a paper, for word processors."),
    OutputFile("consistency.html", "consistency", "Which printed numbers of each paper fit each other, and why."),
    OutputFile("consistency.csv", "consistency", "The same as a table.", "consistency_table.CONSISTENCY"),
    OutputFile(f"{_STUDY}/report.html", "report", "All of a study on one page that needs no network."),
    OutputFile(f"{_STUDY}/report.json", "report", "The record of the report and of what lies beside it."),
    OutputFile(f"{_STUDY}/metrics.json", "report", "Numbers for other tools: of every run, and the headline."),
    OutputFile(f"{_STUDY}/costs.csv", "report", "What each run is and what it cost.", "run_costs.COSTS"),
    OutputFile(f"{_STUDY}/headline/<protocol>.json", "report", "The main run's headline number, for `dvc metrics`."),
    OutputFile(f"{_STUDY}/curves/<protocol>__<run>.csv", "report", "Training curve, mean over folds and seeds."),
    OutputFile(f"{_STUDY}/model_card.md", "report", "What is known of the main run, and what is not."),
    OutputFile(
        f"{_STUDY}/verdict.csv", "verdict", "Every printed number against what came out.", "verdict_table.VERDICT"
    ),
    OutputFile(f"{_STUDY}/verdict.json", "verdict", "The record of the verdict."),
    OutputFile(
        f"{_STUDY}/truth.csv", "ground_truth", "Synthetic data: what was recovered.", "ground_truth_table.TRUTH"
    ),
    OutputFile(f"{_STUDY}/truth.json", "ground_truth", "The record of that comparison."),
    OutputFile(f"{_STUDY}/tracked.json", "track", "That the runs are entered into MLflow."),
    OutputFile(f"{_STUDY}/dataset/manifest.csv", "ingest", "A row a sample.", "dataset.MANIFEST"),
    OutputFile(f"{_STUDY}/dataset/quarantine.csv", "ingest", "What could not be used, and why.", "dataset.QUARANTINE"),
    OutputFile(f"{_STUDY}/dataset/equal_pairs.csv", "ingest", "Samples that show the same.", "dataset.EQUAL_PAIRS"),
    OutputFile(
        f"{_STUDY}/dataset/near_copies.png",
        "ingest",
        "The first of these pairs, registered on each other, and their difference, pixel for pixel: therefore neither "
        "PDF nor SVG. The numbers are in equal_pairs.csv.",
    ),
    OutputFile(
        f"{_STUDY}/dataset/series.csv", "ingest", "DICOM: every series, taken or why not.", "series_table.SERIES"
    ),
    OutputFile(f"{_STUDY}/dataset/slides.csv", "ingest", "Every slide, taken or why not.", "slide_table.SLIDES"),
    OutputFile(f"{_STUDY}/dataset/slides.npz", "ingest", "Overviews of the slides: tissue, pen, padding."),
    OutputFile(f"{_STUDY}/dataset/visits.csv", "ingest", "What was known at the landmark.", "visit_columns.VISITS"),
    OutputFile(f"{_STUDY}/dataset/columns.csv", "ingest", "What its columns are.", "visit_columns.VISIT_COLUMNS"),
    OutputFile(
        f"{_STUDY}/dataset/flow.csv", "ingest", "Who was left out, and who had what.", "patient_flow.PATIENT_FLOW"
    ),
    OutputFile(f"{_STUDY}/dataset/audit.csv", "ingest", "What knew the outcome, it seems.", "visit_audit.VISIT_AUDIT"),
    OutputFile(f"{_STUDY}/dataset/record.json", "ingest", "The record of the data set: counts, settings, digests."),
    OutputFile(f"{_STUDY}/arrays/data.npy", "preprocess", "Rows of all samples: pixels, features or visits."),
    OutputFile(f"{_STUDY}/arrays/index.csv", "preprocess", "Which rows are whose.", "arrays.ARRAY_INDEX"),
    OutputFile(f"{_STUDY}/arrays/record.json", "preprocess", "The record of the arrays."),
    OutputFile(f"{_STUDY}/masks/masks.npy", "segment", "Pictures: masks of what is looked at."),
    OutputFile(f"{_STUDY}/masks/record.json", "segment", "The record of the masks."),
    OutputFile(f"{_STUDY}/examples/montage.*", "examples", "Pictures of every class."),
    OutputFile(f"{_STUDY}/examples/originals.npz", "examples", "The same as they are in their files."),
    OutputFile(f"{_STUDY}/examples/slides/<slide>.*", "examples", "Every slide, with its tiles."),
    OutputFile(f"{_STUDY}/examples/record.json", "examples", "The record of the examples."),
    OutputFile(f"{_STUDY}/embeddings/<name>/data.npy", "embed", "What a network makes of every picture."),
    OutputFile(f"{_STUDY}/embeddings/<name>/index.csv", "embed", "Which rows are whose.", "arrays.ARRAY_INDEX"),
    OutputFile(f"{_STUDY}/embeddings/<name>/record.json", "embed", "The record of the embedding."),
    OutputFile(f"{_STUDY}/splits/<protocol>.leaks.csv", "split", "What lies on both sides.", "splits.LEAKS"),
    OutputFile(f"{_STUDY}/splits/<protocol>.csv", "split", "Fold and subset of every sample.", "splits.SPLIT"),
    OutputFile(f"{_STUDY}/splits/<protocol>.json", "split", "The record of the split: rule, counts, leaks."),
    OutputFile(f"{_RUN}/weights.safetensors", "train", "Weights of the epoch that was chosen."),
    OutputFile(f"{_RUN}/history.csv", "train", "Losses and accuracies, epoch by epoch.", "run_tables.HISTORY"),
    OutputFile(f"{_RUN}/predictions.csv", "train", "What the model scores.", "run_tables.PREDICTIONS"),
    OutputFile(f"{_RUN}/train.json", "train", "What the training was and cost."),
    OutputFile(f"{_RUN}/units.csv", "finish_run", "The same of what is judged.", "run_tables.UNITS"),
    OutputFile(f"{_RUN}/record.json", "finish_run", "The record of the run: settings, code, inputs, versions."),
    OutputFile(f"{_RUN}/ledger.json", "finish_run", "What it cost: seconds, memory, energy where it is known."),
    OutputFile(f"{_RUN}/model/*", "make_run", "Compressed runs: the compressed network."),
    OutputFile(f"{_RUN}/attention.csv", "make_run", "How much each sample counted.", "attention_table.ATTENTION"),
    OutputFile(
        f"{_RUN}/copies_of_training.csv",
        "make_run",
        "Networks of another study: samples that they have learned from.",
        "training_copies_table.TRAINING_COPIES",
    ),
    OutputFile(f"{_RUN}/rounds.csv", "make_run", "Active learning: what each round came to.", "rounds.ROUNDS"),
    OutputFile(f"{_RUN}/queries.csv", "make_run", "Whose labels it asked for.", "rounds.QUERIES"),
    OutputFile(f"{_STUDY}/runs/<protocol>/<run>/finished.json", "finish_run", "Digests of all folds and seeds."),
    OutputFile(f"{_EVALUATION}/comparison.csv", "evaluate", "Runs against each other.", "comparison_table.COMPARISON"),
    OutputFile(
        f"{_EVALUATION}/delong.csv", "evaluate", "Areas under the ROC curve compared.", "comparison_table.DELONG"
    ),
    OutputFile(f"{_EVALUATION}/metrics.csv", "evaluate", "Metrics of all runs.", "run_tables.METRICS"),
    OutputFile(
        f"{_EVALUATION}/label_efficiency.csv",
        "evaluate",
        "Active learning: labels that are saved.",
        "label_efficiency_table.LABEL_EFFICIENCY",
    ),
    OutputFile(f"{_EVALUATION}/record.json", "evaluate", "The record of all in this folder."),
    OutputFile(f"{_EVALUATION}/<run>/metrics.csv", "evaluate", "Metrics with intervals.", "run_tables.METRICS"),
    OutputFile(f"{_EVALUATION}/<run>/metrics.json", "evaluate", "The same for other tools."),
    OutputFile(f"{_EVALUATION}/<run>/{_FOLD}.json", "evaluate", "The same of one fold and seed."),
    OutputFile(
        f"{_EVALUATION}/<run>/statistics.csv",
        "evaluate",
        "Calibration, predictive values, what the number varies with.",
        "statistics_table.STATISTICS",
    ),
    OutputFile(f"{_EVALUATION}/<run>/risk.csv", "evaluate", "High and low risk at a threshold.", "risk_table.RISK"),
    OutputFile(f"{_EVALUATION}/<run>/risk_curves.csv", "evaluate", "Curves of the risk.", "risk_table.RISK_CURVES"),
    OutputFile(f"{_EVALUATION}/<figure>.*", "evaluate", "Figures of all runs."),
    OutputFile(f"{_EVALUATION}/<run>/<figure>.*", "evaluate", "Figures of a run."),
    OutputFile(f"{_EXPLANATION}/gradcam.csv", "explain", "What its maps weigh.", "explanation.GRADCAM"),
    OutputFile(f"{_EXPLANATION}/gradcam.npz", "explain", "The maps."),
    OutputFile(f"{_EXPLANATION}/confusions.csv", "explain", "What is taken for what.", "explanation.CONFUSIONS"),
    OutputFile(f"{_EXPLANATION}/embedding.csv", "explain", "Test samples by their features.", "explanation.EMBEDDING"),
    OutputFile(f"{_EXPLANATION}/embedding.html", "explain", "The same as a page that can be turned."),
    OutputFile(
        f"{_EXPLANATION}/risk_over_time.csv", "explain", "Patients, visit by visit.", "visit_risk_tables.VISIT_RISKS"
    ),
    OutputFile(
        f"{_EXPLANATION}/drivers.csv", "explain", "Patients, column by column.", "visit_risk_tables.COLUMN_RISKS"
    ),
    OutputFile(f"{_EXPLANATION}/<figure>.*", "explain", "Figures of what a run looked at and confused."),
    OutputFile(f"{_STUDY}/explanation/<protocol>/record.json", "explain", "The record of all in this folder."),
    OutputFile(
        f"{_STUDY}/paper/paper_figures.csv",
        "paper_figures",
        "List of the counterparts.",
        "paper_figure_table.PAPER_FIGURES",
    ),
    OutputFile(f"{_STUDY}/paper/<table>.csv", "paper_figures", "A table of the paper.", "paper_figure_table.PRINTED"),
    OutputFile(f"{_STUDY}/paper/<figure>.*", "paper_figures", "Counterparts of the paper's figures."),
    OutputFile(f"{_STUDY}/paper/record.json", "paper_figures", "The record of all in this folder."),
    OutputFile(f"{_STUDY}/predict/<name>/predictions.csv", "apply", "What new images are.", "explanation.APPLIED"),
    OutputFile(f"{_STUDY}/predict/<name>/index.html", "apply", "New images on a page, in most doubt first."),
    OutputFile(f"{_STUDY}/predict/<name>/quarantine.csv", "apply", "What could not be used.", "dataset.QUARANTINE"),
    OutputFile(f"{_STUDY}/predict/<name>/<figure>.*", "apply", "What the network looked at in them."),
    OutputFile(f"{_STUDY}/predict/<name>/record.json", "apply", "The record of all in this folder."),
)


def file_of(path: str) -> OutputFile | None:
    """The file that lies at a path below results/, the first that fits; None where no step leaves such a one."""
    return next((file for file in OUTPUT_FILES if file.pattern.fullmatch(path)), None)
