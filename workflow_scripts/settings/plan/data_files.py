"""Files of a study's data: raw folders, splits, what is known of synthetic data, and the folders of papers."""

from pathlib import Path

from workflow_scripts.contracts.step_settings.ingest_settings import IngestSettings
from workflow_scripts.contracts.step_settings.split_settings import SplitSettings
from workflow_scripts.data.adapters.adapter_registry import is_private
from workflow_scripts.data.dicom.pseudonyms import KEY_FILE
from workflow_scripts.runtime.files import digest_file
from workflow_scripts.runtime.run_address import RECORD_FILE
from workflow_scripts.runtime.study_paths import MONTAGE_FILE, MONTAGE_IN_PAGE, ORIGINALS_FILE, StudyPaths
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.known_names import papers
from workflow_scripts.settings.plan.source_checks import SYNTHETIC_RECORD, listing_digest, named_tables, source_folders
from workflow_scripts.settings.steps import Steps

TRUTH_TABLE = "truth.csv"


class DataFiles:
    """Where the data of each study come from and which files stand for them."""

    def __init__(self, root: Path, config: Config, steps: Steps) -> None:
        self._package, self._config, self._steps = root / "workflow_scripts", config, steps

    def sources(self, study: str) -> dict[str, str]:
        """Adapter → folder of raw files."""
        return source_folders(self._config, study)

    def keys(self, study: str) -> list[str]:
        """The key of a study's pseudonyms, where it reads real files that bear names of people."""
        private = any(is_private(adapter) for adapter in self.sources(study))
        return [str(KEY_FILE)] if private and not self._steps.is_synthetic(study) else []

    def ingest(self, study: str) -> IngestSettings:
        """Settings of ingest, with what identifies the raw files."""
        return self._steps.ingest(study, self._listing(study))

    def _listing(self, study: str) -> dict[str, str] | None:
        tables = named_tables(self._config, study)
        if self._steps.is_synthetic(study):
            return tables or None  # the synthetic files' own record is an input of the job
        return {adapter: listing_digest(folder) for adapter, folder in self.sources(study).items()} | tables

    def synthetic_records(self, study: str) -> list[str]:
        """Records of the synthetic data that a study reads; none for real data."""
        return self._synthetic_files(study, SYNTHETIC_RECORD)

    def ground_truth_tables(self, study: str) -> list[str]:
        """Ground truth of the synthetic data that a study reads; none for real data."""
        return self._synthetic_files(study, TRUTH_TABLE)

    def _synthetic_files(self, study: str, name: str) -> list[str]:
        return (
            [f"{folder}/{name}" for folder in self.sources(study).values()] if self._steps.is_synthetic(study) else []
        )

    def records(self, study: str) -> list[str]:
        """Records of what makes up a study's data, but for its splits."""
        paths = StudyPaths(Path(self._config.results, study))
        masks = [paths.masks_record] if self._steps.has_masks(study) else []
        examples = [paths.examples_record] if self._steps.has_pictures(study) else []
        return [str(path) for path in (paths.dataset_record, paths.arrays_record, *masks, *examples)]

    def examples(self, study: str) -> list[str]:
        """Pictures of every class for people to look at, of a study of pictures, and their record."""
        folder = StudyPaths(Path(self._config.results, study)).examples
        names = (ORIGINALS_FILE, RECORD_FILE, MONTAGE_FILE, MONTAGE_IN_PAGE) if self._steps.has_pictures(study) else ()
        return [str(folder / name) for name in names]

    def slide_pictures(self, study: str) -> list[str]:
        """The folder of pictures of a study's slides, where it has any."""
        paths = StudyPaths(Path(self._config.results, study))
        return [str(paths.slide_pictures)] if self._steps.has_slides(study) else []

    def arrays(self, study: str, run: str) -> Path:
        """Folder of what a run reads: the arrays of samples, or an embedding of them."""
        paths, name = StudyPaths(Path(self._config.results, study)), self._steps.kind(study, run).embedding
        return paths.arrays if name is None else paths.embedding(name)

    def embedding_files(self, study: str) -> list[str]:
        """The large file of every embedding that a run of the study reads, and its record."""
        paths = StudyPaths(Path(self._config.results, study))
        folders = [paths.embedding(name) for name in self._steps.embeddings(study)]
        return [str(folder / name) for folder in folders for name in (paths.array.name, paths.arrays_record.name)]

    def linked_records(self, study: str, run: str) -> list[str]:
        """Records of the dataset, and of the embedding or arrays, that a run reads of another study."""
        return [
            str(path)
            for paths, folder in self._linked(study, run)
            for path in (paths.dataset_record, folder / paths.arrays_record.name)
        ]

    def linked_data(self, study: str, run: str) -> list[str]:
        """The large file of that embedding, or of these arrays."""
        return [str(folder / paths.array.name) for paths, folder in self._linked(study, run)]

    def _linked(self, study: str, run: str) -> list[tuple[StudyPaths, Path]]:
        """Paths of the other study, and the folder of embedding or arrays; none where a run reads no other."""
        kind = self._steps.kind(study, run)
        if linked := kind.linked_embedding():
            paths = StudyPaths(Path(self._config.results, linked.study))
            return [(paths, paths.embedding(linked.embedding))]
        if compared := kind.compared_study():
            paths = StudyPaths(Path(self._config.results, compared))
            return [(paths, paths.arrays)]
        return []

    def linked_dataset(self, study: str) -> list[str]:
        """The record of the dataset of another study, where a study takes only patients whom that one has."""
        linked = self._config.studies[study].linked
        return [str(StudyPaths(Path(self._config.results, linked)).dataset_record)] if linked else []

    def mask_records(self, study: str, *runs: str) -> list[str]:
        """The record of a study's masks, where the network of one of these runs sees them."""
        seen = any(self._steps.sees_masks(study, run) for run in runs)
        return [str(StudyPaths(Path(self._config.results, study)).masks_record)] if seen else []

    def all_masks(self, study: str) -> list[str]:
        """The record of a study's masks and the masks, where it has any."""
        paths = StudyPaths(Path(self._config.results, study))
        return [str(paths.masks_record), str(paths.masks)] if self._steps.has_masks(study) else []

    def split(self, study: str, protocol: str) -> SplitSettings:
        """Settings of a split, with the digest of the user's own one."""
        digests = [digest_file(path) for path in map(Path, self.split_file(study, protocol)) if path.is_file()]
        return self._steps.split(study, protocol, digests[0] if digests else None)

    def split_file(self, study: str, protocol: str) -> list[str]:
        """The user's own split, if the protocol has one."""
        rule = self._config.studies[study].protocols[protocol]
        return [rule.path] if rule.kind == "file" else []

    def split_files(self, study: str, protocol: str) -> list[str]:
        """Table, record and leaks of a split."""
        paths = StudyPaths(Path(self._config.results, study))
        return [str(path) for path in (paths.split(protocol), paths.split_record(protocol), paths.leaks(protocol))]

    @property
    def papers(self) -> list[str]:
        """Every paper whose numbers are here, whether its studies are in the settings or not."""
        return papers(self._package)

    def paper_folders(self) -> list[Path]:
        """The folder of every paper."""
        return [self._package / "studies" / paper for paper in self.papers]

    def paper_folder(self, study: str) -> list[Path]:
        """The folder of a study's published numbers, for studies that have a paper."""
        paper = self._config.studies[study].paper
        return [self._package / "studies" / paper] if paper else []
