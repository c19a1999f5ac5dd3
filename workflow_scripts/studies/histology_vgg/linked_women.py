"""Which women of a synthetic register have a slide, and what it shows: squamous cell carcinoma (SCC) is riskier.

An archive of slides holds more of those who fell ill: every third woman had the event, as far as there are so many.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from workflow_scripts.contracts.step_settings.synthesise_settings import SyntheticVisits
from workflow_scripts.runtime.errors import UserError
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.studies.histology_vgg.synthetic_table import HORIZON, Drawn, draw
from workflow_scripts.synthetic.pictures import Plan, Woman

ENRICHED = 3
# Share of slides that show SCC, of women with the event and of those without; where nothing tells the event, of all.
SCC_OF_EVENTS, SCC_OF_OTHERS, SCC_OF_ALL = 0.75, 0.3, 0.5


def women(plan: Plan, seed: tuple[str, ...], block: SyntheticVisits) -> Mapping[str, tuple[Woman, ...]]:
    """Label → the women whose slides show it, one a slide. UserError where the register has too few.

    plan: of the slides; seed, block: of the register.
    """
    drawn = draw(seed, block)
    rng = np.random.default_rng(seed_for(*plan.seed, "women"))
    has_event, index_time = drawn.has_event, drawn.cohort.index_time
    wanted = {label: plan.fields(label) for label in plan.labels}
    chosen: dict[str, list[Woman]] = {label: [] for label in plan.labels}
    for woman in _archived(drawn, rng):
        share = SCC_OF_EVENTS if has_event[woman] else SCC_OF_OTHERS
        tissue = "SCC" if rng.random() < (SCC_OF_ALL if block.signal == "none" else share) else "AC"
        if len(chosen[tissue]) < wanted[tissue]:
            age = int(index_time[woman] - drawn.cohort.women.births[woman])
            chosen[tissue].append(Woman(drawn.keys[woman], age))
    for label, count in wanted.items():
        if len(chosen[label]) < count:
            raise UserError(
                f"synthetic.cohort_of: the register of {seed[0]} gives {len(chosen[label])} women with slides of "
                f"{label}, and {count} are wanted; raise its synthetic.visits.patients, or lower "
                "synthetic.fields_per_class"
            )
    return {label: tuple(people) for label, people in chosen.items()}


def _archived(drawn: Drawn, rng: np.random.Generator) -> Iterator[int]:
    """Women with an index sample whose outcome is known, in a random order in which every third had the event."""
    outcomes = drawn.cohort.outcomes
    at, ill = drawn.cohort.index_time, drawn.has_event
    followed = outcomes.end - at > HORIZON
    events, healthy = (rng.permutation(np.flatnonzero(group)).tolist() for group in (ill, ~ill & followed))
    for position in range(len(events) + len(healthy)):
        first, second = (events, healthy) if position % ENRICHED == 0 else (healthy, events)
        yield (first or second).pop()
