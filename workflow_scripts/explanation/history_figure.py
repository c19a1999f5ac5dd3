"""The figure of single patients: risk after each visit, and what each visit and column changed."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from workflow_scripts.drawing.label_text import readable
from workflow_scripts.drawing.saving import Drawn, save_figure
from workflow_scripts.drawing.style import COLOURS, new_figure
from workflow_scripts.explanation.histories import PatientRisk, Question

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAPTION = (
    "{run}: risk of {positive}, {n} of {total} {of}. Left: what would have been predicted after each visit; dashed: "
    "high from {threshold:.3g} on. Middle and right: the prediction at the landmark minus what it would be if that "
    "visit, or that column at all visits, had not been measured (orange: it raises the risk, blue: it lowers it)."
)
NOBODY = "{run}: none of {total} {of} can be shown; nobody's outcome is known."
RAISES, LOWERS = COLOURS[1], COLOURS[0]
MOST_COLUMNS = 5
HEIGHT = 1.75


def draw(
    path: Path, patients: Sequence[PatientRisk], question: Question, run: str, total: int, of: str, synthetic: bool
) -> list[Path]:
    """Write the figure; total, of: how many there are of what they are of (test patients).

    Returns the paths of its files.
    """
    if not patients:
        figure, axis = new_figure(8.0, 1.2)
        axis.set_axis_off()
        axis.text(0.5, 0.5, NOBODY.format(run=run, total=total, of=of), ha="center", transform=axis.transAxes)
        return save_figure(Drawn(figure), path, synthetic)
    figure, axes = new_figure(
        11.0, HEIGHT * len(patients) + 1.3, rows=len(patients), columns=3, squeeze=False, width_ratios=[1.5, 1, 1]
    )
    highest = max(max(float(patient.risks.max()) for patient in patients), question.threshold)
    earliest = min(float(patient.years.min()) for patient in patients)
    largest = max(max(map(abs, _changes(patient))) for patient in patients) or 1.0
    for row, patient in zip(axes, patients, strict=True):
        _risk(row[0], patient, question, highest, earliest)
        _visits(row[1], patient, largest, earliest)
        _columns(row[2], patient, largest)
    for panel, title in zip(axes[0], (None, "Change by a visit", "Change by a column"), strict=True):
        if title:
            panel.set_title(title, fontsize=9)
    for panel in axes[-1, :2]:
        panel.set_xlabel("Years from the landmark")
    axes[-1, 2].set_xlabel("Change of the risk")
    words = CAPTION.format(
        run=run, positive=question.positive, n=len(patients), total=total, of=of, threshold=question.threshold
    )
    figure.suptitle(textwrap.fill(words, 150), fontsize=9)
    return save_figure(Drawn(figure), path, synthetic)


def verdict_words(patient: PatientRisk) -> str:
    """What became of a patient, and what the run called them."""
    if patient.high == patient.positive:
        return f"{patient.label}, rightly called {patient.called}-risk"
    return f"{patient.label}, missed" if patient.positive else f"{patient.label}, called high-risk: false alarm"


def _changes(patient: PatientRisk) -> list[float]:
    """What each visit and each column changes."""
    without = [*patient.without_visit.tolist(), *patient.without_column.values()]
    return [patient.risk - value for value in without]


def _risk(axes: "Axes", patient: PatientRisk, question: Question, highest: float, earliest: float) -> None:
    axes.plot(patient.years, patient.risks, marker="o", markersize=4, color="black", linewidth=1.2)
    axes.axhline(question.threshold, color="0.4", linewidth=0.9, linestyle="--")
    axes.set(xlim=_years(earliest), ylim=(-0.03 * highest, 1.12 * highest), ylabel="Risk")
    axes.set_title(f"{readable(patient.id, 24)}: {verdict_words(patient)} ({patient.risk:.3g})", fontsize=8, loc="left")


def _visits(axes: "Axes", patient: PatientRisk, largest: float, earliest: float) -> None:
    changes = patient.risk - patient.without_visit
    axes.axhline(0, color="0.6", linewidth=0.8)
    axes.vlines(patient.years, 0, changes, color=[_colour(change) for change in changes], linewidth=4)
    axes.set(xlim=_years(earliest), ylim=(-1.1 * largest, 1.1 * largest))


def _columns(axes: "Axes", patient: PatientRisk, largest: float) -> None:
    changes = {column: patient.risk - without for column, without in patient.without_column.items()}
    names = sorted(changes, key=lambda column: (-abs(changes[column]), column))[:MOST_COLUMNS]
    heights = MOST_COLUMNS - 1 - np.arange(len(names))
    axes.axvline(0, color="0.6", linewidth=0.8)
    axes.barh(heights, [changes[name] for name in names], color=[_colour(changes[name]) for name in names], height=0.6)
    axes.set_yticks(heights, [readable(name, 20) for name in names], fontsize=7)
    axes.set(xlim=(-1.1 * largest, 1.1 * largest), ylim=(-0.7, MOST_COLUMNS - 0.3))


def _colour(change: float) -> str:
    return RAISES if change > 0 else LOWERS


def _years(earliest: float) -> tuple[float, float]:
    """Ends of the axis of time, the landmark at 0."""
    margin = 0.04 * max(-earliest, 0.1)
    return earliest - margin, margin
