"""What comes from elsewhere: data sets that are downloaded, and the weights that trainings start from."""

from collections.abc import Mapping
from pathlib import Path

from workflow_scripts.contracts.own_networks import NetworkPart
from workflow_scripts.contracts.step_settings.fetch_weights_settings import FetchWeightsSettings
from workflow_scripts.data.download.published_sources import PublishedSource, published_sources
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.plan import downloads
from workflow_scripts.settings.steps import Steps


class StartWeights:
    """Files that trainings start from, and what can be downloaded.

    downloads: folder → adapter of every data set that can be downloaded; published_models: name of a file of weights →
    network.
    """

    def __init__(self, config: Config, steps: Steps) -> None:
        self._config, self._steps = config, steps
        self.downloads = downloads.downloads(config)
        self.published_models = downloads.published_models(config)

    def download(self, folder: str) -> PublishedSource:
        """Settings of the download into a folder."""
        return published_sources()[self.downloads[folder]]

    def fetched(self, name: str) -> FetchWeightsSettings:
        """Settings of fetching a file of published weights."""
        return FetchWeightsSettings(self.published_models[name])

    def files(self, study: str, run: str) -> dict[str, str]:
        """Name of a network or branch → file with its first weights."""
        return {
            name: downloads.weights_file(part.model) if part.weights == downloads.PUBLISHED else part.weights
            for name, part in self._parts(study, run).items()
            if part.weights is not None
        }

    def records(self, study: str, run: str) -> list[str]:
        """Records of the published weights that a run starts from; they stand for the large files beside them."""
        parts = self._parts(study, run).values()
        files = {downloads.weights_file(part.model) for part in parts if part.weights == downloads.PUBLISHED}
        return [str(Path(path).with_suffix(".json")) for path in sorted(files)]

    def embedding_files(self, study: str, name: str) -> list[str]:
        """The file with the weights of an embedding's network; none where they are drawn."""
        part = self._config.studies[study].embeddings[name]
        if part.weights is None:
            return []
        return [downloads.weights_file(part.model) if part.weights == downloads.PUBLISHED else part.weights]

    def embedding_records(self, study: str, name: str) -> list[str]:
        """The record of these weights, where they are published ones."""
        published = self._config.studies[study].embeddings[name].weights == downloads.PUBLISHED
        return [str(Path(path).with_suffix(".json")) for path in self.embedding_files(study, name) if published]

    def study_records(self, study: str) -> list[str]:
        """Records of the published weights that any run of a study, or an embedding that one reads, starts from."""
        of_runs = {record for run in self._config.studies[study].runs for record in self.records(study, run)}
        embeddings = self._steps.embeddings(study)
        return sorted(of_runs.union(*(self.embedding_records(study, name) for name in embeddings)))

    def prepared(self) -> list[str]:
        """Records of what enabled studies need from elsewhere: data sets that are not there, published weights."""
        active = [name for name, study in self._config.studies.items() if study.enabled]
        weights = {record for study in active for record in self.study_records(study)}
        missing = downloads.missing_downloads(self._config, active)
        return [*(f"{folder}.json" for folder in missing), *sorted(weights)]

    def _parts(self, study: str, run: str) -> Mapping[str, NetworkPart]:
        return self._steps.kind(study, run).networks()
