"""A run's settings as those of the kind that the caller knows it to be."""

from typing import TypeVar

from workflow_scripts.settings.study import Config

Kind = TypeVar("Kind")


def run_of_kind(config: Config, study: str, run: str, kind: type[Kind]) -> Kind:
    """Settings of a run; TypeError when it is of another kind."""
    spec = config.studies[study].runs[run]
    if not isinstance(spec, kind):
        raise TypeError(f"studies.{study}.runs.{run} is a {spec.kind}, no {kind.__name__}")
    return spec
