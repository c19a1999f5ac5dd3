"""Synthetic visits of women in cervical screening, and their outcome: CIN2 or worse within three years of a sample.

The register has the columns of docs/examples/hpvsim.yaml, and the faults of a real one. Its women may have slides, too,
see synthetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workflow_scripts.contracts.patient_flow import LABELS
from workflow_scripts.contracts.step_settings.synthesise_settings import SyntheticVisits
from workflow_scripts.data.dicom.invented import identity_of
from workflow_scripts.data.visits.synthetic_tables import SyntheticRegister
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.synthetic.cohort import Cohort, draw_cohort
from workflow_scripts.synthetic.register_faults import plant
from workflow_scripts.synthetic.register_tables import register_tables
from workflow_scripts.synthetic.visit_signals import last_known, with_signal

# Within so many years of the index sample; what is said of all is drawn for this.
HORIZON = 3.0


@dataclass(frozen=True)
class Drawn:
    """A cohort; keys: what each woman's invented identity depends on; names: what she is called in the register."""

    cohort: Cohort
    keys: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def has_event(self) -> np.ndarray:
        """Bool a woman: the event within HORIZON of her index sample; False where she has none."""
        return self.cohort.outcomes.cin2 - self.cohort.index_time <= HORIZON


def draw(seed: tuple[str, ...], block: SyntheticVisits) -> Drawn:
    """The women of a register; `seed`: study, seed and adapter, so that its slides can be drawn elsewhere."""
    rng = np.random.default_rng(seed_for(*seed, "cohort"))
    cohort = with_signal(draw_cohort(block.patients, rng), block.signal, rng)
    keys, names = _people(seed, len(cohort.outcomes.end))
    return Drawn(cohort, keys, names)


def register(seed: tuple[str, ...], block: SyntheticVisits) -> SyntheticRegister:
    """The tables of a register, its faults in them, and the truth."""
    drawn = draw(seed, block)
    rng = np.random.default_rng(seed_for(*seed, "tables"))
    visits, outcomes = register_tables(drawn.cohort, drawn.names, rng)
    indexed = [drawn.names[woman] for woman in np.flatnonzero(drawn.cohort.outcomes.index >= 0)]
    visits, outcomes, faults = plant(visits, outcomes, indexed, rng)
    return SyntheticRegister(visits, outcomes, _truth(drawn, faults))


def _people(seed: tuple[str, ...], count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys and names of so many women, no name twice."""
    people: dict[str, str] = {}
    number = 0
    while len(people) < count:
        key = f"{'/'.join(seed)}/{number}"
        people.setdefault(identity_of(key, "", 0).patient_id, key)
        number += 1
    return tuple(people.values()), tuple(people)


def _truth(drawn: Drawn, faults: Mapping[str, str]) -> pd.DataFrame:
    """A row a woman. What is known of her is that of her index sample, else of her last visit at the landmark."""
    cohort, last = drawn.cohort, last_known(drawn.cohort)
    there = last >= 0
    return pd.DataFrame(
        {
            "patient": drawn.names,
            "label": np.where(drawn.has_event, *LABELS),
            "defect": [faults.get(name, "") for name in drawn.names],
            "index": (cohort.outcomes.index >= 0).astype(int),
            "state": np.where(there, cohort.visits.state[last], np.nan),
            "years_infected": np.where(there, cohort.visits.infected[last], np.nan),
            "severity": cohort.women.severity,
            "risk": cohort.risk,
        }
    )
