"""Two invented experts who err as often as those of the paper do, for synthetic patients."""

import numpy as np

# Tables 3 and 4: expert → true type → type that was named → patients. A test holds them to published.yaml.
COUNTS = {
    "expert_1": {
        "SCC": {"SCC": 477, "AC": 0, "ASC": 10},
        "AC": {"SCC": 5, "AC": 101, "ASC": 10},
        "ASC": {"SCC": 8, "AC": 7, "ASC": 23},
    },
    "expert_2": {
        "SCC": {"SCC": 480, "AC": 1, "ASC": 6},
        "AC": {"SCC": 1, "AC": 108, "ASC": 7},
        "ASC": {"SCC": 3, "AC": 2, "ASC": 33},
    },
}


def answers(label: str, rng: np.random.Generator) -> dict[str, str]:
    """What each expert says of a patient of that type, drawn as often as the paper counts it."""
    named = {}
    for expert, table in COUNTS.items():
        counts = table[label]
        named[expert] = str(rng.choice(list(counts), p=np.array([*counts.values()]) / sum(counts.values())))
    return named
