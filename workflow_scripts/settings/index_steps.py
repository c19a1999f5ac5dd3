"""What the steps see of the settings that are of no single study, as frozen blocks."""

from workflow_scripts.contracts.step_settings.index_settings import ConsistencySettings, IndexSettings, StudyTitle
from workflow_scripts.settings.config import Config


def index_settings(config: Config, studies: list[str], papers: list[str]) -> IndexSettings:
    """What `index` receives."""
    titles = {name: StudyTitle(config.studies[name].title, config.studies[name].paper) for name in studies}
    return IndexSettings(tuple(papers), titles)


def consistency_settings(papers: list[str]) -> ConsistencySettings:
    """What `consistency` receives."""
    return ConsistencySettings(tuple(papers))
