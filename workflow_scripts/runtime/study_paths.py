"""Where the files of a study lie below `results/{study}`; `results_layout` says which record vouches for which."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.runtime.run_address import RECORD_FILE, FoldSeed

# Of all folds and seeds of a trained run: the digests of their records.
FINISHED_FILE = "finished.json"
# In the folder of the dataset, where samples are of series.
SERIES_FILE = "series.csv"
# In the folder of the dataset, where samples are tiles of slides.
SLIDES_FILE, OVERVIEWS_FILE = "slides.csv", "slides.npz"
# In the folder of the dataset, where samples are patients of a table of visits.
VISITS_FILE, COLUMNS_FILE, FLOW_FILE, AUDIT_FILE = "visits.csv", "columns.csv", "flow.csv", "audit.csv"
# In the folder of the dataset, where near copies are proven: pairs of them, registered on each other.
NEAR_COPIES_FILE = "near_copies.png"
# In the folder of examples, where samples are pictures.
MONTAGE_FILE, MONTAGE_IN_PAGE, ORIGINALS_FILE = "montage.png", "montage.webp", "originals.npz"


@dataclass(frozen=True)
class StudyPaths:
    """The paths of a study, whose folder of results is `folder`; whether they exist is not asked."""

    folder: Path

    @property
    def dataset(self) -> Path:
        """Folder of the manifest and what else ingest leaves."""
        return self.folder / "dataset"

    @property
    def arrays(self) -> Path:
        """Folder of the arrays of samples."""
        return self.folder / "arrays"

    @property
    def near_copies(self) -> Path:
        """Pairs of near copies; only where there are any."""
        return self.dataset / NEAR_COPIES_FILE

    @property
    def dataset_record(self) -> Path:
        return self.dataset / RECORD_FILE

    @property
    def array(self) -> Path:
        """The large file that the record of the arrays vouches for."""
        return self.arrays / "data.npy"

    @property
    def manifest(self) -> Path:
        """Table of the samples."""
        return self.dataset / "manifest.csv"

    @property
    def series(self) -> Path:
        """Table of series, of a study whose samples are of some."""
        return self.dataset / SERIES_FILE

    @property
    def slides(self) -> Path:
        """Table of slides, of a study whose samples are tiles of them."""
        return self.dataset / SLIDES_FILE

    @property
    def slide_overviews(self) -> Path:
        """Overviews of slides with what is tissue, see contracts.slide_overviews."""
        return self.dataset / OVERVIEWS_FILE

    @property
    def visits(self) -> Path:
        """Table of visits up to the landmark, of a study whose samples are patients."""
        return self.dataset / VISITS_FILE

    @property
    def visit_columns(self) -> Path:
        """What each column of the visits is, see contracts.visit_columns."""
        return self.dataset / COLUMNS_FILE

    @property
    def patient_flow(self) -> Path:
        """From the patients of the table to those at the landmark, see contracts.patient_flow."""
        return self.dataset / FLOW_FILE

    @property
    def visit_audit(self) -> Path:
        """What in the visits looks as if it knew the outcome, see contracts.visit_audit."""
        return self.dataset / AUDIT_FILE

    @property
    def arrays_record(self) -> Path:
        return self.arrays / RECORD_FILE

    @property
    def masks(self) -> Path:
        """Masks of a study's pictures."""
        return self.folder / "masks" / "masks.npy"

    @property
    def masks_record(self) -> Path:
        return self.masks.with_name(RECORD_FILE)

    @property
    def examples(self) -> Path:
        """Folder of pictures of every class as they are in their files."""
        return self.folder / "examples"

    @property
    def slide_pictures(self) -> Path:
        """Folder of a picture of every slide, of a study whose samples are tiles of some."""
        return self.examples / "slides"

    @property
    def examples_record(self) -> Path:
        return self.examples / RECORD_FILE

    def embedding(self, name: str) -> Path:
        """Folder of what a network makes of the samples, once for all runs."""
        return self.folder / "embeddings" / name

    def split(self, protocol: str) -> Path:
        """Table of which sample is in which subset."""
        return self.folder / "splits" / f"{protocol}.csv"

    def split_record(self, protocol: str) -> Path:
        return self.folder / "splits" / f"{protocol}.json"

    def leaks(self, protocol: str) -> Path:
        """Table of the pairs that the split leaves on both sides."""
        return self.folder / "splits" / f"{protocol}.leaks.csv"

    def runs(self, protocol: str) -> Path:
        """Folder of a protocol's runs."""
        return self.folder / "runs" / protocol

    def run(self, protocol: str, run: str) -> Path:
        """Folder of all folds and seeds of a run."""
        return self.runs(protocol) / run

    def fold_seed(self, protocol: str, run: str, key: FoldSeed) -> Path:
        """Folder of one fold and seed of a run."""
        return self.run(protocol, run) / str(key)

    def finished(self, protocol: str, run: str) -> Path:
        """What stands for all folds and seeds of a trained run, written once they are finished."""
        return self.run(protocol, run) / FINISHED_FILE

    def evaluation(self, protocol: str) -> Path:
        return self.folder / "evaluation" / protocol

    def evaluation_record(self, protocol: str) -> Path:
        return self.evaluation(protocol) / RECORD_FILE

    def explanation(self, protocol: str) -> Path:
        return self.folder / "explanation" / protocol

    def explanation_record(self, protocol: str) -> Path:
        return self.explanation(protocol) / RECORD_FILE

    @property
    def paper(self) -> Path:
        """Folder of the counterparts of the paper's figures and tables."""
        return self.folder / "paper"

    @property
    def costs(self) -> Path:
        """Table of what each run is and what it cost, see contracts.run_costs."""
        return self.folder / "costs.csv"

    @property
    def headline(self) -> Path:
        """Folder of the headline number under each protocol, which DVC shows."""
        return self.folder / "headline"

    @property
    def curves(self) -> Path:
        """Folder of the learning curves that DVC plots."""
        return self.folder / "curves"

    @property
    def ground_truth(self) -> Path:
        """Table of the ground truth of synthetic data and what was recovered."""
        return self.folder / "truth.csv"

    @property
    def ground_truth_record(self) -> Path:
        return self.folder / "truth.json"

    @property
    def receipt(self) -> Path:
        """What was entered into the tracking database."""
        return self.folder / "tracked.json"

    @property
    def pages(self) -> list[Path]:
        """The report, the tables that the index reads, and the records of both."""
        names = ("report.html", "metrics.json", "costs.csv", "report.json", "verdict.csv", "verdict.json")
        return [self.folder / name for name in names]

    @property
    def model_card(self) -> Path:
        return self.folder / "model_card.md"
