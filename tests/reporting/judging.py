"""A real study at the paper's scale, of a paper with few numbers, so that verdicts follow."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from handmade import Study

from tests.vouched import vouch
from workflow_scripts.contracts.paper_figure_table import PAPER_FIGURES
from workflow_scripts.contracts.published_yaml import read_published
from workflow_scripts.contracts.run_tables import class_columns
from workflow_scripts.reporting.judging.judged_together import VerdictRow
from workflow_scripts.reporting.judging.verdict_rows import verdict_rows
from workflow_scripts.reporting.results_reading import read_results

PAPER = """\
paper: small
citation: A small paper.
studies:
  cvm_cervix: {title: A small study, headline: [accuracy]}
  a_part: {title: A part of it, reference_study: cvm_cervix, source: sipakmed}
settings:
  - {id: input_size, place: p. 1, value: 48, setting: preprocess.size}
  - {id: epochs, place: p. 1, value: 3, setting: runs.cvm.train.epochs}
  - {id: rate, place: p. 1, value: 0.0002, setting: train.learning_rate}
  - {id: fractions, place: p. 1, value: [0.6, 0.2, 0.2], setting: protocols.as_published.fractions}
claims:
  - {id: accuracy, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, value: 90.0,
     unit: percent, decimals: 1, n: 400}
  - {id: optimistic, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, value: 97.0,
     unit: percent, decimals: 1, n: 400}
  - {id: modest, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, value: 0.7,
     unit: fraction, decimals: 1, n: 400}
  - {id: lead, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, value: 20,
     unit: percentage_points, n: 400, against: {run: weak}}
  - {id: best, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, value: 90.0,
     unit: percent, decimals: 1, n: 400, relation: highest, among: [cvm, weak]}
  - {id: worst, place: p. 2, study: cvm_cervix, run: weak, subset: test, metric: accuracy, value: 90.0,
     unit: percent, decimals: 1, n: 400, relation: highest, among: [cvm, weak]}
  - {id: absent, place: p. 2, study: cvm_cervix, run: vgg16, subset: test, metric: accuracy, value: 90.0,
     unit: percent, decimals: 1, n: 400}
  - {id: other_n, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: accuracy, value: 90.0,
     unit: percent, decimals: 1, n: 500}
  - {id: confused, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: confusions, class: A,
     predicted: B, value: 20, unit: count, n: 400}
  - {id: samples, place: p. 2, study: cvm_cervix, subset: all, metric: samples, value: 2000, unit: count}
  - {id: samples.a, place: p. 2, study: cvm_cervix, subset: all, metric: samples, class: A, value: 1020, unit: count}
  - {id: samples.sipakmed, place: p. 2, study: cvm_cervix, source: sipakmed, subset: all, metric: samples, value: 2001,
     unit: count}
  - {id: samples.cric, place: p. 2, study: cvm_cervix, source: cric, subset: all, metric: samples, value: 900,
     unit: count}
  - {id: ratio, place: p. 2, study: cvm_cervix, metric: class_ratio, class: a, against: {class: b}, value: 1.0,
     unit: fraction, decimals: 1}
  - {id: time, place: p. 2, study: cvm_cervix, run: cvm, metric: training_time, value: 2, unit: hours}
  - {id: models, place: p. 2, study: cvm_cervix, metric: models, value: 2, unit: count}
  - {id: vague, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: macro_f1, value: 50, unit: percent,
     n: 400, assumed: {metric: Of which mean it is is not said.}}
  - {id: unnamed, place: p. 2, study: cvm_cervix, run: cvm, subset: test, metric: sensitivity, value: 90,
     unit: percent}
statements:
  - {id: beats, place: p. 3, study: cvm_cervix, run: weak, subset: test, relation: lower,
     words: weak is weaker, against: {run: [cvm]}}
  - {id: vaguely, place: p. 3, study: cvm_cervix, run: weak, subset: test, metric: accuracy, relation: lower,
     words: weak is worse somehow, against: {run: [cvm]}, assumed: {metric: By what is not said.}}
  - {id: alike, place: p. 3, study: cvm_cervix, run: cvm, subset: test, class: a, metric: sensitivity,
     relation: higher, words: a is found more often, against: {class: [b]}}
layers:
  net: {place: Table 9, study: cvm_cervix, rows: [[Convolution, 8 x 8 x 4]]}
