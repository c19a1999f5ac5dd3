"""What enabled studies need from elsewhere: published data sets, and published weights of networks."""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.data.download.published_sources import published_sources
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.plan.source_checks import fault_of, source_folders
from workflow_scripts.settings.runs import kind_of_run
from workflow_scripts.settings.study import Study

DATA = "data"
WEIGHTS = f"{DATA}/weights"
# The value of the setting `weights`.
PUBLISHED = "published"


def raw_folder(adapter: str) -> str:
    """Where the README says that a published data set lies."""
    return f"{DATA}/{adapter}/raw"


def can_be_downloaded(adapter: str, folder: str) -> bool:
    """Whether a missing source is one of this project's own folders and its data set can be fetched for it."""
    parts = Path(folder).parts
    return adapter in published_sources() and parts[0] == DATA and len(parts) > 1 and ".." not in parts


def downloads(config: Config) -> dict[str, str]:
    """Folder → adapter of every data set that can be downloaded: those that studies name, and the usual ones."""
    by_folder = {raw_folder(adapter): adapter for adapter in published_sources()}
    for name, study in config.studies.items():
        if study.source != "synthetic":
            for adapter, folder in source_folders(config, name).items():
                if can_be_downloaded(adapter, folder):
                    by_folder[folder] = adapter
    return by_folder


def missing_downloads(config: Config, studies: list[str]) -> list[str]:
    """Those folders that the given studies read and that are not there, or are empty."""
    downloadable = downloads(config)
    wanted = {
        folder
        for study in studies
        if config.studies[study].source != "synthetic"
        for folder in source_folders(config, study).values()
    }
    return sorted(folder for folder in wanted & set(downloadable) if fault_of(Path(folder)))


def weights_file(model: str) -> str:
    """Where the published weights of a network are kept."""
    return f"{WEIGHTS}/{model.replace('/', '-')}.safetensors"


def published_models(config: Config) -> dict[str, str]:
    """Name of the weights file without folder and extension → network, for all that starts from such weights."""
    return {
        Path(weights_file(part.model)).stem: part.model
        for study in config.studies.values()
        for part in _parts(study)
        if part.weights == PUBLISHED
    }


def _parts(study: Study) -> Iterator[NetworkPart]:
    """The networks of a study's runs and embeddings."""
    for run in study.runs.values():
        yield from kind_of_run(run).networks().values()
    yield from study.embeddings.values()
