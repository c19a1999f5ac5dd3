"""What an LSTM gains over the last visit, on synthetic registers whose signal is known.

    python tests/benchmarks/temporal_signal.py [--simulations 20] [--patients 30000] [--signals temporal static none]

A simulation is a register of its own. Its women with an index sample are cross-validated in five folds by runs that
config.yaml declares for the study clinical_lstm: its network, logistic regression and boosting on the last visit and on
summaries. Each is fitted on the same training patients; a fifth beside them tells the network when to stop. Patients
who are lost before the horizon have no weight, the others that of censoring. The area under the ROC curve is that of
each fold, averaged: scores of different networks have no common scale.

The gain moves more between simulations than the interval of one cohort says: the intervals here are of the mean over
simulations (Student, 95 %), that of a static signal the 90 % one. Ends with 1 where a promise is not kept:
temporal: the network's gain over the last visit is above 0, and it lacks less than 0.02 of the summaries; static: the
interval of the gain lies within 0.02 of 0; none: no run's interval is beyond 0.5 by more than chance. What a static
signal costs those who look at the history is what fitting more numbers costs: the fewer women, the more.

Slope and intercept say how far the network's risks are from what happened, as it is and calibrated on the patients who
tell it when to stop, as config.yaml declares it. They are of the test patients of all folds together: of one fold they
are few, and a slope of few is too steep. Temporal: the mean slope of the calibrated risks is between 0.9 and 1.1.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from threadpoolctl import threadpool_limits

from workflow_scripts.baselines.visit_baseline import Patients
from workflow_scripts.contracts.arrays import SEQUENCE, ArrayDescription, Arrays
from workflow_scripts.contracts.patient_flow import EVENT
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.contracts.step_settings.ingest_settings import Ingest
from workflow_scripts.contracts.step_settings.preprocess_settings import VisitPacking
from workflow_scripts.contracts.step_settings.synthesise_settings import SyntheticVisits
from workflow_scripts.contracts.step_settings.train_settings import Train
from workflow_scripts.contracts.step_settings.visit_settings import YEARS, VisitTable
from workflow_scripts.contracts.visit_columns import TIME, VisitColumn
from workflow_scripts.data.dicom.pseudonyms import PUBLIC
from workflow_scripts.data.visits.cohort_tables import cohort_tables
from workflow_scripts.data.visits.patient_histories import read_cohort
from workflow_scripts.data.visits.synthetic_tables import SyntheticRegister, write_synthetic
from workflow_scripts.evaluation.calibrated_run import combine
from workflow_scripts.evaluation.recalibration import intercepts, slopes
from workflow_scripts.kinds.calibrated import Calibrated
from workflow_scripts.kinds.recurrent import Recurrent
from workflow_scripts.kinds.visit_baseline import VisitBaseline
from workflow_scripts.models.input_shape import InputShape
from workflow_scripts.models.recurrent import build_recurrent
from workflow_scripts.runtime.seeds import seed_for
from workflow_scripts.settings import load
from workflow_scripts.settings.base import declared
from workflow_scripts.settings.blocks_for_steps import packing_of
from workflow_scripts.settings.steps import Steps
from workflow_scripts.splitting.censoring import weights_of_fold
from workflow_scripts.studies.histology_vgg.synthetic_table import register
from workflow_scripts.training.in_process import fit_in_process
from workflow_scripts.training.inference import predict, probabilities
from workflow_scripts.training.samples import Samples
from workflow_scripts.training.view import view_class

ROOT = Path(__file__).resolve().parents[2]
STUDY, NETWORK, CALIBRATED = "clinical_lstm", "lstm", "lstm_calibrated"
LAST, SUMMARIES = "last_visit", "summaries"
BASELINES = (LAST, "last_visit_boosting", SUMMARIES, "summaries_boosting")
CLASSES = ["no_event", "event"]
FOLDS, VALIDATION = 5, 0.2
MARGIN = 0.02
STEEPNESS = (0.9, 1.1)
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Declared:
    """What config.yaml says of the study: table, preparation, network, its training, and the runs beside it."""

    table: VisitTable
    preparation: VisitPacking
    network: Recurrent
    train: Train
    calibrated: Calibrated
    baselines: Mapping[str, VisitBaseline]

    @classmethod
    def read(cls) -> "Declared":
        steps = Steps(load.settings(ROOT))
        study = steps.study(STUDY)
        table, preparation = declared(Ingest, study.ingest).visits, packing_of(study).visits
        kinds = {name: steps.kind(STUDY, name) for name in (NETWORK, CALIBRATED, *BASELINES)}
        network, train, calibrated = kinds.pop(NETWORK), steps.training(STUDY, NETWORK), kinds.pop(CALIBRATED)
        baselines = {name: kind for name, kind in kinds.items() if isinstance(kind, VisitBaseline)}
        assert table and preparation and isinstance(network, Recurrent) and len(baselines) == len(BASELINES)
        assert isinstance(calibrated, Calibrated)
        return cls(table, preparation, network, train, calibrated, baselines)


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first simulation")
    parser.add_argument("--patients", type=int, default=30000, help="women of a register")
    parser.add_argument("--signals", nargs="+", default=["temporal", "static", "none"])
    return parser.parse_args()


def simulated(known: Declared, signal: str, number: int, patients: int) -> Samples:
    """The women at the landmark of one simulation, who are known, and their visits."""
    made = register(("temporal_signal", str(number), signal), SyntheticVisits(patients, signal))
    indexed = made.outcomes["patient"][made.outcomes["index_date"] != ""]
    tables = (frame[frame["patient"].isin(indexed)] for frame in (made.visits, made.outcomes, made.truth))
    with tempfile.TemporaryDirectory() as folder:
        write_synthetic(Path(folder), SyntheticRegister(*tables))
        cohort = read_cohort(Path(folder), known.table, PUBLIC)
    visits = cohort_tables(cohort, [], ())[0].rows
    columns = (VisitColumn(YEARS, YEARS, TIME), *cohort.values.columns)
    counts, ids = [len(patient.lines) for patient in cohort.patients], [patient.id for patient in cohort.patients]
    index = pd.DataFrame({"id": ids, "first": np.cumsum(counts) - counts, "count": counts})
    rows = visits[[column.name for column in columns]].to_numpy("float32")
    description = ArrayDescription(SEQUENCE, "float32", (len(columns),), 1)
    arrays = Arrays(description, rows, index, columns=columns, preparation=known.preparation)
    outcomes = [patient.outcome for patient in cohort.patients]
    people = index.assign(unit=ids, group=ids, outcome=outcomes)
    people["followup"] = [patient.followup for patient in cohort.patients]
    people["label"] = np.where(people["outcome"] == EVENT, *reversed(CLASSES))
    return Samples(arrays, CLASSES, people)


def folds(people: pd.DataFrame, number: int) -> Iterator[pd.DataFrame]:
    """The table of each fold: `people` with subset and weight."""
    split = StratifiedKFold(FOLDS, shuffle=True, random_state=number)
    for learned, judged in split.split(people, people["label"]):
        labels = people["label"].to_numpy()[learned]
        _, stopping = train_test_split(learned, test_size=VALIDATION, stratify=labels, random_state=number)
        subset = np.full(len(people), "train", dtype=object)
        subset[stopping], subset[judged] = "validation", "test"
        weights, _ = weights_of_fold(people, subset == "train", f"simulation {number}")
        yield people.assign(subset=subset, weight=weights)


def network_scores(known: Declared, samples: Samples, seed: int) -> pd.DataFrame:
    """The validation and test patients with the declared network's probability of each class."""
    learned, stopping = samples.subset("train"), samples.subset("validation")
    units = samples.counting("train")["unit"].to_numpy()
    view = view_class(SEQUENCE).fitted(known.train, seed, samples.arrays, learned, units)
    torch.manual_seed(seed)
    network = build_recurrent(known.network, len(CLASSES), InputShape.of_arrays(samples.arrays), None)
    fit_in_process(network, view, samples.arrays, learned, stopping, known.train, CLASSES, seed)
    scored = samples.table[samples.table["subset"] != "train"]
    batches = view.applied(samples.arrays, samples.subset_of(scored), CPU)
    p = probabilities(predict(network, batches, known.train.precision))
    return scored.assign(**dict(zip(class_columns(CLASSES), p.T, strict=True)))


