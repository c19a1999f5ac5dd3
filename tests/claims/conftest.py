"""The papers as shipped, and what the checks say of them."""

from pathlib import Path

import pytest

from workflow_scripts.claims.checks import check_all
from workflow_scripts.contracts.published_yaml import read_published

STUDIES = Path(__file__).parents[2] / "workflow_scripts" / "studies"


@pytest.fixture(scope="session")
def papers():
    return {path.parent.name: read_published(path) for path in sorted(STUDIES.glob("*/published.yaml"))}


@pytest.fixture(scope="session")
def outcomes(papers):
    """Paper → (claim, check) → outcome."""
    return {name: {(o.claim, o.check): o for o in check_all(paper)} for name, paper in papers.items()}
