"""A small study's results folder, written by hand through the contracts."""

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from tests.reporting.handmade_tables import StudyTables
from tests.vouched import IMAGES, vouch
from workflow_scripts.contracts.arrays import ARRAY_INDEX, ArrayDescription
from workflow_scripts.contracts.blocks import parse, plain
from workflow_scripts.contracts.comparison_table import COMPARISON, DELONG
from workflow_scripts.contracts.dataset import EQUAL_PAIRS, MANIFEST, QUARANTINE
from workflow_scripts.contracts.explanation import CONFUSIONS
from workflow_scripts.contracts.ground_truth_table import TRUTH
from workflow_scripts.contracts.record import make_record, write_record
from workflow_scripts.contracts.risk_table import RISK
from workflow_scripts.contracts.run_tables import HISTORY, METRICS, UNITS
from workflow_scripts.contracts.splits import LEAKS, SPLIT
from workflow_scripts.contracts.statistics_table import STATISTICS
from workflow_scripts.contracts.subsets import SUBSETS, reported_subset
from workflow_scripts.contracts.training_copies_table import TRAINING_COPIES, TRAINING_COPIES_FILE
from workflow_scripts.kinds.step_settings.report_settings import ReportSettings
from workflow_scripts.reporting.results_reading import read_results
from workflow_scripts.runtime.files import read_json
from workflow_scripts.steps import paper_figures, verdict

TRAIN = {"epochs": 3, "batch_size": 16, "optimizer": "adamw", "learning_rate": 0.0002, "normalise": "dataset"}
EVALUATE = {
    "headline": "accuracy",
    "aggregate": "none",
    "bootstrap": 200,
    "calibration_bins": 10,
    "margins": {
        "accuracy": 0.02,
        "macro": 0.02,
        "one_class": 0.02,
        "auc": 0.02,
        "kappa": 0.04,
        "log_loss": 0.05,
        "brier": 0.02,
        "ece": 0.02,
    },
    "reference": None,
    "subgroups": [],
    "metrics": [],
}


