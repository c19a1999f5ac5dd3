"""Made result tables: honest ones, as usual pipelines print them, and the same with one number altered."""

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np

from workflow_scripts.claims.tables.checked_paper import check_tables
from workflow_scripts.contracts.paper_tables.printed_cells import read_cell
from workflow_scripts.contracts.paper_tables.result_tables import (
    ClassSizes,
    PaperTables,
    PrintedValue,
    ResultTable,
    Row,
)

# What is said of a table of one training on two classes, and a row of it: 40 of 50 positives and 132 of 150 negatives
# right.
TWO = {"unit": "percent", "average": "two classes", "aggregation": "single"}
HONEST = {
    "sensitivity": "80.0",
    "specificity": "88.0",
    "precision": "69.0",
    "npv": "93.0",
    "accuracy": "86.0",
    "f1": "74.1",
}
TWO_CLASS_METRICS = ("sensitivity", "specificity", "precision", "npv", "accuracy", "f1", "kappa", "mcc", "youden")
AGGREGATES = ("single", "folds", "random folds", "seeds", "median of folds", "bootstrap")
WRITINGS = ("half up", "half even", "cut", "twice")


@dataclass(frozen=True)
class Writing:
    """How numbers are written: digits after the point, in percent or not, and how the last one comes about."""

    decimals: int
    percent: bool
    way: str

    def text(self, number: float) -> str:
        """A share as it is printed."""
        exact = Decimal(repr(float(number))) * (100 if self.percent else 1)
        last = Decimal(1).scaleb(-self.decimals)
        if self.way == "twice":
            exact = exact.quantize(last / 10, ROUND_HALF_UP)
        ways = {"cut": ROUND_DOWN, "half even": ROUND_HALF_EVEN}
        return str(exact.quantize(last, ways.get(self.way, ROUND_HALF_UP)))

    def value(self, number: float) -> PrintedValue:
        """A share as a printed value."""
        return PrintedValue(self.text(number))


def a_writing(rng: np.random.Generator) -> Writing:
    """Percent without to with two decimals, or a fraction of two to four."""
    percent = bool(rng.integers(2))
    decimals = int(rng.integers(0, 3)) if percent else int(rng.integers(2, 5))
    return Writing(decimals, percent, str(rng.choice(WRITINGS, p=(0.6, 0.2, 0.12, 0.08))))


def two_class_rates(truth: np.ndarray, answer: np.ndarray) -> dict[str, float]:
    """Rates of the positive class; 0/0 is 0, as scikit-learn has it."""
    tp, fn = float((truth & answer).sum()), float((truth & ~answer).sum())
    fp, tn = float((~truth & answer).sum()), float((~truth & ~answer).sum())

    def share(part: float, whole: float) -> float:
        return part / whole if whole else 0.0

    s, c, n = share(tp, tp + fn), share(tn, tn + fp), tp + fn + fp + tn
    expected = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "sensitivity": s,
        "specificity": c,
        "precision": share(tp, tp + fp),
        "npv": share(tn, tn + fn),
        "accuracy": share(tp + tn, n),
        "f1": share(2 * tp, 2 * tp + fp + fn),
        "kappa": share(2 * (tp * tn - fp * fn), expected),
        "mcc": (tp * tn - fp * fn) / margins**0.5 if margins else 0.0,
        "youden": s + c - 1,
    }


def averaged_two_class_rates(truth: np.ndarray, answer: np.ndarray, average: str) -> dict[str, float]:
    """Rates of two classes, of the positive one or averaged over both."""
    own = two_class_rates(truth, answer)
    if average == "positive class":
        return own
    turned, share = two_class_rates(~truth, ~answer), truth.mean()
    if average == "micro":
        same = dict.fromkeys(("sensitivity", "specificity", "precision", "npv", "f1"), own["accuracy"])
        return {**own, **same}
    weight = 0.5 if average == "macro" else share
    names = ("sensitivity", "specificity", "precision", "npv", "f1")
    return {**own, **{name: weight * own[name] + (1 - weight) * turned[name] for name in names}}


