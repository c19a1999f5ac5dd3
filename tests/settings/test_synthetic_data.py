"""Synthetic visits in the settings: what the generator receives, whose slides are drawn, and what does not fit."""

import pytest
from pydantic import ValidationError

from workflow_scripts.contracts.blocks import plain
from workflow_scripts.contracts.step_settings.synthesise_settings import CohortOf, SyntheticVisits
from workflow_scripts.settings.config import Config
from workflow_scripts.settings.steps import Steps

TABLE = {
    "file": "visits.csv",
    "columns": {"age": {"kind": "number"}},
    "outcome": {"event": "ill", "values": ["1"]},
    "landmark": {"kind": "last_visit"},
}
PROTOCOLS = {"grouped": {"kind": "kfold", "folds": 3, "by": "group"}}
REGISTER = {
    "adapters": ["visits"],
    "paper": "histology_vgg",
    "ingest": {"visits": TABLE},
    "protocols": PROTOCOLS,
    "runs": {"last": {"kind": "visit_baseline", "model": "logistic", "features": "last_visit"}},
    "synthetic": {"visits": {"patients": 500, "signal": "static"}},
}
TILES = {
    "adapters": ["slides"],
    "paper": "histology_vgg",
    "ingest": {"slides": "slides.csv"},
    "protocols": PROTOCOLS,
    "runs": {"colour": {"kind": "baseline", "features": ["colour"]}},
    "synthetic": {"cohort_of": "women"},
}


def config(**studies: dict) -> Config:
    return Config.model_validate({"studies": {"women": REGISTER, "tiles": TILES, **studies}})


def test_the_generator_of_slides_receives_the_register_whose_women_it_draws():
    steps = Steps(config())
    visits = SyntheticVisits(500, "static")
    assert steps.synthesise("women", "visits").synthetic.visits == visits
    assert steps.synthesise("tiles", "slides").cohort == CohortOf("women", "visits", visits)
    # What draws pictures of nobody in particular depends on no register.
    alone = plain(Steps(config(tiles=TILES | {"synthetic": {}})).synthesise("tiles", "slides"))
    assert "cohort" not in alone and not {"visits", "cohort_of"} & set(alone["synthetic"])


@pytest.mark.parametrize(
    ("study", "changes", "words"),
    [
        (
            "tiles",
            {"synthetic": {"cohort_of": "woman"}},
            "cohort_of names 'woman', which is no study; did you mean women",
        ),
        ("tiles", {"synthetic": {"cohort_of": "tiles"}}, "cohort_of names 'tiles', which has no synthetic register"),
        ("women", {"source": "somewhere"}, "cohort_of names 'women', which has no synthetic register"),
        ("tiles", {"synthetic": {"visits": {"patients": 500}}}, "synthetic.visits is for tables of visits"),
        ("women", {"synthetic": {"cohort_of": "women"}}, "synthetic.cohort_of is for whole slides"),
    ],
)
def test_a_register_that_is_none_and_keys_of_other_data_are_refused(study: str, changes: dict, words: str):
    with pytest.raises(ValidationError, match=words):
        config(**{study: {"women": REGISTER, "tiles": TILES}[study] | changes})
