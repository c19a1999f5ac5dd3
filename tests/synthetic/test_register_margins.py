"""The synthetic register is like `hpvsim_cohort`, a cohort that was drawn from the field's own simulator.

Bounds hold everywhere; the cohort itself is compared where it is: in the folder that REAL_DATA names.
"""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workflow_scripts.synthetic.cohort import draw_cohort
from workflow_scripts.synthetic.register_tables import register_tables

WOMEN, DRAWN = 12000, 3
AGES = [0, 25, 30, 35, 40, 50, 65]


@cache
def drawn_margins() -> pd.DataFrame:
    """Margins of synthetic cohorts, a column a cohort."""
    margins = {}
    for seed in range(DRAWN):
        rng = np.random.default_rng(seed)
        cohort = draw_cohort(WOMEN, rng)
        margins[seed] = margins_of(*register_tables(cohort, [f"W{number:05d}" for number in range(WOMEN)], rng))
    return pd.DataFrame(margins)


def margins_of(visits: pd.DataFrame, outcomes: pd.DataFrame) -> pd.Series:
    """Numbers that tell what a register is like; all cells are text, empty where nobody knows."""
    visits = visits.assign(day=pd.to_datetime(visits["date"]), years=visits["age"].astype(float))
    samples = visits[visits["visit_type"] == "sample"].sort_values(["patient", "day"], kind="stable")
    tested = samples[(samples["day"].dt.year >= 2008) & samples["hpv_result"].isin(["negative", "positive"])]
    positive = tested[tested["hpv_result"] == "positive"]
    typed = positive[positive["hpv_type"] != ""]
    read = samples[~samples["cytology"].isin(["", "unsatisfactory"])]
    prevalence = (tested["hpv_result"] == "positive").groupby(pd.cut(tested["years"], AGES), observed=True).mean()
    numbers = {f"positive at {ages}": share for ages, share in prevalence.items()}
    numbers |= {f"type {name}": (typed["hpv_type"] == name).mean() for name in ("16", "18")}
    numbers["normal cytology"] = (read["cytology"] == "NILM").mean()
    numbers["visits a woman"] = len(visits) / len(outcomes)
    numbers["women with CIN2+"] = (outcomes["cin2plus_date"] != "").mean()
    numbers["women lost by moving"] = (outcomes["end_reason"] == "moved").mean()
    numbers["women at the index"] = (outcomes["index_date"] != "").mean()
    return pd.Series({**numbers, **recalled(samples), **by_history(visits, outcomes)})


def recalled(samples: pd.DataFrame) -> dict[str, float]:
    """Of women who were positive with normal cytology: what the test a year later shows."""
    later = samples.groupby("patient")[["hpv_result", "hpv_type", "day"]].shift(-1)
    years = (later["day"] - samples["day"]).dt.days / 365.25
    first = (samples["hpv_result"] == "positive") & (samples["cytology"] == "NILM") & (samples["day"].dt.year >= 2008)
    again = first & years.between(0.8, 1.6) & later["hpv_result"].isin(["negative", "positive"])
    stays = again & (later["hpv_result"] == "positive") & (samples["hpv_type"] != "") & (later["hpv_type"] != "")
    return {
        "negative a year later": (later["hpv_result"] == "negative")[again].mean(),
        "same type if positive": (later["hpv_type"] == samples["hpv_type"])[stays].mean(),
    }


def by_history(visits: pd.DataFrame, outcomes: pd.DataFrame) -> dict[str, float]:
    """CIN2+ within three years of the index sample, by the last HPV test before it."""
    women = outcomes[outcomes["index_date"] != ""].set_index("patient")
    index, found = pd.to_datetime(women["index_date"]), pd.to_datetime(women["cin2plus_date"].replace("", None))
    event = (found - index).dt.days <= 3 * 365.25
    dated = visits[visits["patient"].isin(women.index)].sort_values(["patient", "day"], kind="stable")
    at = index.loc[dated["patient"]].to_numpy()
    sample = dated[dated["day"].to_numpy() == at].groupby("patient").last().loc[women.index]
    tested = dated[(dated["day"].to_numpy() < at) & dated["hpv_result"].isin(["negative", "positive"])]
    before = tested.groupby("patient").last().reindex(women.index)
    same = (before["hpv_result"] == "positive") & (before["hpv_type"] == sample["hpv_type"])
    groups = {"after a negative test": before["hpv_result"] == "negative", "after the same type": same}
    groups["without a test before"] = before["hpv_result"].isna()
    return {f"CIN2+ {name}": event[group].mean() for name, group in groups.items()} | {"CIN2+": event.mean()}


BOUNDS = {
    "positive at (25, 30]": (0.26, 0.42),
    "positive at (50, 65]": (0.02, 0.06),
    "type 16": (0.25, 0.40),
    "normal cytology": (0.78, 0.90),
    "negative a year later": (0.38, 0.50),
    "same type if positive": (0.85, 0.97),
    "women with CIN2+": (0.03, 0.07),
    "women at the index": (0.05, 0.08),
    "CIN2+ after a negative test": (0.02, 0.09),
    "CIN2+ after the same type": (0.17, 0.30),
}


def test_prevalence_persistence_and_the_risk_after_the_same_type_lie_where_screening_has_them():
    mean = drawn_margins().mean(axis=1)
    outside = {name: mean[name] for name, (low, high) in BOUNDS.items() if not low <= mean[name] <= high}
    assert not outside


def test_the_margins_are_near_those_of_the_cohort_of_the_simulator():
    folder = Path(os.environ.get("REAL_DATA", "/nowhere")) / "hpvsim_cohort"
    if not folder.is_dir():
        pytest.skip("hpvsim_cohort is not here; REAL_DATA names the folder of such data sets")
    names = [folder / f"{name}.csv.gz" for name in ("visits", "outcomes")]
    tables = [pd.read_csv(name, dtype=str, keep_default_na=False) for name in names]
    wanted, mean = margins_of(*tables), drawn_margins().mean(axis=1)
    # A share of a few hundred women is off by so much where it is drawn again.
    allowed = np.maximum(0.2 * wanted, 0.04)
    compared = pd.DataFrame({"wanted": wanted, "drawn": mean, "allowed": allowed})
    assert not compared[(wanted - mean).abs() > allowed].to_dict("index")