def parts_of(rng: np.random.Generator, labels: np.ndarray, aggregate: str) -> list[np.ndarray]:
    """Which samples each value is of that is then put together."""
    n = len(labels)
    if aggregate == "bootstrap":
        return [rng.integers(0, n, n) for _ in range(20)]
    if aggregate not in ("folds", "random folds", "median of folds"):
        return [np.arange(n)]
    folds = int(rng.choice([3, 5, 10]))
    order = rng.permutation(n)
    if aggregate != "random folds":
        order = np.concatenate([rng.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)])
    parts = [order[start::folds] for start in range(folds)]
    return [part for part in parts if len(part)]


def two_class_paper(rng: np.random.Generator) -> PaperTables:
    """A table of several models on the same two classes."""
    n = int(np.exp(rng.uniform(np.log(30), np.log(5000))))
    positives = int(np.clip(round(n * rng.uniform(0.08, 0.92)), 5, n - 5))
    truth = np.arange(n) < positives
    aggregate = str(rng.choice(AGGREGATES, p=(0.4, 0.2, 0.15, 0.1, 0.1, 0.05)))
    average = str(rng.choice(("positive class", "macro", "weighted", "micro"), p=(0.7, 0.12, 0.12, 0.06)))
    stated = "two classes" if average == "positive class" and rng.integers(2) else None
    metrics = [m for m in TWO_CLASS_METRICS if rng.random() < 0.65]
    writing, counts = a_writing(rng), aggregate == "single" and stated is not None and rng.random() < 0.2
    rows = []
    for model in range(int(rng.integers(1, 7))):
        s, c = rng.uniform(0.5, 1.0, 2)
        runs = 3 if aggregate == "seeds" else 1
        values = []
        for _ in range(runs):
            answer = np.where(truth, rng.random(n) < s, rng.random(n) > c)
            for part in parts_of(rng, truth, aggregate):
                values.append(averaged_two_class_rates(truth[part], answer[part], average))
        put = np.median if aggregate == "median of folds" else np.mean
        cells = {name: writing.value(float(put([value[name] for value in values]))) for name in metrics}
        if counts:
            pairs = ((truth, answer), (truth, ~answer), (~truth, answer), (~truth, ~answer))
            for name, (first, second) in zip(("tp", "fn", "fp", "tn"), pairs, strict=True):
                cells[name] = PrintedValue(str(int((first & second).sum())))
        rows.append(Row({"model": f"model {model}"}, cells))
    table = ResultTable(
        place="Table 1",
        rows=tuple(rows),
        unit="percent" if writing.percent else "fraction",
        average=stated,
        aggregation=_stated_aggregate(rng, aggregate),
        same_samples_within="table" if rng.integers(2) else None,
    )
    known = rng.random() < 0.4
    sizes = (ClassSizes((positives, n - positives)),) if rng.random() < 0.2 else ()
    return PaperTables("made", (table,), task="two classes", test_n=n if known else None, test_n_by_class=sizes)


def medians_paper(seed: int) -> PaperTables:
    """Medians over small folds of two classes, of which a table says nothing but the number of samples."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 200))
    truth, writing = np.arange(n) < rng.integers(5, n - 5), a_writing(rng)
    metrics = [m for m in TWO_CLASS_METRICS if rng.random() < 0.65]
    rows = []
    for model in range(int(rng.integers(1, 7))):
        s, c = rng.uniform(0.5, 1.0, 2)
        answer = np.where(truth, rng.random(n) < s, rng.random(n) > c)
        folds = [two_class_rates(truth[part], answer[part]) for part in parts_of(rng, truth, "median of folds")]
        cells = {name: writing.value(float(np.median([fold[name] for fold in folds]))) for name in metrics}
        rows.append(Row({"model": f"model {model}"}, cells))
    unit, average = "percent" if writing.percent else "fraction", "two classes" if rng.integers(2) else None
    return PaperTables("made", (ResultTable("Table 1", tuple(rows), unit=unit, average=average, n=n),))


def _stated_aggregate(rng: np.random.Generator, aggregate: str) -> str | None:
    words = {"single": "single", "seeds": "mean of 3 runs", "bootstrap": "bootstrap mean"}
    words["median of folds"] = "median of the folds"
    return words.get(aggregate, "mean of the folds") if rng.integers(2) else None


def class_rates(truth: np.ndarray, answer: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Rates of each class against the rest."""
    rates = [two_class_rates(truth == k, answer == k) for k in range(count)]
    return {name: np.array([rate[name] for rate in rates]) for name in rates[0]}


