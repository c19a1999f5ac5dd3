"""With which settings the tables of a study in an archive were made."""

from dataclasses import dataclass

from workflow_scripts.contracts.step_settings.evaluate_settings import EvaluateSettings
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings


@dataclass(frozen=True)
class ArchivedSettings:
    """evaluate: protocol → what its evaluation received; report: what the report did."""

    evaluate: dict[str, EvaluateSettings]
    report: ReportSettings