"""


class Real(Study):
    """2000 samples of 1000 groups, 400 of them tested; `right`: share that a run gets right, in every training."""

    right = {"cvm": 0.9, "weak": 0.7}

    def __init__(self, folder: Path, **changes) -> None:
        settings = {"source": "real", "scale": "paper", "paper": "small", "seeds": [0, 1, 2], **changes}
        super().__init__(folder, runs=("cvm", "weak"), **settings)

    @property
    def paper(self) -> Path:
        """A folder with the paper's numbers and notes."""
        folder = self.folder.parent / "paper"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "published.yaml").write_text(PAPER, encoding="utf-8")
        (folder / "notes.md").write_text("# Notes\n", encoding="utf-8")
        return folder

    def manifest(self) -> pd.DataFrame:
        names = [f"{name}/{number:04d}" for name in self.classes for number in range(1000)]
        frame = pd.DataFrame({"id": names, "path": names, "unit": names})
        groups = [f"{name}-{number // 2}" for name in self.classes for number in range(1000)]
        frame = frame.assign(label=[name for name in self.classes for _ in range(1000)], group=groups)
        return frame.assign(source="sipakmed", width=80, height=80, sha256="0" * 64)

    def subsets(self, protocol: str) -> pd.Series:
        parts = ["train"] * 600 + ["validation"] * 200 + [self.reported(protocol)] * 200
        return pd.Series(parts * len(self.classes))

    def paper_figures(self) -> None:
        """The paper has no figures."""
        PAPER_FIGURES.write(
            self.folder / "paper" / "paper_figures.csv", pd.DataFrame(columns=list(PAPER_FIGURES.columns))
        )
        vouch(self.folder / "paper" / "record.json", "paper_figures.csv")

    def _run(self, protocol: str, run: str, accuracy: float) -> None:
        super()._run(protocol, run, self.right[run])

    def _units(self, protocol: str, accuracy: float, seed: int) -> pd.DataFrame:
        """Which samples are wrong differs from training to training, their number does not."""
        manifest = self.manifest().assign(subset=self.subsets(protocol), fold=0, n_samples=1)
        manifest = manifest[manifest["subset"] != "train"].reset_index(drop=True)
        rng = np.random.default_rng([seed, int(100 * accuracy), len(protocol)])
        right = np.ones(len(manifest), dtype=bool)
        for _, rows in manifest.groupby(["label", "subset"]).groups.items():
            right[rng.permutation(rows)[: round((1 - accuracy) * len(rows))]] = False
        first = (manifest["label"] == self.classes[0]).to_numpy() == right
        manifest[class_columns(self.classes)] = np.where(first[:, None], [0.9, 0.1], [0.1, 0.9])
        columns = ["id", "unit", "group", "fold", "subset", "label", *class_columns(self.classes), "n_samples"]
        return manifest[columns].sort_values("id")


def rows(study: Study) -> dict[str, VerdictRow]:
    """The verdict on every claim, by its id."""
    return {row.entry.id: row for row in verdict_rows(read_results(study.folder, study.received, study.paper))}


def claims(study: Real) -> set[str]:
    """Ids of all that the paper prints."""
    published = read_published(study.paper / "published.yaml")
    return {entry.id for entry in (*published.claims, *published.statements, *published.layers)}


def stating(study, **replaced):
    """The study with a paper whose claims state more: claim → keys."""
    text = study.paper.joinpath("published.yaml").read_text()
    for claim, more in replaced.items():
        text = text.replace(f"id: {claim},", f"id: {claim}, {more},")
    return SimpleNamespace(folder=study.folder, received=study.received, paper=rewritten(study.paper, text))


def printing(study, claims="", statements=""):
    """The study with a paper that prints more: further claims and statements, in YAML."""
    text = study.paper.joinpath("published.yaml").read_text()
    text = text.replace("claims:\n", f"claims:\n{claims}", 1).replace("statements:\n", f"statements:\n{statements}", 1)
    return SimpleNamespace(folder=study.folder, received=study.received, paper=rewritten(study.paper, text))


def rewritten(paper, text):
    other = paper.parent / "other"
    other.mkdir(exist_ok=True)
    (other / "published.yaml").write_text(text, encoding="utf-8")
    (other / "notes.md").write_text("# Notes\n", encoding="utf-8")
    return other