class Study(StudyTables):
    """Settings and folder of a handmade study.

    `runs`: names; those that end in `vote` are votes of the others. `classes`: names in class order.
    """

    nothing_clusters = False

    def __init__(self, folder: Path, runs=("cvm", "soft_vote"), classes=("a", "b"), **changes) -> None:
        self.folder = folder / "cvm_cervix"
        self.classes = list(classes)
        settings = {
            "study": "cvm_cervix",
            "title": "A small study",
            "subject": "tissue",
            "paper": "cvm_cervix",
            "scale": "demo",
            "seed": 0,
            "source": "synthetic",
            "protocols": {
                "grouped": {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "group"},
                "published": {"kind": "holdout", "fractions": [0.6, 0.2, 0.2], "by": "sample"},
            },
            "folds": {"grouped": 1, "published": 1},
            "runs": {name: _run(name, runs) for name in runs},
            "seeds": [0, 1],
            "preprocess": {"size": 48, "fit": "squash", "interpolation": "bilinear", "draft": False, "mask": "none"},
            "evaluate": EVALUATE,
            "explain": {"runs": [], "images": 4, "errors": 4, "embedding": True},
            **changes,
        }
        rules = settings["protocols"].items()
        settings["protocols"] = {name: {"aggregate": "none", **rule} for name, rule in rules}
        # Whole, as a step receives them.
        self.settings = plain(parse(ReportSettings, settings))

    def write(self) -> "Study":
        """Write every file that a report reads."""
        self._dataset()
        for number, protocol in enumerate(self.settings["protocols"]):
            self._split(protocol)
            for place, run in enumerate(self.settings["runs"]):
                self._run(protocol, run, self.accuracy(number, place))
            evaluation = self.folder / "evaluation" / protocol
            picture(evaluation / "comparison.png")
            COMPARISON.write(evaluation / "comparison.csv", self._comparison(protocol))
            DELONG.write(evaluation / "delong.csv", self._delong(protocol))
            for run in self.settings["explain"]["runs"]:
                explanation = self.folder / "explanation" / protocol / run
                for kind in ("gradcam", "errors", "risk_over_time", "embedding"):
                    picture(explanation / f"{kind}.png")
                (explanation / "embedding.html").write_text("", encoding="utf-8")
                pair = (self.classes[0], self.classes[-1], 2, 0.5)
                CONFUSIONS.write(explanation / "confusions.csv", pd.DataFrame([pair], columns=list(CONFUSIONS.columns)))
            self.vouch(protocol)
        if self.settings["source"] == "synthetic":
            TRUTH.write(self.folder / "truth.csv", self.truth())
            vouch(self.folder / "truth.json", "truth.csv")
        if self.settings["paper"]:
            self.paper_figures()
        self.judge()
        return self

    def vouch(self, protocol: str) -> None:
        """Let the records of evaluation and explanation say what is there."""
        for kind in ("evaluation", "explanation"):
            folder = self.folder / kind / protocol
            files = [path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.suffix != ".json"]
            vouch(folder / "record.json", *files)

    @property
    def received(self) -> ReportSettings:
        """The settings as the report step receives them."""
        return parse(ReportSettings, self.settings)

    @property
    def without_subject(self) -> dict:
        """The settings of the step that judges."""
        return {key: value for key, value in self.settings.items() if key != "subject"}

    @property
    def measures(self) -> dict:
        """The block `evaluate` of the settings without the margins."""
        return {key: value for key, value in self.settings["evaluate"].items() if key != "margins"}

    @property
    def paper(self) -> Path | None:
        """Folder with the paper's numbers."""
        return Path(paper_figures.__file__).parents[1] / "studies" / "cvm_cervix" if self.settings["paper"] else None

    def judge(self) -> None:
        """The verdict on every printed number."""
        out = self.folder / "verdict.csv"
        folders = {"study_folder": self.folder, "paper": self.paper, "out": out}
        verdict.main(SimpleNamespace(settings=self.without_subject, code="", **folders))

    def paper_figures(self) -> None:
        """The list of the paper's figures and tables, with one picture and one that could not be drawn."""
        paper = self.paper
        picture(self.folder / "paper" / "fig05_performance.png")
        line = {"kind": "figure", "title": "Averages", "how_to_read": "Level is good.", "missing": ""}
        lines = [
            {**line, "file": "fig05_performance.png", "place": "Fig. 5"},
            {**line, "file": "", "place": "Fig. 7", "missing": "needs the run cvm-fourfold"},
        ]
        names = paper_figures.write(read_results(self.folder, self.received, paper), lines, self.folder / "paper")
        vouch(self.folder / "paper" / "record.json", *names, "fig05_performance.webp")

    def record(self, **more) -> dict:
        return {**_record(), **more}

    def _dataset(self) -> None:
        folder, manifest = self.folder / "dataset", self.manifest()
        MANIFEST.write(folder / "manifest.csv", manifest)
        QUARANTINE.write(
            folder / "quarantine.csv",
            pd.DataFrame([("broken.bmp", "truncated", "ends early")], columns=["path", "reason", "detail"]),
        )
        first, last = manifest.iloc[0], manifest.iloc[-1]
        pair = (first["id"], last["id"], "equal_pixels", 0.0, first["label"], last["label"])
        EQUAL_PAIRS.write(folder / "equal_pairs.csv", pd.DataFrame([pair], columns=list(EQUAL_PAIRS.columns)))
        record = self.record(
            modality=IMAGES,
            classes=self.classes,
            counts=dict.fromkeys(self.classes, 10),
            samples=len(manifest),
            groups_known=True,
            refused={"truncated": 1},
            left_out={},
            equal_pairs={"equal_pixels": 1},
            equal_pairs_across_classes=1,
            synthetic=self.settings["source"] == "synthetic",
            scale=self.settings["scale"],
        )
        vouch(folder / "record.json", "manifest.csv", "quarantine.csv", "equal_pairs.csv", **record)
        self._arrays(len(manifest), record["synthetic"])

    def _arrays(self, count: int, synthetic: bool) -> None:
        """A record and an index; pixels are a matter of the tests that show them."""
        folder, ids = self.folder / "arrays", self.manifest()["id"]
        ARRAY_INDEX.write(folder / "index.csv", pd.DataFrame({"id": ids, "first": range(count), "count": 1}))
        (folder / "data.npy").touch()
        array = ArrayDescription("pixels", "uint8", (48, 48, 3), 255).as_record()
        vouch(
            folder / "record.json", "index.csv", "data.npy", **self.record(array=array, rows=count, synthetic=synthetic)
        )
        picture(self.folder / "examples" / "montage.png")
        (self.folder / "examples" / "originals.npz").touch()
        vouch(self.folder / "examples" / "record.json", **self.record(synthetic=synthetic))

    def reported(self, protocol: str) -> str:
        return reported_subset(self.received.protocols[protocol])

    def subsets(self, protocol: str) -> pd.Series:
        """Subset of each row of the manifest: six training, two validation and two reported samples a class."""
        return pd.Series((["train"] * 6 + ["validation"] * 2 + [self.reported(protocol)] * 2) * len(self.classes))

    def _split(self, protocol: str) -> None:
        folder, manifest, subsets = self.folder / "splits", self.manifest(), self.subsets(protocol)
        SPLIT.write(folder / f"{protocol}.csv", pd.DataFrame({"id": manifest["id"], "fold": 0, "subset": subsets}))
        LEAKS.write(folder / f"{protocol}.leaks.csv", pd.DataFrame(columns=list(LEAKS.columns)))
        free = self.settings["protocols"][protocol]["by"] == "group"
        counts = self.subsets(protocol).value_counts() // len(self.classes)
        reported = self.reported(protocol)
        record = self.record(
            protocol=protocol,
            rule=self.settings["protocols"][protocol],
            folds=1,
            leak_free=free or self.nothing_clusters,
            nothing_clusters=self.nothing_clusters,
            groups_known=True,
            counts={"0": {subset: dict.fromkeys(self.classes, int(counts.get(subset, 0))) for subset in SUBSETS}},
            leaks={"group": 0 if free else 7, "unit": 0, "equal_pixels": 0 if free else 1},
            leaks_train_validation={"group": 0 if free else 5},
            **{f"{reported}_samples_with_a_leak": {"0": 0 if free else 3}},
            clusters={},
            note="" if free else "Split by sample.",
        )
        vouch(folder / f"{protocol}.json", f"{protocol}.csv", f"{protocol}.leaks.csv", **record)

    def _run(self, protocol: str, run: str, accuracy: float) -> None:
        evaluation = self.folder / "evaluation" / protocol / run
        METRICS.write(evaluation / "metrics.csv", self._metrics(protocol, run, accuracy))
        trained = "train" in self.settings["runs"][run]
        risk = self.settings["evaluate"].get("risk") is not None
        for kind in (
            "confusion",
            "roc",
            "reliability",
            *(("curves",) if trained else ()),
            *(("risk",) if risk else ()),
        ):
            picture(evaluation / f"{kind}.png")
        STATISTICS.write(evaluation / "statistics.csv", self._statistics())
        if risk:  # numbers are what evaluation writes
            RISK.write(evaluation / "risk.csv", pd.DataFrame(columns=list(RISK.columns)))
        for seed in self.settings["seeds"]:
            folder = self.folder / "runs" / protocol / run / f"fold0-seed{seed}"
            UNITS.write(folder / "units.csv", self._units(protocol, accuracy, seed))
            vouch(folder / "record.json", "units.csv", **self.record())
            cost = {"wall_seconds": 1.5, "cpu_seconds": 1.25, "peak_memory_mib": 300.0, "device": "cpu"}
            training = {**cost, "wall_seconds": 61.0, "images_per_second": 50.0, "parameters": 1000}
            training["training_seconds"] = 60.0
            write_record(folder / "ledger.json", {**cost, "train": training} if trained else cost)
            if trained:
                HISTORY.write(folder / "history.csv", self._history(seed))
                vouch(folder / "train.json", "history.csv")