def several_class_paper(rng: np.random.Generator) -> PaperTables:
    """Rows of classes with their averages, rows of models, and a confusion matrix."""
    count = int(rng.integers(3, 12))
    n = int(np.exp(rng.uniform(np.log(15 * count), np.log(5000))))
    shares = np.full(count, 1 / count) if rng.integers(2) else rng.dirichlet(np.full(count, 4.0))
    sizes = np.maximum(4, np.round(shares * n)).astype(int)
    truth = np.repeat(np.arange(count), sizes)
    aggregate = str(rng.choice(AGGREGATES, p=(0.5, 0.15, 0.15, 0.1, 0.05, 0.05)))
    recalls = rng.uniform(0.5, 1.0, count)
    answer = np.where(rng.random(len(truth)) < recalls[truth], truth, rng.integers(0, count, len(truth)))
    parts = parts_of(rng, truth, aggregate)
    put = np.median if aggregate == "median of folds" else np.mean
    by_part = [class_rates(truth[part], answer[part], count) for part in parts]
    accuracy = float(put([(truth[part] == answer[part]).mean() for part in parts]))
    writing, stated = a_writing(rng), _stated_aggregate(rng, aggregate)
    rates = {name: np.array([put([rate[name][k] for rate in by_part]) for k in range(count)]) for name in by_part[0]}
    tables = [_class_table(rng, writing, rates, sizes, accuracy, stated, by_part, put)]
    tables.append(_model_table(rng, writing, by_part, truth, answer, parts, put, stated))
    if aggregate == "single" and rng.integers(2):
        matrix = np.zeros((count, count), int)
        np.add.at(matrix, (truth, answer), 1)
        turned = bool(rng.integers(2))
        printed = tuple(tuple(PrintedValue(str(cell)) for cell in row) for row in (matrix.T if turned else matrix))
        names = tuple(f"class {k}" for k in range(count))
        tables.append(
            ResultTable(
                place="Figure 1",
                classes=names,
                n_classes=count,
                confusion_matrix=printed,
                rows_are="predicted class" if turned else "truth",
                printed_beside={"accuracy": writing.value(accuracy)},
            )
        )
    by_class = (ClassSizes(tuple(int(size) for size in sizes)),) if rng.integers(2) else ()
    words = {3: "three", 4: "four", 5: "five"}
    return PaperTables(
        "made",
        tuple(tables),
        task=f"{words.get(count, str(count))} classes" if rng.integers(2) else "",
        test_n=int(sizes.sum()) if rng.integers(2) else None,
        test_n_by_class=by_class,
    )


def _class_table(rng, writing, rates, sizes, accuracy, stated, by_part, put) -> ResultTable:
    metrics = [m for m in ("precision", "sensitivity", "f1", "specificity") if m == "sensitivity" or rng.random() < 0.8]
    kind = str(rng.choice(("none", "overall", "one against all")))
    supports = bool(rng.integers(2))
    rows = []
    for k, size in enumerate(sizes):
        cells = {name: writing.value(rates[name][k]) for name in metrics}
        if kind != "none":
            cells["accuracy"] = writing.value(accuracy if kind == "overall" else rates["accuracy"][k])
        if supports:
            cells["support"] = PrintedValue(str(size))
        rows.append(Row({"class": f"class {k}"}, cells))
    for name, weights in (("macro avg", np.ones(len(sizes))), ("weighted avg", sizes)):
        if rng.integers(2):
            means = {m: float(put([np.average(part[m], weights=weights) for part in by_part])) for m in metrics}
            cells = {m: writing.value(mean) for m, mean in means.items()}
            if supports:
                cells["support"] = PrintedValue(str(int(np.sum(sizes))))
            rows.append(Row({"class": name}, cells))
    return ResultTable(
        place="Table 1",
        rows=tuple(rows),
        unit="percent" if writing.percent else "fraction",
        average="per class",
        aggregation=stated,
        printed_beside={"accuracy": writing.value(accuracy)} if rng.integers(2) else {},
    )


