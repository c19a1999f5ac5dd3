"""How often the checks of result tables accuse made papers that are honest, and find one altered digit in them.

    python tests/benchmarks/honest_tables.py [PAPERS] [FIRST_SEED]

Every second paper is of two classes; runs and folds are put together in six ways, classes averaged in four, numbers
written in four (`tests/claims/tables/made_tables.py`), and much of it is not stated. Printed are the outcomes, the
check and seed of each accusation, and in how many papers one altered number is a contradiction.
"""

import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "claims" / "tables"))
from made_tables import a_paper, altered

from workflow_scripts.claims.outcome import CONTRADICTION
from workflow_scripts.claims.tables.checked_paper import check_tables, summary
from workflow_scripts.contracts.paper_tables.result_tables import PaperTables


def with_an_altered_number(paper: PaperTables, seed: int) -> PaperTables:
    """The paper with one digit of one rate replaced; not the last digit of a long number."""
    rng = np.random.default_rng(seed)
    table = paper.tables[0]
    row = table.rows[int(rng.integers(len(table.rows)))]
    columns = [column for column, value in row.values.items() if value.decimals or len(value.text) < 3]
    if not columns:
        return paper
    column = str(rng.choice(columns))
    text = row.values[column].text
    places = [place for place, sign in enumerate(text) if sign.isdigit() and text[: place + 1].strip("-0.")][:2]
    if not places:
        return paper
    place = int(rng.choice(places))
    digit = (int(text[place]) + int(rng.integers(1, 10))) % 10
    return altered(paper, row.name, column, f"{text[:place]}{digit}{text[place + 1 :]}", table.place)


def main() -> None:
    """Print what came of all papers."""
    count, first = (int(text) for text in (*sys.argv[1:], *("2000", "0")[len(sys.argv) - 1 :])[:2])
    start, outcomes, discovered = time.perf_counter(), Counter(), 0
    for seed in range(first, first + count):
        paper = a_paper(seed)
        findings = check_tables(paper)
        outcomes[summary(findings).outcome] += 1
        for check in {finding.check for finding in findings if finding.outcome == CONTRADICTION}:
            print(f"accused: seed {seed}, {check}")
        discovered += summary(check_tables(with_an_altered_number(paper, seed))).outcome == CONTRADICTION
    print(dict(outcomes), f"accused {outcomes[CONTRADICTION] / count:.2%}, altered and found {discovered / count:.0%}")
    print(f"{2 * count} checks in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