def baseline_scores(run: VisitBaseline, samples: Samples, seed: int) -> np.ndarray:
    """The same by a declared baseline."""
    patients, table = Patients.of(run, samples.arrays, samples.table), samples.table
    learned = np.flatnonzero((table["subset"] == "train") & (table["weight"] > 0))
    judged = np.flatnonzero(table["subset"] == "test")
    if run.model == "boosting":
        predicted = patients.boosted(learned, judged)
    else:
        losses = patients.losses(learned, seed)
        (predicted,) = patients.regressed(learned, judged, [min(losses, key=lambda c: losses[c])])
    return predicted.probabilities[:, predicted.classes.index(CLASSES[1])]


def calibration(run: str, tested: list[pd.DataFrame]) -> dict[str, float]:
    """Slope and intercept of the risks of the test patients of all folds, named by their run."""
    units = pd.concat(tested)
    happened, risk = (units["label"] == CLASSES[1]).to_numpy(), units[class_columns(CLASSES)[1]].to_numpy("float64")
    weights = units["weight"].to_numpy()[:, None]
    return {
        f"{run} slope": float(slopes(happened, risk, weights)[0]),
        f"{run} intercept": float(intercepts(happened, risk, weights)[0]),
    }


def simulation(known: Declared, signal: str, number: int, patients: int) -> dict[str, float]:
    """Run → mean over the folds of the weighted area under the ROC curve; calibration; and what the simulation is."""
    whole = simulated(known, signal, number, patients)
    areas: dict[str, list[float]] = {name: [] for name in (NETWORK, *known.baselines)}
    tested: dict[str, list[pd.DataFrame]] = {NETWORK: [], CALIBRATED: []}
    for fold, table in enumerate(folds(whole.table, number)):
        samples, seed = Samples(whole.arrays, CLASSES, table), seed_for("temporal_signal", signal, number, fold)
        test = table[table["subset"] == "test"]
        scored = network_scores(known, samples, seed)
        calibrated = combine(known.calibrated, {known.calibrated.source: scored}).units
        for name, units in ((NETWORK, scored), (CALIBRATED, calibrated)):
            tested[name].append(units[units["subset"] == "test"])
        scores = {NETWORK: tested[NETWORK][-1][class_columns(CLASSES)[1]].to_numpy()}
        scores |= {name: baseline_scores(run, samples, seed) for name, run in known.baselines.items()}
        for name, score in scores.items():
            areas[name].append(roc_auc_score(test["label"] == CLASSES[1], score, sample_weight=test["weight"]))
    events = (whole.table["label"] == CLASSES[1]).sum()
    return (
        {name: float(np.mean(area)) for name, area in areas.items()}
        | calibration(NETWORK, tested[NETWORK])
        | calibration(CALIBRATED, tested[CALIBRATED])
        | {"patients": len(whole.table), "events": events}
    )