def _model_table(rng, writing, by_part, truth, answer, parts, put, stated) -> ResultTable:
    """A row of averages whose kind may be left open."""
    count = len(by_part[0]["f1"])
    average = str(rng.choice(("macro", "weighted", "micro")))
    values: dict[str, list[float]] = {}
    for part, rates in zip(parts, by_part, strict=True):
        sizes = np.bincount(truth[part], minlength=count)
        accuracy = float((truth[part] == answer[part]).mean())
        for name in ("precision", "sensitivity", "f1", "specificity"):
            mean = np.average(rates[name], weights=sizes if average == "weighted" else None)
            values.setdefault(name, []).append(
                accuracy if average == "micro" and name != "specificity" else float(mean)
            )
        one_against_all = plain_mean(rates["accuracy"])
        values.setdefault("accuracy", []).append(accuracy)
        values.setdefault("one against all", []).append(one_against_all)
    loose = bool(rng.integers(2))
    cells = {
        name: writing.value(float(put(values[name]))) for name in ("precision", "sensitivity", "f1", "specificity")
    }
    cells["accuracy"] = writing.value(float(put(values["one against all" if loose else "accuracy"])))
    return ResultTable(
        place="Table 2",
        rows=(Row({"model": "network"}, cells),),
        unit="percent" if writing.percent else "fraction",
        average=average if rng.integers(2) else None,
        aggregation=stated,
        n_classes=count if rng.integers(2) else None,
    )


def plain_mean(numbers: np.ndarray) -> float:
    """The plain mean."""
    return float(np.mean(numbers))


def a_paper(seed: int) -> PaperTables:
    """An honest paper; every second one of two classes."""
    rng = np.random.default_rng(seed)
    return (two_class_paper if seed % 2 else several_class_paper)(rng)


def paper_of(rows: dict[str, dict[str, str]], key: str = "model", paper: dict | None = None, **words) -> PaperTables:
    """A paper of one table: name of a row (parts parted by ` / `, by the kinds of names in `key`) → column → cell."""
    keys = key.split(" / ")
    made = [
        Row(
            dict(zip(keys, name.split(" / "), strict=True)),
            {column: read_cell(text)[0] for column, text in cells.items()},
        )
        for name, cells in rows.items()
    ]
    return PaperTables("made", (ResultTable("Table 1", tuple(made), **words),), **(paper or {}))


def outcomes(paper: PaperTables, check: str) -> list[tuple[str, str, str]]:
    """Outcome, row and column of all findings of a check that are no sign of consistency."""
    findings = [finding for finding in check_tables(paper) if finding.check == check]
    return [(f.outcome, f.row, f.column) for f in findings if f.outcome != "consistent"]


def reading(paper: PaperTables, check: str) -> str:
    """The only reading under which a check finds that the paper fits."""
    readings = {finding.reading for finding in check_tables(paper) if finding.check == check and finding.reading}
    assert len(readings) == 1 and all(outcome != "contradiction" for outcome, _, _ in outcomes(paper, check)), readings
    return readings.pop()


def altered(paper: PaperTables, row: str, column: str, text: str, place: str = "") -> PaperTables:
    """The paper with one number replaced."""
    tables = []
    for table in paper.tables:
        rows = [
            replace(r, values={**r.values, column: replace(r.values[column], text=text)})
            if r.name == row and column in r.values and place in ("", table.place)
            else r
            for r in table.rows
        ]
        tables.append(replace(table, rows=tuple(rows)))
    return replace(paper, tables=tuple(tables))