@cache
def _record() -> dict:
    """What every record holds; looked up once, because reading package versions takes time."""
    return make_record({"study": "cvm_cervix"}, "c0de" * 16, {"a": "b"})


def _run(name: str, runs) -> dict:
    if name.endswith("vote"):
        members = [other for other in runs if other != name]
        return {"spec": {"kind": "vote", "how": "soft", "members": members, "weights": None}}
    if name == "cvm":
        models = {"cnn": "legacy_xception", "vit": "deit_tiny_patch16_224"}
        options = {"cnn": {}, "vit": {"depth": 3}}
        branches = {key: {"model": models[key], "options": options[key], "weights": None} for key in models}
        spec = {"kind": "fusion", "branches": branches, "hidden": 2240, "activation": "gelu", "dropout": 0.0}
        return {"spec": spec, "train": TRAIN}
    return {"spec": {"kind": "network", "model": name, "options": {}, "weights": None}, "train": TRAIN}


def picture(path: Path) -> None:
    """A small figure: its PNG file, and the picture of it for pages."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = Image.new("RGB", (8, 6), (0, 114, 178))
    drawn.save(path)
    drawn.save(path.with_suffix(".webp"), lossless=True)


def with_external_test(study: Study, run: str, copies: pd.DataFrame | None = None, search: dict | None = None) -> Study:
    """The study, of which a run is now that of another study's network; copies: contract TRAINING_COPIES."""
    spec = {"kind": "external", "study": "elsewhere", "of": "cvm", "protocol": "grouped", "classes": {}}
    study.settings["runs"][run] = {"spec": spec}
    table = pd.DataFrame(columns=list(TRAINING_COPIES.columns)) if copies is None else copies
    for path in study.folder.glob(f"runs/*/{run}/*/record.json"):
        TRAINING_COPIES.write(path.with_name(TRAINING_COPIES_FILE), table)
        more = {"near_copies": search} if search else {}
        vouch(path, "units.csv", TRAINING_COPIES_FILE, **read_json(path) | {"seen_in_training": {}} | more)
    return study