def interval(values: pd.Series, level: float) -> tuple[float, float, float]:
    """Mean, and its interval over simulations."""
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def broken(signal: str, table: pd.DataFrame) -> list[str]:
    """The promises of a signal that its simulations do not keep."""
    gain, lack = table[NETWORK] - table[LAST], table[NETWORK] - table[SUMMARIES]
    if signal == "temporal":
        low, lowest = interval(gain, 0.95)[1], interval(lack, 0.95)[1]
        words = [f"the network gains {low:.3f} at least"] if low <= 0 else []
        words += [f"the network may lack {-lowest:.3f} of the summaries"] if lowest <= -MARGIN else []
        slope = table[f"{CALIBRATED} slope"].mean()
        return words + ([] if STEEPNESS[0] <= slope <= STEEPNESS[1] else [f"the calibrated slope is {slope:.2f}"])
    if signal == "static":
        _, low, high = interval(gain, 0.90)
        return [] if -MARGIN <= low <= high <= MARGIN else [f"the gain lies between {low:.3f} and {high:.3f}"]
    # As many intervals as runs: each with its share of one error in twenty.
    ends = {name: interval(table[name], 1 - 0.05 / (len(BASELINES) + 1)) for name in (NETWORK, *BASELINES)}
    return [
        f"{name} is between {low:.3f} and {high:.3f}" for name, (_, low, high) in ends.items() if not low < 0.5 < high
    ]


def main() -> int:
    """Run the simulations, print their table, and return 1 where a promise is not kept."""
    args, known = arguments(), Declared.read()
    torch.set_num_threads(1)
    faults = []
    for signal in args.signals:
        begun = time.perf_counter()
        numbers = range(args.first, args.first + args.simulations)
        with threadpool_limits(1):
            rows = [simulation(known, signal, number, args.patients) for number in numbers]
        table = pd.DataFrame(rows)
        print(
            f"\n{signal}: {len(table)} simulations of {table['patients'].mean():.0f} women at the landmark, "
            f"{table['events'].mean():.0f} with the event; {time.perf_counter() - begun:.0f} s"
        )
        for name in (NETWORK, *BASELINES):
            mean, low, high = interval(table[name], 0.95)
            print(f"  {name:22} {mean:.3f} ({low:.3f} to {high:.3f})", end="")
            mean, low, high = interval(table[name] - table[LAST], 0.90 if signal == "static" else 0.95)
            print(f"   minus {LAST} {mean:+.3f} ({low:+.3f} to {high:+.3f})" if name != LAST else "")
        mean, low, high = interval(table[NETWORK] - table[SUMMARIES], 0.95)
        print(f"  {NETWORK} minus {SUMMARIES} {mean:+.3f} ({low:+.3f} to {high:+.3f})")
        for name in (NETWORK, CALIBRATED):
            mean, low, high = interval(table[f"{name} slope"], 0.95)
            print(f"  {name:22} slope {mean:.2f} ({low:.2f} to {high:.2f})", end="")
            mean, low, high = interval(table[f"{name} intercept"], 0.95)
            print(f"   intercept {mean:+.2f} ({low:+.2f} to {high:+.2f})", flush=True)
        faults += [f"{signal}: {words}" for words in broken(signal, table)]
    print("\n" + ("\n".join(faults) or "every promise is kept"))
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
