"""docs/images/verdict_cases.svg: the verdict rule in five cases, each judged by the rule itself while it is drawn."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.step_settings.margins import Margins
from workflow_scripts.contracts.verdict_table import CANNOT_TELL, REPRODUCED
from workflow_scripts.documentation.pictures.svg_parts import BLUE, GREEN, ORANGE, circle, drawing, words
from workflow_scripts.evaluation.equivalence import Difference, Printed, verdict
from workflow_scripts.evaluation.paper_chance import PaperChance
from workflow_scripts.evaluation.uncertainty import FEWEST_TRAININGS, Uncertain

PATH = Path("docs") / "images" / "verdict_cases.svg"
WIDTH, HEIGHT = 720, 700
PUBLISHED = 0.92
MARGIN = Margins().of("accuracy")
# Half the width of the axis, as a difference of shares, and where it lies.
_REACH, _LEFT, _RIGHT, _TOP, _STEP = 0.08, 40, 680, 120, 106


@dataclass(frozen=True)
class Case:
    """An obtained accuracy with its errors here and in the paper, and what is to be seen of it."""

    obtained: float
    sampling: float
    training: float
    seeds: int
    why: str

    @property
    def difference(self) -> Difference:
        """Obtained minus published, as the rule takes it: 2000 groups, the paper's samples as many."""
        obtained = Uncertain(self.obtained, self.sampling, self.training, 2000, self.seeds)
        return Difference(
            obtained, Printed(PUBLISHED, PUBLISHED), PaperChance(self.sampling, self.training, is_share=True)
        )

    @property
    def verdict(self) -> str:
        """What the rule says."""
        return verdict(self.difference, MARGIN)


CASES = (
    Case(0.923, 0.003, 0.001, 5, "the whole interval lies within the margin"),
    Case(0.960, 0.006, 0.002, 5, "it lies above zero, and not within the margin"),
    Case(0.885, 0.006, 0.002, 5, "it lies below zero, and not within the margin"),
    Case(0.935, 0.014, 0.003, 5, "it holds zero and more than the margin"),
    Case(0.960, 0.006, 0.002, FEWEST_TRAININGS - 1, "two seeds do not show how trainings differ"),
)


def _x(difference: float) -> float:
    return (_LEFT + _RIGHT) / 2 + difference / _REACH * (_RIGHT - _LEFT) / 2


def _colour(word: str) -> str:
    return GREEN if word == REPRODUCED else "" if word == CANNOT_TELL else ORANGE


def _row(case: Case, top: float) -> list[str]:
    low, high = case.difference.interval()
    colour, middle = _colour(case.verdict), _x(case.obtained - PUBLISHED)
    stroke = f'stroke="{colour}"' if colour else 'class="faint"'
    level = top + 56
    ends = "".join(
        f'<path d="M {_x(end):.1f} {level - 8} v 16" {stroke} stroke-width="4" fill="none"/>' for end in (low, high)
    )
    dashes = "" if case.difference.uncertain.is_known else ' stroke-dasharray="8 6"'
    return [
        words(_LEFT, top + 4, case.verdict, 22, "start", bold=True),
        words(_LEFT, top + 29, case.why, 18, "start", "soft"),
        f'<path class="line" d="M {_x(0):.1f} {level - 18} v 36" stroke-width="2" fill="none"/>',
        f'<path d="M {_x(low):.1f} {level} H {_x(high):.1f}" {stroke} stroke-width="5" fill="none"{dashes}/>',
        ends,
        circle(middle, level, 8, colour or BLUE),
    ]


def svg() -> str:
    """The picture."""
    bottom = _TOP + _STEP * len(CASES)
    points = f"{100 * MARGIN:g} points"
    axis = [
        words(_LEFT, 44, "Obtained minus published, accuracy", 24, "start", bold=True),
        words(_LEFT, 72, f"The shaded band is the margin, ± {points}.", 18, "start", "soft"),
        f'<rect class="band" x="{_x(-MARGIN):.1f}" y="{_TOP - 24}" width="{_x(MARGIN) - _x(-MARGIN):.1f}" '
        f'height="{bottom - _TOP + 18}"/>',
        words(_x(0), bottom + 20, "0", 18),
        words(_x(-MARGIN), bottom + 20, f"−{100 * MARGIN:g}", 18, kind="soft"),
        words(_x(MARGIN), bottom + 20, f"+{100 * MARGIN:g}", 18, kind="soft"),
    ]
    rows = [part for number, case in enumerate(CASES) for part in _row(case, _TOP + _STEP * number)]
    meaning = " ".join(f"{case.verdict}: {case.why}." for case in CASES)
    return drawing(WIDTH, HEIGHT, "The verdict in five cases", meaning, [*axis, *rows])
