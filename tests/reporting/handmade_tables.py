"""The tables of a handmade study: manifest, units, metrics, comparisons, statistics, histories, truth."""

import numpy as np
import pandas as pd

from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG, SIGN_FLIPS, TRAININGS
from workflow_scripts.contracts.ground_truth_table import TRUTH
from workflow_scripts.contracts.metric_names import SUBSET_METRICS as METRIC_NAMES
from workflow_scripts.contracts.run_tables import METRICS, class_columns
from workflow_scripts.contracts.statistics_table import STATISTICS


class StudyTables:
    """What the tables of a study hold; `classes` and `settings` are those of the study."""

    classes: tuple[str, ...]
    settings: dict

    def truth(self) -> pd.DataFrame:
        """True copies that were found, and a network that looks at the true region."""
        lines = [
            ("duplicates", "", "", "", "recall", 0.75, None, None, 4),
            ("gradcam", "published", "cvm", "cnn", "energy", 0.612, 0.25, 0.26, 6),
        ]
        return pd.DataFrame(lines, columns=list(TRUTH.columns))

    def accuracy(self, protocol: int, run: int) -> float:
        """The accuracy that the metrics of a run hold: above 0.7, another for every run."""
        return round(0.7112 + 0.1 * protocol + 0.0053 * run, 4)

    def manifest(self) -> pd.DataFrame:
        rows = [
            (f"{name}/{field}_{cell}", f"{name}/{field}_{cell}.bmp", name, f"{name}-{field}", cell)
            for name in self.classes
            for field in range(5)
            for cell in range(2)
        ]
        frame = pd.DataFrame(rows, columns=["id", "path", "label", "group", "cell"])
        frame = frame.assign(unit=frame["id"], source="sipakmed", width=80, height=80, sha256="0" * 64)
        return frame.drop(columns="cell")

    def _metrics(self, protocol: str, run: str, accuracy: float) -> pd.DataFrame:
        rows = []
        for fold, seed, change in [("all", "all", 0.0), *(("0", str(seed), 0.2) for seed in self.settings["seeds"])]:
            for subset in sorted({"validation", self.reported(protocol)}):
                for metric in METRIC_NAMES:
                    value = accuracy - change + (0.05 if subset == "validation" else 0.0)
                    head = (protocol, run, fold, seed, subset, "overall", "", metric)
                    rows.append((*head, value, value - 0.04, value + 0.03, 2 * len(self.classes)))
        return pd.DataFrame(rows, columns=list(METRICS.columns))

    def _comparison(self, protocol: str) -> pd.DataFrame:
        first, *others = self.settings["runs"]
        reference = self.settings["evaluate"]["reference"] or first
        rows = [
            (protocol, seed, run, reference, "accuracy", 0.8, 0.79, difference, -0.02, 0.04, 3, 2, test, 0.04, 0.12, 4)
            for seed, difference, test in (
                ("0", 0.1, SIGN_FLIPS),
                ("1", -0.0754, SIGN_FLIPS),
                ("all", 0.0123, TRAININGS),
            )
            for run in (first, *others)
            if run != reference
        ]
        return pd.DataFrame(rows, columns=list(COMPARISON.columns))

    def _statistics(self) -> pd.DataFrame:
        label = self.classes[-1]
        rows = [
            (label, "sensitivity_at_specificity", 0.95, 0.8126, 0.7, 0.9, 4),
            (label, "ppv", 0.1, 0.3313, 0.2, 0.5, 4),
            (label, "npv", 0.1, 0.9871, 0.95, 0.99, 4),
            (label, "calibration_slope", np.nan, 0.7351, 0.5, 1.1, 4),
            (label, "calibration_intercept", np.nan, -0.2121, -0.5, 0.1, 4),
            (label, "net_benefit", 0.1, 0.2345, 0.2, 0.3, 4),
            (label, "treat_all", 0.1, 0.2111, np.nan, np.nan, 4),
            ("", "sampling_sd", np.nan, 0.0213, np.nan, np.nan, 4),
            ("", "training_sd", np.nan, 0.0111, np.nan, np.nan, 4),
            ("", "split_sd", np.nan, np.nan, np.nan, np.nan, 4),
            ("", "groups", np.nan, 40.0, np.nan, np.nan, 4),
            ("", "effective_groups", np.nan, 31.4, np.nan, np.nan, 4),
            ("", "design_effect", np.nan, 2.52, np.nan, np.nan, 4),
        ]
        return pd.DataFrame(rows, columns=list(STATISTICS.columns))

    def _delong(self, protocol: str) -> pd.DataFrame:
        first, *others = self.settings["runs"]
        rows = [
            (protocol, 0, seed, first, other, 0.9, 0.8126, 0.0874, 0.0016, 2.1875, SIGN_FLIPS, 0.0287, 0.0574, 2, 2)
            for seed in self.settings["seeds"]
            for other in others
            if len(self.classes) == 2
        ]
        return pd.DataFrame(rows, columns=list(DELONG.columns))

    def _units(self, protocol: str, accuracy: float, seed: int) -> pd.DataFrame:
        manifest = self.manifest().assign(subset=self.subsets(protocol), fold=0, n_samples=1)
        manifest = manifest[manifest["subset"] != "train"]
        rng = np.random.default_rng(int(1e4 * accuracy) + seed)
        values = rng.dirichlet(np.ones(len(self.classes)), len(manifest))
        table = manifest[["id", "unit", "group", "fold", "subset", "label"]].copy()
        table[class_columns(self.classes)] = values
        return table.assign(n_samples=1).sort_values("id")

    def _history(self, seed: int) -> pd.DataFrame:
        loss = [1.0 + seed, 0.5 + seed, 0.25 + seed]
        return pd.DataFrame(
            {
                "epoch": [1, 2, 3],
                "learning_rate": 0.0002,
                "train_loss": loss,
                "train_accuracy": 0.5,
                "validation_loss": loss,
                "validation_accuracy": 0.5,
            }
        )
