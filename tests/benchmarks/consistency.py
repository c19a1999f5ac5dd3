"""How many altered digits each check of printed numbers finds.

Run as a script; prints one table for invented papers, with all that can be printed of a random confusion matrix, and
one for each shipped paper. One digit of one number becomes another one. Found: the check calls it a contradiction,
finds that it fits only if …, or notes it, that it did not before. A check is asked of the numbers of which it spoke
before the change. With `--mlscorecheck DIR` the table of beside_mlscorecheck.py alone, with the package of that folder.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "claims"))

from beside_mlscorecheck import lines
from invented import random_paper

from workflow_scripts.claims.checks import CHECKS, check_all
from workflow_scripts.claims.outcome import CONTRADICTION, FITS_ONLY_IF, NOTE
from workflow_scripts.contracts.claims import Claim, Published
from workflow_scripts.contracts.published_yaml import read_published

ROOT = Path(__file__).resolve().parents[2]
ODD = (CONTRADICTION, FITS_ONLY_IF, NOTE)
SEED = 7
PAPERS = 200
DIGITS_EACH = 5


def misprinted(rng: np.random.Generator, claim: Claim) -> Claim:
    """The claim with one of its printed digits replaced by another; a first digit does not become 0."""
    text = claim.printed
    place = int(rng.choice([i for i, sign in enumerate(text) if sign.isdigit()]))
    leading = place == 0 and len(text) > 1 and text[1].isdigit()
    digit = rng.choice([d for d in "0123456789" if d != text[place] and not (leading and d == "0")])
    return replace(claim, value=float(text[:place] + digit + text[place + 1 :]))


def found_in(paper: Published, altered: Claim, before: set[tuple[str, str]]) -> set[str]:
    """Names of the checks that find something that they did not before."""
    claims = tuple(altered if claim.id == altered.id else claim for claim in paper.claims)
    outcomes = check_all(replace(paper, claims=claims))
    return {o.check for o in outcomes if o.outcome in ODD and (o.claim, o.check) not in before}


def alterations(
    rng: np.random.Generator, papers: Iterable[Published], most: int
) -> Iterator[tuple[set[str], set[str]]]:
    """For each altered digit: the checks that speak of the number, and those that find it."""
    for paper in papers:
        outcomes = check_all(paper)
        before = {(o.claim, o.check) for o in outcomes if o.outcome in ODD}
        speaking: dict[str, set[str]] = {}
        for outcome in outcomes:
            speaking.setdefault(outcome.claim, set()).add(outcome.check)
        chosen = rng.permutation(len(paper.claims))[:most]
        for claim in (paper.claims[index] for index in chosen):
            yield speaking.get(claim.id, set()), found_in(paper, misprinted(rng, claim), before)


def table(title: str, altered: Iterable[tuple[set[str], set[str]]]) -> None:
    """Print, for each check, of how many altered numbers it speaks and how many it finds."""
    asked, accused, numbers, any_found = Counter(), Counter(), 0, 0
    for speaking, finding in altered:
        numbers, any_found = numbers + 1, any_found + bool(finding)
        asked.update(speaking)
        accused.update(speaking & finding)
    print(f"\n{title}\n{'check':40} {'numbers':>8} {'found':>7} {'share':>7}")
    for name in CHECKS:
        if asked[name]:
            print(f"{name:40} {asked[name]:8d} {accused[name]:7d} {accused[name] / asked[name]:7.0%}")
    print(f"{'any check':40} {numbers:8d} {any_found:7d} {any_found / numbers:7.0%}")


def main() -> None:
    """Print all tables, or the one beside the other program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mlscorecheck", type=Path, metavar="DIR", help="folder into which it was installed")
    if directory := parser.parse_args().mlscorecheck:
        print("\n".join(lines(directory)))
        return
    rng = np.random.default_rng(SEED)
    invented = [random_paper(np.random.default_rng([SEED, number])) for number in range(PAPERS)]
    table(f"{PAPERS} invented papers, {DIGITS_EACH} digits each", alterations(rng, invented, DIGITS_EACH))
    for path in sorted((ROOT / "workflow_scripts" / "studies").glob("*/published.yaml")):
        paper = read_published(path)
        most = len(paper.claims)
        table(f"{paper.paper}, one digit of each number", alterations(rng, [paper], most))


if __name__ == "__main__":
    main()
