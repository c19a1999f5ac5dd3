"""Scanners of the synthetic study's sites, and the series that each of them takes."""

from dataclasses import dataclass

import numpy as np

from workflow_scripts.data.dicom.synthetic_slices import SyntheticSeries
from workflow_scripts.synthetic.pictures import Plan

# Names of the sites; a scanner is drawn for each, and its series are named as there.
SITES = ("North", "Harbour", "Hill")
NAMES = {
    "localizer": ("t2_localizer", "3-PLANE LOC", "Scout"),
    "sagittal_t2": ("t2_tse_sag", "SAG T2 FSE", "T2W_TSE sagittal"),
    "transverse_t2": ("t2_tse_tra", "AX T2 FSE", "T2W_TSE transversal"),
    "coronal_t2": ("t2_tse_cor", "COR T2 FSE", "T2W_TSE coronal"),
    "sagittal_t1": ("t1_tse_sag", "SAG T1 FSE", "TSE sagittal"),
    "diffusion": ("ep2d_diff_tra_ADC", "ADC (10^-6 mm2/s)", "dADC map"),
    "repeated": ("t2_tse_sag_rpt", "SAG T2 FSE REPEAT", "T2W_TSE sagittal"),
}
MATRICES, FIELD_STRENGTHS, TURNS = (1.0, 0.875, 1.125), (1.5, 3.0, 1.5), (0.0, 0.0, 0.07)
# Side of the field of view in mm, of the series that is looked at, of a localizer and of all others.
NARROW, WIDE, USUAL = 200.0, 380.0, 240.0
ORIGINAL: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "M", "ND")
DERIVED: tuple[str, ...] = ("DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND")


# An encoder of JPEG 2000 halves a picture five times.
SMALLEST = 32


@dataclass(frozen=True)
class Scanner:
    """A site's scanner: matrix in pixels, times in ms, field strength in tesla, noise and gain of its signal.

    `shading`: see synthetic.pelvis.received; `turn` of the sagittal planes in radians.
    """

    site: int
    matrix: int
    echo_ms: float
    repetition_ms: float
    field_strength: float
    gain: float
    noise: float
    shading: tuple[float, float, float]
    turn: float

    def series(self, number: int, kind: str, slice_distance: float, share: float = 1.0) -> SyntheticSeries:
        """A series as this scanner takes it; `share` of the full matrix, `slice_distance` in mm."""
        times, sequence, image_type = (self.echo_ms, self.repetition_ms), "SE", ORIGINAL
        if kind == "sagittal_t1":
            times = (11.0, 560.0)
        elif kind == "diffusion":
            times, sequence, image_type = (63.0, 2700.0), "EP", DERIVED
        view = {"localizer": WIDE, "sagittal_t2": NARROW, "repeated": NARROW}.get(kind, USUAL)
        return SyntheticSeries(
            number=number,
            description=NAMES[kind][self.site],
            sequence=sequence,
            image_type=image_type,
            echo_time_ms=times[0],
            repetition_time_ms=times[1],
            spacing_mm=round(view / self.pixels(share), 6),
            thickness_mm=round(slice_distance / 1.1, 3),
        )

    def pixels(self, share: float) -> int:
        """Side of the matrix of a series that has this share of the full one."""
        return max(SMALLEST, 2 * round(self.matrix * share / 2))


def scanner_at(plan: Plan, site: int) -> Scanner:
    """The scanner of a site; `field_effect` scales how far it lies from the ordinary one."""
    effect = plan.synthetic.field_effect
    draw = np.clip(plan.random("scanner", site).normal(size=7), -2, 2) * effect
    return Scanner(
        site=site,
        matrix=2 * round(plan.synthetic.size * (1 + (MATRICES[site] - 1) * min(effect, 1)) / 2),
        echo_ms=round(float(np.clip(100 * np.exp(0.1 * draw[0]), 78, 140)), 1),
        repetition_ms=float(round(4500 * np.exp(np.clip(0.12 * draw[1], -0.5, 0.5)))),
        field_strength=FIELD_STRENGTHS[site],
        gain=float(np.exp(np.clip(0.12 * draw[2], -0.5, 0.5))),
        noise=float(0.012 * np.exp(np.clip(0.3 * draw[3], -1, 1.5))),
        shading=(float(0.05 * draw[4]), float(0.05 * draw[5]), float(0.12 + 0.05 * draw[6])),
        turn=TURNS[site],
    )
